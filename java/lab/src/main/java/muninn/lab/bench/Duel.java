package muninn.lab.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.lab.Contexts;
import muninn.lab.Effort;
import muninn.lab.Timing;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * Two ways of launching the same core step, timed in turn, A B A B …, on devices that are open
 * beside each other: what drifts while it is measured is in both.
 */
public final class Duel {
  private static final int WARM_UP = 3; // rounds

  private final Model model;
  private final DeviceOptions usual;
  private final int context;
  private final Effort effort;
  private final Consumer<String> progress;

  /**
   * @param context positions that each lane attends to
   * @param progress hears what is measured
   */
  public Duel(
      Model model, DeviceOptions usual, int context, Effort effort, Consumer<String> progress) {
    this.model = model;
    this.usual = usual;
    this.context = context;
    this.effort = effort;
    this.progress = progress;
  }

  /**
   * What came of it.
   *
   * @param switches of the other way, such as {@code pdl=off}
   * @param usual nanoseconds of a step
   * @param other the same the other way
   */
  public record Outcome(String switches, int lanes, Timing usual, Timing other) {
    /** Above 1: the other way is slower. */
    public double ratio() {
      return other.nanos() / usual.nanos();
    }
  }

  /** One of the two, on a thread of its own: a device belongs to the thread that opened it. */
  private static final class Side implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private Device device;
    private Forward forward;
    private Contexts contexts;
    private Lanes lanes;

    Side(Model model, DeviceOptions options, int most, int context) {
      try {
        there(() -> open(model, options, most, context));
      } catch (Throwable e) {
        close();
        throw e;
      }
    }

    private void there(Runnable work) {
      CompletableFuture<Void> done = CompletableFuture.runAsync(work, thread);
      try {
        done.join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw e;
      }
    }

    private void open(Model model, DeviceOptions options, int most, int context) {
      device = Devices.open(options);
      Parameters parameters = Parameters.load(model, device);
      contexts = new Contexts(device, model.config(), most, context, 0);
      forward = contexts.forward(model.architecture(), parameters, most);
    }

    void on(int n) {
      there(
          () -> {
            lanes = contexts.ends(n);
            forward.prelude(lanes);
            forward.begin(lanes);
          });
    }

    /** Nanoseconds of a step. */
    double round(int steps) {
      long[] nanos = new long[1];
      there(
          () -> {
            long start = System.nanoTime();
            for (int i = 0; i < steps; i++) {
              forward.core(lanes);
            }
            device.synchronize();
            nanos[0] = System.nanoTime() - start;
          });
      return nanos[0] / (double) steps;
    }

    @Override
    public void close() {
      try {
        there(
            () -> {
              if (device != null) {
                device.close();
              }
            });
      } finally {
        thread.shutdown();
      }
    }
  }

  /**
   * Times both.
   *
   * @param switches what the other way's device is told beside what the usual one is
   */
  public List<Outcome> run(String switches, List<Integer> lanes) {
    String before = usual.kernels();
    DeviceOptions other = usual.withKernels(before.isEmpty() ? switches : before + "," + switches);
    int most = lanes.stream().mapToInt(Integer::intValue).max().orElseThrow();
    List<Outcome> all = new ArrayList<>();
    progress.accept("loading " + model.name() + " twice");
    try (Side a = new Side(model, usual, most, context);
        Side b = new Side(model, other, most, context)) {
      for (int n : lanes) {
        progress.accept(switches + ", " + n + (n == 1 ? " lane" : " lanes"));
        a.on(n);
        b.on(n);
        for (int i = 0; i < WARM_UP; i++) {
          a.round(1);
          b.round(1);
        }
        double nanos = Math.max(a.round(1), 1);
        int steps = (int) Math.clamp(effort.round().toNanos() / nanos, 1, 1 << 16);
        double[] ofA = new double[effort.rounds()];
        double[] ofB = new double[effort.rounds()];
        for (int i = 0; i < ofA.length; i++) {
          ofA[i] = a.round(steps);
          ofB[i] = b.round(steps);
        }
        all.add(new Outcome(switches, n, Timing.of(ofA), Timing.of(ofB)));
      }
    }
    return List.copyOf(all);
  }
}

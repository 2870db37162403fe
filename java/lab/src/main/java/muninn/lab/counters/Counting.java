package muninn.lab.counters;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import muninn.UserException;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import muninn.kernels.Cost;
import muninn.kernels.Costs;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.Lanes;
import muninn.kernels.LaunchCounters;
import muninn.kernels.Op;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program;
import muninn.kernels.Reading;
import muninn.kernels.Samples;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Span;
import muninn.lab.expect.Card;
import muninn.model.Config;
import muninn.model.Model;
import muninn.model.WeightChoice;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * Counts the launches of a token's way through a model on the emulated device, cut as for a card:
 * every operation of prelude, core, coda, head and draw once, on lanes that are each at the end of
 * a context of their own. Of large models only the sampled blocks run, so that even the published
 * shape takes seconds and no memory; what it computes then is nonsense, how it does so is not.
 */
public final class Counting {
  private static final long LARGE = 64L << 20; // bytes of weights that are still loaded whole
  private static final long MOST_BYTES = 60L << 30; // that an emulated device can claim
  private static final SequenceParameters GREEDY = new SequenceParameters(0, 1, 0, 0, 1, 0, 1, -1);
  private static final List<Program.Role> WAY =
      List.of(
          Program.Role.PRELUDE,
          Program.Role.START,
          Program.Role.CORE,
          Program.Role.CODA,
          Program.Role.HEAD,
          Program.Role.DRAW);

  private final Model model;
  private final DeviceOptions options;
  private final WeightChoice weights;
  private final Card card;
  private final int context;
  private final int sampled;
  private final Consumer<String> progress;
  private final Optional<KernelReport> report = KernelReport.ofThisBuild();

  /**
   * @param options of the emulated device
   * @param weights what matrices are kept in
   * @param card whose multiprocessors and memory the device claims to have
   * @param context positions that a lane attends to
   * @param sampled blocks of each launch
   * @param progress hears what is being counted
   */
  public Counting(
      Model model,
      DeviceOptions options,
      WeightChoice weights,
      Card card,
      int context,
      int sampled,
      Consumer<String> progress) {
    this.model = model;
    this.options = options;
    this.weights = weights;
    this.card = card;
    this.context = context;
    this.sampled = sampled;
    this.progress = progress;
  }

  /** Whether registers are known, and so what fits a multiprocessor. */
  public boolean knowsRegisters() {
    return report.isPresent();
  }

  /**
   * Counts.
   *
   * @throws UserException when the device cannot count, or cannot run the model
   */
  public List<CountedLaunch> run(List<Integer> lanes) {
    return run(lanes, EnumSet.copyOf(WAY));
  }

  /** The same of some programs alone. */
  public List<CountedLaunch> run(List<Integer> lanes, Set<Program.Role> roles) {
    if (!options.device().startsWith("emulated")) {
      throw UserException.of(
          "launches are counted on the emulated device alone, and device is %s: use emulated",
          options.device());
    }
    List<CountedLaunch> all = new ArrayList<>();
    long bytes = (long) Math.min(card.memoryBytes(), MOST_BYTES);
    try (Devices.Claim _ = Devices.claim(card.multiprocessors(), bytes);
        Device device = Devices.open(options)) {
      LaunchCounters counters = device.launchCounters().orElseThrow();
      boolean alone = weightBytes() > LARGE;
      progress.accept("loading " + model.name());
      if (alone) {
        counters.begin(1, true);
      }
      Parameters parameters = Parameters.load(model, device, weights);
      counters.end();
      for (int n : lanes) {
        progress.accept(n == 1 ? "counting, 1 lane" : "counting, " + n + " lanes");
        all.addAll(new OnDevice(device, parameters, counters, alone, n).count(roles));
      }
    }
    return List.copyOf(all);
  }

  private long weightBytes() {
    PaperDevice paper = new PaperDevice(DType.BF16, DType.BF16);
    Parameters.load(model, paper, weights);
    return paper.weightBytes();
  }

  /** A forward pass for so many lanes. */
  private final class OnDevice {
    private final Device device;
    private final LaunchCounters counters;
    private final boolean alone;
    private final Forward forward;
    private final Sequences sequences;
    private final Lanes lanes;

    OnDevice(Device device, Parameters parameters, LaunchCounters counters, boolean alone, int n) {
      this.device = device;
      this.counters = counters;
      this.alone = alone;
      Config config = model.config();
      int slots = Forward.slots(config, 1);
      int chunks = KvCache.chunks(context);
      KvCache cache = device.kvCache(n * slots * chunks, config.kvHeads(), config.headWidth());
      sequences = device.sequences(n, KvCache.PAGE * chunks, slots);
      lanes = device.lanes(n);
      int page = 0;
      for (int m = 0; m < n; m++) {
        sequences.open(m, GREEDY);
        for (int slot = 0; slot < slots; slot++) {
          for (int chunk = 0; chunk < chunks; chunk++) {
            sequences.map(m, slot, chunk, page++);
          }
        }
        lanes.add(m, m, context - 1, 0, m % config.vocabulary());
      }
      forward = new Forward(model.architecture(), config, parameters, device, cache, sequences, n);
      // brings the pages there, whole; it may read weights that nobody wrote
      counters.begin(1, false);
      device.prepare(Program.of(Program.Role.PRELUDE, embed())).run(lanes);
      counters.end();
    }

    /** All positions are as deep as the lanes. */
    private void reach() {
      for (int m = 0; m < lanes.size(); m++) {
        sequences.restore(m, 0, new int[context], 0);
      }
    }

    private Op embed() {
      return forward.program(Program.Role.PRELUDE).ops().stream()
          .filter(Op.Embed.class::isInstance)
          .findFirst()
          .orElseThrow();
    }

    List<CountedLaunch> count(Set<Program.Role> roles) {
      List<CountedLaunch> all = new ArrayList<>();
      LaunchCount before = null;
      for (Program.Role role : WAY) {
        if (!roles.contains(role)) {
          continue;
        }
        reach(); // embedding a token forgets it, and only some blocks say it anew
        Map<List<Object>, LaunchCount> seen = new HashMap<>();
        String previous = "";
        for (Op op : forward.program(role).ops()) {
          // blocks are alike: one after the same predecessor is counted once
          Cost cost = Costs.of(op, Span.alone(lanes.size(), context));
          List<Object> key = List.of(op.name(), cost, previous);
          previous = op.name();
          if (seen.containsKey(key)) {
            before = seen.get(key);
            continue;
          }
          for (LaunchCount launch : launches(role, op)) {
            LaunchCount last = before;
            all.add(
                new CountedLaunch(
                    lanes.size(),
                    role,
                    op.name(),
                    launch,
                    report
                        .map(r -> CountedLaunch.occupancy(launch, last, r, card.multiprocessors()))
                        .orElse(List.of())));
            before = launch;
          }
          seen.put(key, before);
        }
      }
      return all;
    }

    private List<LaunchCount> launches(Program.Role role, Op op) {
      Runnable run = runs(role, op);
      counters.begin(sampled, alone);
      run.run();
      device.synchronize();
      return LaunchCount.parse(counters.end());
    }

    private Runnable runs(Program.Role role, Op op) {
      if (op instanceof Op.Draw draw) {
        Reading<Samples> drawing = device.prepare(draw);
        return () -> drawing.run(lanes); // nobody reads the nonsense that is drawn
      }
      var routine = device.prepare(Program.of(role, op));
      return () -> routine.run(lanes);
    }
  }
}

package muninn.lab.profile;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import muninn.kernels.Device;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.GateMeasures;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Mark;
import muninn.kernels.Op;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.kernels.Samples;

/**
 * Any device, with a clock beside it: it does what the other one does, and tells a listener when
 * each program, and in it each operation, began and ended on the device. Times come from marks
 * ({@link Device#mark}) in the order of operations: on a GPU from its own clock, on the CPU from
 * the host's.
 *
 * <p>Programs are timed as they run, recorded ones as one piece. Operations are timed by running
 * each as a program of its own with a mark behind it: nothing is recorded then, and no kernel
 * begins before its predecessor has ended, so on a GPU they take longer than in a recorded program.
 */
final class TimedDevice extends ForwardingDevice {

  /** How closely to look. */
  enum Detail {
    OFF,
    STAGES,
    OPERATIONS
  }

  /** Hears what was timed, on the device's thread. */
  interface Listener {
    /** A program is being enqueued; its times are told later, in this order. */
    void enqueued(Program program);

    /** A program is done. */
    void done(Timed program);

    /** The host has waited for results, from and to these values of {@link System#nanoTime}. */
    void waited(long from, long to);
  }

  /**
   * A run of a program. Times are values of {@link System#nanoTime}, those of a GPU put on that
   * scale.
   *
   * @param from when the host began to enqueue it
   * @param to when it had
   * @param begin when the device began
   * @param operations what it did, in order; empty at the detail of stages
   */
  record Timed(
      Program program,
      int lanes,
      long from,
      long to,
      double begin,
      double end,
      List<Operation> operations) {}

  /** One operation of a program. */
  record Operation(Op op, double begin, double end) {}

  /**
   * @param ops that are looked at, each with its end; none: there is the end of the whole
   */
  private record Pending(
      Program program, int lanes, long from, long to, Mark begin, List<Op> ops, List<Mark> ends) {}

  /** Programs to be told about together at least, where nobody waits for results. */
  private static final int MOST_PENDING = 256;

  private final Device device;
  private final Listener listener;
  private final Deque<Pending> pending = new ArrayDeque<>();
  private Detail detail = Detail.OFF;
  private Mark last; // where the device's clock was last read
  private double lastNanos; // and what it said

  /**
   * @param device is closed with this one
   */
  TimedDevice(Device device, Listener listener) {
    super(device);
    this.device = device;
    this.listener = listener;
  }

  /** Looks so closely from now on; what was seen before is told, which waits for the device. */
  void look(Detail closely) {
    finish();
    if (last != null) {
      last.close();
      last = null;
    }
    detail = closely;
    if (detail != Detail.OFF) {
      lastNanos = System.nanoTime(); // the device has nothing to do, so it marks the place at once
      last = device.mark();
    }
  }

  /** Waits for the device, and tells all that was timed. */
  void finish() {
    if (!pending.isEmpty()) {
      device.synchronize();
      tell();
    }
  }

  /** Tells what is done, without waiting. */
  void tell() {
    while (!pending.isEmpty() && pending.peek().ends.getLast().passed()) {
      tell(pending.remove());
    }
  }

  private void tell(Pending run) {
    double begin = read(run.begin);
    List<Operation> operations = new ArrayList<>();
    double end = begin;
    for (int i = 0; i < run.ends.size(); i++) {
      double from = end;
      end = read(run.ends.get(i));
      if (!run.ops.isEmpty()) {
        operations.add(new Operation(run.ops.get(i), from, end));
      }
    }
    listener.done(new Timed(run.program, run.lanes, run.from, run.to, begin, end, operations));
  }

  /** The device's clock at a mark, which follows the one read before. */
  private double read(Mark mark) {
    lastNanos += mark.nanosSince(last);
    last.close();
    last = mark;
    return lastNanos;
  }

  // Programs

  @Override
  public Routine prepare(Program program) {
    Routine whole = device.prepare(program);
    List<Routine> single = new ArrayList<>(); // made ready when operations are first looked at
    return lanes -> {
      if (detail == Detail.OPERATIONS && single.isEmpty()) {
        program.ops().forEach(op -> single.add(device.prepare(Program.of(program.role(), op))));
      }
      run(program, lanes, detail == Detail.OPERATIONS ? single : List.of(whole));
    };
  }

  @Override
  public Reading<Samples> prepare(Op.Draw draw) {
    return timed(Program.of(Role.DRAW, draw), device.prepare(draw), r -> () -> awaited(r::await));
  }

  @Override
  public Reading<LatentMeasures> prepare(Op.LatentLook look) {
    return timed(Program.of(Role.EXIT, look), device.prepare(look), r -> () -> awaited(r::await));
  }

  @Override
  public Reading<GateMeasures> prepare(Op.GateLook look) {
    return timed(Program.of(Role.EXIT, look), device.prepare(look), r -> () -> awaited(r::await));
  }

  @Override
  public Reading<OutputMeasures> prepare(Op.OutputLook look) {
    return timed(Program.of(Role.EXIT, look), device.prepare(look), r -> () -> awaited(r::await));
  }

  /**
   * @param waited the results, so that awaiting them is timed too
   */
  private <R> Reading<R> timed(Program program, Reading<R> reading, UnaryOperator<R> waited) {
    return lanes -> waited.apply(read(program, lanes, reading));
  }

  private <R> R read(Program program, Lanes lanes, Reading<R> reading) {
    List<R> enqueued = new ArrayList<>(1);
    run(program, lanes, List.of(table -> enqueued.add(reading.run(table))));
    return enqueued.getFirst();
  }

  private void run(Program program, Lanes lanes, List<Routine> pieces) {
    if (detail == Detail.OFF || lanes.size() == 0) {
      pieces.forEach(piece -> piece.run(lanes));
      return;
    }
    listener.enqueued(program);
    long from = System.nanoTime();
    Mark begin = device.mark();
    List<Mark> ends = new ArrayList<>(pieces.size());
    for (Routine piece : pieces) {
      piece.run(lanes);
      ends.add(device.mark());
    }
    List<Op> ops = detail == Detail.OPERATIONS ? program.ops() : List.of();
    pending.add(new Pending(program, lanes.size(), from, System.nanoTime(), begin, ops, ends));
    if (pending.size() >= MOST_PENDING) {
      tell();
    }
  }

  private <R> R awaited(Supplier<R> await) {
    if (detail == Detail.OFF) {
      return await.get();
    }
    long from = System.nanoTime();
    R result = await.get();
    listener.waited(from, System.nanoTime());
    tell();
    return result;
  }
}

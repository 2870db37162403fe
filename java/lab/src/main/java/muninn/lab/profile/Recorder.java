package muninn.lab.profile;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import muninn.engine.Monitor;
import muninn.kernels.Device;
import muninn.kernels.Program;
import muninn.kernels.Span;
import muninn.lab.profile.Breakdown.Part;
import muninn.lab.profile.TimedDevice.Detail;
import muninn.lab.profile.TimedDevice.Operation;
import muninn.lab.profile.TimedDevice.Timed;
import muninn.lab.profile.Timeline.Event;
import muninn.lab.profile.Timeline.Row;

/**
 * Brings together what the engine says of its passes and what the device says of their times. Lives
 * on the engine's thread; rounds are begun and ended from another one, while the engine is idle.
 */
final class Recorder implements Monitor, TimedDevice.Listener {

  /** A pass that has been enqueued, one for each program of it. */
  private record Enqueued(Part part, LanesSeen lanes, boolean drawn) {}

  private final Deque<Enqueued> enqueued = new ArrayDeque<>();
  private TimedDevice device;
  private final Map<Pass, LanesSeen> passes = new EnumMap<>(Pass.class); // those told last
  private Detail looking = Detail.OFF;
  private long busyFrom;
  private double deviceDone; // when the device was last seen to end something
  private long tickFrom;
  private boolean drawing; // this tick into the timeline

  // Guarded by this: handed over while the engine is idle.
  private boolean idle;
  private Detail detail = Detail.OFF;
  private Breakdown breakdown;
  private Timeline timeline;
  private long roundFrom;
  private long busyNanos;

  /**
   * A round's times.
   *
   * @param busyNanos of it in which the engine had work
   */
  record Round(long wallNanos, long busyNanos) {}

  /** Wraps a device for this recorder to listen to; on the engine's thread. */
  Device listenTo(Device below) {
    device = new TimedDevice(below, this);
    return device;
  }

  /**
   * Begins a round.
   *
   * @param breakdown gets what is seen
   * @param timeline gets it too; null for none
   */
  synchronized void begin(Detail detail, Breakdown breakdown, Timeline timeline) {
    awaitIdle();
    this.detail = detail;
    this.breakdown = breakdown;
    this.timeline = timeline;
    busyNanos = 0;
    roundFrom = System.nanoTime();
  }

  /** Ends it, when all answers are there. */
  synchronized Round end() {
    awaitIdle();
    return new Round(System.nanoTime() - roundFrom, busyNanos);
  }

  private void awaitIdle() {
    try {
      while (!idle) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the engine was at work", e);
    }
  }

  // The engine

  @Override
  public synchronized void busy() {
    idle = false;
    if (detail != looking || detail != Detail.OFF) {
      device.look(detail); // anew each time, so that the two clocks do not part
      looking = detail;
    }
    busyFrom = System.nanoTime();
    deviceDone = busyFrom;
  }

  @Override
  public synchronized void idle() {
    device.finish();
    long now = System.nanoTime();
    if (breakdown != null) {
      busyNanos += now - busyFrom;
      if (looking != Detail.OFF) {
        breakdown.addHost(Math.max(0, now - deviceDone));
      }
    }
    idle = true;
    notifyAll();
  }

  @Override
  public void tickBegins() {
    tickFrom = System.nanoTime();
    drawing = timeline != null && !timeline.full();
  }

  @Override
  public void pass(Pass pass, LanesSeen seen) {
    passes.put(pass, seen);
  }

  @Override
  public void tickEnds(Tick tick) {
    if (breakdown == null) {
      return;
    }
    breakdown.addTick();
    if (drawing) {
      Map<String, Long> details =
          Map.of(
              "lanes", (long) tick.thinking(),
              "running", (long) tick.running(),
              "waiting", (long) tick.waiting());
      draw(Row.ENGINE, "tick", "tick", tickFrom, System.nanoTime(), details);
    }
  }

  @Override
  public void admitted(Admission admission) {
    if (drawing) {
      long now = System.nanoTime();
      draw(
          Row.ENGINE,
          "event",
          "admission",
          now,
          now,
          Map.of("prompt", (long) admission.promptTokens()));
    }
  }

  @Override
  public void squashed(Squash squash) {
    if (drawing) {
      long now = System.nanoTime();
      draw(Row.ENGINE, "event", "squash", now, now, Map.of("lanes", (long) squash.lanes()));
    }
  }

  // The device

  @Override
  public void enqueued(Program program) {
    LanesSeen lanes = passes.get(passOf(program.role()));
    boolean prompt = 2 * lanes.prompt() > lanes.count();
    enqueued.add(new Enqueued(Part.of(program.role(), prompt), lanes, drawing));
  }

  private static Pass passOf(Program.Role role) {
    return switch (role) {
      case PRELUDE, START, EXIT -> Pass.OPEN; // what rules look at costs the same wherever it is
      case CORE -> Pass.THINK;
      case CODA -> Pass.CODA;
      case HEAD, DRAW -> Pass.SPEAK;
    };
  }

  @Override
  public void done(Timed run) {
    Enqueued pass = enqueued.remove();
    if (breakdown == null) {
      return;
    }
    LanesSeen seen = pass.lanes;
    Span span = new Span(run.lanes(), seen.attended(), seen.distinct());
    breakdown.add(pass.part, span, run);
    breakdown.addHost(Math.max(0, run.begin() - deviceDone));
    deviceDone = run.end();
    if (pass.drawn) {
      draw(pass, run);
    }
  }

  private void draw(Enqueued pass, Timed run) {
    String name = run.program().name();
    Map<String, Long> details = Map.of("lanes", (long) run.lanes());
    draw(Row.ENGINE, "enqueue", "enqueue " + name, run.from(), run.to(), details);
    draw(Row.DEVICE, pass.part.id(), name, Math.round(run.begin()), Math.round(run.end()), details);
    for (Operation operation : run.operations()) {
      draw(
          Row.DEVICE,
          "operation",
          operation.op().name(),
          Math.round(operation.begin()),
          Math.round(operation.end()),
          Map.of());
    }
  }

  @Override
  public void waited(long from, long to) {
    if (drawing) {
      draw(Row.ENGINE, "wait", "wait for results", from, to, Map.of());
    }
  }

  private void draw(
      Row row, String kind, String name, long from, long to, Map<String, Long> details) {
    timeline.add(new Event(row, 0, kind, name, from, to, details));
  }
}

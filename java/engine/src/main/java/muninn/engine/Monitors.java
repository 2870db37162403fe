package muninn.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The flight recorder, and somebody else where there is one: tells both what happens. The other is
 * the user's own code: once it has thrown it is told nothing more, and what it threw goes to the
 * thread's handler of uncaught exceptions, for no answer depends on it.
 */
final class Monitors implements Monitor {
  private final Monitor events = new FlightEvents();
  private Monitor other;

  /**
   * @param other {@link Monitor#NONE} for nobody
   */
  Monitors(Monitor other) {
    this.other = other;
  }

  /** Tells of a pass over these lanes; without anybody to tell it costs nothing. */
  void pass(Pass pass, List<Lane> lanes) {
    if (!other.equals(NONE) && !lanes.isEmpty()) {
      inform(monitor -> monitor.pass(pass, seen(lanes, pass == Pass.THINK)));
    }
  }

  private void inform(Consumer<Monitor> event) {
    try {
      event.accept(other);
    } catch (Throwable thrown) {
      other = NONE;
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
    }
  }

  private static LanesSeen seen(List<Lane> lanes, boolean bySteps) {
    record Shared(int slot, int step) {}
    int prompt = 0;
    long attended = 0;
    Map<Shared, Long> read = new HashMap<>();
    for (Lane lane : lanes) {
      long positions = lane.position + 1L;
      prompt += lane.kind == Lane.Kind.NEW ? 0 : 1;
      attended += positions;
      read.merge(new Shared(lane.slot, bySteps ? lane.steps() : 0), positions, Math::max);
    }
    long distinct = read.values().stream().mapToLong(Long::longValue).sum();
    return new LanesSeen(lanes.size(), prompt, attended, distinct);
  }

  void left(Lane lane) {
    left(new Left(lane.slot, lane.position, lane.steps(), lane.budget));
  }

  void squashed(List<Lane> lanes) {
    Lane first = lanes.getFirst();
    squashed(new Squash(first.slot, first.position, lanes.size()));
  }

  @Override
  public void busy() {
    inform(Monitor::busy);
  }

  @Override
  public void idle() {
    inform(Monitor::idle);
  }

  @Override
  public void tickBegins() {
    events.tickBegins();
    inform(Monitor::tickBegins);
  }

  @Override
  public void tickEnds(Tick tick) {
    inform(monitor -> monitor.tickEnds(tick));
    events.tickEnds(tick);
  }

  @Override
  public void admitted(Admission admission) {
    events.admitted(admission);
    inform(monitor -> monitor.admitted(admission));
  }

  @Override
  public void setBack(SetBack request) {
    events.setBack(request);
    inform(monitor -> monitor.setBack(request));
  }

  @Override
  public void prompted(Prompt prompt) {
    events.prompted(prompt);
    inform(monitor -> monitor.prompted(prompt));
  }

  @Override
  public void left(Left exit) {
    events.left(exit);
    inform(monitor -> monitor.left(exit));
  }

  @Override
  public void squashed(Squash squash) {
    events.squashed(squash);
    inform(monitor -> monitor.squashed(squash));
  }
}

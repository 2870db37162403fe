package muninn.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The flight recorder, and somebody else where there is one: tells both what happens. */
final class Monitors implements Monitor {
  private final Monitor events = new FlightEvents();
  private final Monitor other;

  /**
   * @param other {@link Monitor#NONE} for nobody
   */
  Monitors(Monitor other) {
    this.other = other;
  }

  /** Tells of a pass over these lanes; without anybody to tell it costs nothing. */
  void pass(Pass pass, List<Lane> lanes) {
    if (!other.equals(NONE) && !lanes.isEmpty()) {
      other.pass(pass, seen(lanes, pass == Pass.THINK));
    }
  }

  private static LanesSeen seen(List<Lane> lanes, boolean bySteps) {
    record Shared(Sequence sequence, int step) {}
    int prompt = 0;
    long attended = 0;
    Map<Shared, Long> read = new HashMap<>();
    for (Lane lane : lanes) {
      long positions = lane.position + 1L;
      prompt += lane.position <= lane.sequence.lastOfPrompt() ? 1 : 0;
      attended += positions;
      read.merge(new Shared(lane.sequence, bySteps ? lane.steps : 0), positions, Math::max);
    }
    long distinct = read.values().stream().mapToLong(Long::longValue).sum();
    return new LanesSeen(lanes.size(), prompt, attended, distinct);
  }

  void left(Lane lane) {
    Sequence sequence = lane.sequence;
    left(new Left(sequence.slot, lane.position, lane.steps, sequence.request.steps()));
  }

  void squashed(List<Lane> lanes) {
    Lane first = lanes.getFirst();
    squashed(new Squash(first.sequence.slot, first.position, lanes.size()));
  }

  @Override
  public void busy() {
    other.busy();
  }

  @Override
  public void idle() {
    other.idle();
  }

  @Override
  public void tickBegins() {
    events.tickBegins();
    other.tickBegins();
  }

  @Override
  public void tickEnds(Tick tick) {
    other.tickEnds(tick);
    events.tickEnds(tick);
  }

  @Override
  public void admitted(Admission admission) {
    events.admitted(admission);
    other.admitted(admission);
  }

  @Override
  public void left(Left exit) {
    events.left(exit);
    other.left(exit);
  }

  @Override
  public void squashed(Squash squash) {
    events.squashed(squash);
    other.squashed(squash);
  }
}

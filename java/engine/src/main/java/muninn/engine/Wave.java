package muninn.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * The lanes of one sequence that have not left, deepest first, and how its next position opens: in
 * the row of the lane that left before it, or in any free one on a guess. Positions are without
 * gaps; a lane is never behind the one after it.
 */
final class Wave {
  /** No guess, no row. */
  static final int NONE = -1;

  private final List<Lane> lanes = new ArrayList<>();

  /** The next position to open. */
  private int next;

  private int inheritedRow = NONE;
  private int inheritedToken;
  private boolean inheritsLatent;
  private int guess = NONE;

  /** From the deepest to the newest. */
  List<Lane> lanes() {
    return lanes;
  }

  boolean isEmpty() {
    return lanes.isEmpty();
  }

  /** The next position to open. */
  int next() {
    return next;
  }

  Lane newest() {
    return lanes.getLast();
  }

  /** The lane after this one; null where there is none. */
  Lane after(Lane lane) {
    int place = lane.position + 1 - (lanes.isEmpty() ? next : lanes.getFirst().position);
    return place >= 0 && place < lanes.size() ? lanes.get(place) : null;
  }

  /** The lanes before this one. */
  List<Lane> before(Lane lane) {
    return List.copyOf(lanes.subList(0, lane.position - lanes.getFirst().position));
  }

  /** The next position has opened. */
  void add(Lane lane) {
    if (lane.position != next) {
      throw new IllegalStateException("position " + lane.position + " opened, not " + next);
    }
    next++;
    lanes.add(lane);
    guess = NONE;
  }

  /** Positions before this one are final without having had lanes. */
  void skipTo(int position) {
    if (!lanes.isEmpty() || inherits()) {
      throw new IllegalStateException("positions are skipped behind a lane");
    }
    next = position;
  }

  /** The lanes that have had enough while none before them thinks on. */
  List<Lane> leavers() {
    int count = 0;
    while (count < lanes.size() && lanes.get(count).hasEnough()) {
      count++;
    }
    return List.copyOf(lanes.subList(0, count));
  }

  /** The deepest lane leaves. */
  void leave(Lane deepest) {
    if (lanes.isEmpty() || lanes.getFirst() != deepest) {
      throw new IllegalStateException("a lane left before those before it");
    }
    deepest.leave();
    lanes.removeFirst();
  }

  /** A lane leaves its row to the next position, and its latent in it. */
  void leaveRow(Lane lane, int token) {
    inherit(lane.row, token);
    inheritsLatent = true;
  }

  /** The next position opens in this row, with this token. */
  void inherit(int row, int token) {
    if (inherits()) {
      throw new IllegalStateException("two rows for one position");
    }
    inheritedRow = row;
    inheritedToken = token;
    inheritsLatent = false;
    guess = NONE;
  }

  boolean inherits() {
    return inheritedRow != NONE;
  }

  int takeInheritedRow() {
    int row = inheritedRow;
    inheritedRow = NONE;
    return row;
  }

  /** Whether the lane before has just left the row it inherits. */
  boolean inheritsLatent() {
    return inheritsLatent;
  }

  int inheritedToken() {
    return inheritedToken;
  }

  /** The next position may open on this token, or NONE, where there is a row for it. */
  void guess(int token) {
    guess = token;
  }

  boolean hasGuess() {
    return guess != NONE;
  }

  int guess() {
    return guess;
  }

  /** Goes on as another wave, which begins at the next position, and is no more. */
  void takeFrom(Wave other, int slot) {
    for (Lane lane : other.lanes) {
      lane.moveTo(slot);
      add(lane);
    }
    guess = other.guess;
    if (other.inherits()) {
      inherit(other.takeInheritedRow(), other.inheritedToken);
    }
    other.lanes.clear();
  }

  /** Takes away all lanes after this one; they built on what turned out wrong. */
  List<Lane> squashAfter(Lane lane) {
    List<Lane> behind = lanes.subList(lane.position + 1 - lanes.getFirst().position, lanes.size());
    List<Lane> squashed = List.copyOf(behind);
    squashed.forEach(Lane::squash);
    behind.clear();
    next = lane.position + 1;
    guess = NONE;
    return squashed;
  }
}

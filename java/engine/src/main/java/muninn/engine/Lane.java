package muninn.engine;

import java.util.List;
import java.util.TreeMap;
import muninn.kernels.Lanes;

/** One token position being thought about. */
final class Lane {
  final Sequence sequence;
  final int position;
  final int row;
  final int token;

  /** Its exit rule; null at fixed depth. */
  final ExitRule.Watch watch;

  /** Recurrence steps done. */
  int steps;

  /** Ticks for which it has had enough and waited for company to the coda. */
  int waited;

  /** What it said would follow, by steps. */
  final TreeMap<Integer, Integer> guesses = new TreeMap<>();

  /** Lanes that were ahead of it when it was opened on a guess; 0 when it was on none. */
  int place;

  private boolean enough;
  private boolean squashed;

  /**
   * @param token its id, or {@link Lanes#sampledIn}
   */
  Lane(Sequence sequence, int position, int row, int token) {
    this.sequence = sequence;
    this.position = position;
    this.row = row;
    this.token = token;
    watch = sequence.exits(position) ? sequence.watch() : null;
  }

  /** Adds it to a table of a pass that has no steps. */
  void addTo(Lanes table) {
    table.add(row, sequence.slot, position, 0, token);
  }

  /** Whether a token is the one that it was opened with; a sampled one always is. */
  boolean builtOn(int token) {
    return this.token < 0 || this.token == token;
  }

  /** Whether it takes part in the next step. */
  boolean thinks() {
    return !hasEnough() && !sequence.drafts.pauses(this);
  }

  /** Steps to the depth that no lane goes beyond. */
  int stepsLeft() {
    return sequence.request.steps() - steps;
  }

  /** Whether it has thought enough: as deep as asked for, or as deep as its rule found. */
  boolean hasEnough() {
    return enough || stepsLeft() == 0;
  }

  /**
   * Its rule fired, so it has. The last position of a prompt speaks for those that think with it, a
   * position that freezes for those before it, except the prompt's, and not for itself.
   */
  void ruleFired() {
    List<Lane> before = sequence.wave.before(this);
    if (sequence.drafts.freezes()) {
      before.forEach(lane -> lane.enough |= lane.watch != null);
      return;
    }
    enough = true;
    if (endsPrompt()) {
      before.forEach(lane -> lane.enough = true);
    }
  }

  void squash() {
    squashed = true;
  }

  /** Whether it was built on a wrong guess, and is no more. */
  boolean squashed() {
    return squashed;
  }

  /** Whether it is the last position of the prompt. */
  boolean endsPrompt() {
    return position == sequence.lastOfPrompt();
  }

  /** Whether the prompt says what follows it. */
  boolean inPrompt() {
    return position < sequence.lastOfPrompt();
  }

  /** Whether its rule is to be asked after the step just done, and looks at this. */
  boolean asks(ExitRule.Sees sees) {
    return watch != null && !hasEnough() && sequence.sees == sees && sequence.asksAfter(steps);
  }
}

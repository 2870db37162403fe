package muninn.engine;

import java.util.List;
import java.util.Objects;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;

/**
 * When the positions of a sequence are asked whether they have thought enough, and what comes of a
 * rule that says so.
 */
final class Asking {
  private final Sequence sequence;
  private final ExitRule.Sees sees; // null at fixed depth
  private final Exit exit;

  Asking(Sequence sequence, ExitRule.Sees sees, Exit exit) {
    this.sequence = sequence;
    this.sees = sees;
    this.exit = exit;
  }

  /** Whether the last position of the prompt may leave early too. */
  boolean prompt() {
    return exit.prompt();
  }

  /** Begins to watch a position that may leave before its last step; null for others. */
  ExitRule.Watch watch(int position) {
    boolean leavesEarly =
        exit.rule() != null
            && (position > sequence.lastOfPrompt
                || (exit.prompt() && position == sequence.lastOfPrompt));
    if (!leavesEarly) {
      return null;
    }
    try {
      return Objects.requireNonNull(exit.rule().watch(), "an exit rule's watch");
    } catch (Throwable thrown) {
      sequence.fail(thrown);
      return null;
    }
  }

  /** What its exit rule looks at; null at fixed depth. */
  ExitRule.Sees sees() {
    return sees;
  }

  /**
   * Whether a lane's rule is to be asked, and looks at this.
   *
   * @param steps of the lane, when it is asked
   */
  boolean asks(Lane lane, ExitRule.Sees what, int steps) {
    return lane.watch != null
        && sees == what
        && !lane.hasEnough()
        && !lane.hasChosen()
        && steps < lane.budget
        && (what.everyStep() || hears(steps));
  }

  /** Whether its rule is heard with the step after the one that it looked at. */
  boolean hearsLate() {
    return exit.lookahead();
  }

  /** Whether it counts what a rule says after so many steps. */
  boolean hears(int steps) {
    return exit.asksAfter(steps);
  }

  /**
   * A lane's rule fired: it has thought enough, or knows what it speaks from. The last position of
   * a prompt speaks for those that think with it, a position that freezes for those before it,
   * except the prompt's, and not for itself.
   */
  void ruleFired(Lane lane) {
    List<Lane> before = sequence.wave.before(lane);
    if (sequence.drafts.freezes()) {
      before.stream().filter(other -> other.watch != null).forEach(Asking::hasEnough);
      return;
    }
    if (exit.selects()) {
      lane.choose();
      return;
    }
    hasEnough(lane);
    if (lane.endsPrompt()) {
      before.forEach(Asking::hasEnough);
    }
  }

  private static void hasEnough(Lane lane) {
    if (!lane.hasEnough()) {
      lane.enough();
    }
  }
}

package muninn.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import muninn.engine.request.ExitRule;

/**
 * Asks exit rules whether lanes have thought enough. A rule is the user's own code: whatever it
 * throws fails the answer that it was asked for, and no other.
 */
final class Exits {
  private Exits() {}

  /**
   * Asks the rules of some lanes.
   *
   * @param seen what there is to be seen of each
   * @return the lanes that have chosen what they speak from
   */
  static List<Lane> ask(Batch batch, Map<Lane, ExitRule.Look> seen) {
    if (seen.isEmpty()) {
      return List.of();
    }
    List<Lane> chosen = new ArrayList<>();
    seen.forEach(
        (lane, look) -> {
          Sequence sequence = batch.of(lane);
          if (sequence.failure() == null && fires(sequence, lane, look)) {
            sequence.asking.ruleFired(lane);
            if (lane.hasChosen()) {
              chosen.add(lane);
            }
          }
        });
    batch.failBroken();
    return chosen;
  }

  private static boolean fires(Sequence sequence, Lane lane, ExitRule.Look look) {
    try {
      return lane.watch.enough(look) && sequence.asking.hears(look.step());
    } catch (Throwable thrown) {
      sequence.fail(thrown);
      return false;
    }
  }
}

package muninn.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;

/**
 * Has rules that look at latents asked after a step. Most are heard at once, and the host waits for
 * what they look at. Those with a {@linkplain Exit#lookahead look-ahead} are heard after the next
 * step of their lane, when the device has long been at that: nobody waits, and the lane takes a
 * step more. What a lane does depends on its own steps alone, so not on who else is in work.
 */
final class LatentLooks {
  private final Batch batch;
  private final Passes passes;

  /** What lanes saw that nobody has heard of. */
  private final Map<Lane, Passes.Looks> late = new HashMap<>();

  LatentLooks(Batch batch, Passes passes) {
    this.batch = batch;
    this.passes = passes;
  }

  /**
   * Asks the rules of some lanes.
   *
   * @param stepped lanes that took a step
   * @param looking those of them whose rules look at it
   * @return the lanes that have chosen what they speak from
   */
  List<Lane> ask(List<Lane> stepped, List<Lane> looking) {
    if (late.isEmpty() && looking.isEmpty()) {
      return List.of(); // as at fixed depth
    }
    late.keySet().removeIf(lane -> !lane.isThere());
    List<Lane> chosen = new ArrayList<>(Exits.ask(batch, heard(stepped)));
    List<Lane> atOnce = new ArrayList<>();
    List<Lane> later = new ArrayList<>();
    for (Lane lane : looking) {
      if (lane.isThere() && !lane.hasEnough() && !lane.hasChosen()) {
        (batch.of(lane).asking.hearsLate() ? later : atOnce).add(lane);
      }
    }
    if (!later.isEmpty()) {
      Passes.Looks looks = passes.lookAtLatents(later);
      later.forEach(lane -> late.put(lane, looks));
    }
    if (!atOnce.isEmpty()) {
      chosen.addAll(Exits.ask(batch, passes.lookAtLatents(atOnce).await()));
    }
    return chosen;
  }

  private Map<Lane, ExitRule.Look> heard(List<Lane> stepped) {
    Map<Lane, ExitRule.Look> heard = new LinkedHashMap<>();
    for (Lane lane : stepped) {
      Passes.Looks looks = late.remove(lane);
      if (looks != null && !lane.hasEnough()) {
        heard.put(lane, looks.await().get(lane));
      }
    }
    return heard;
  }
}

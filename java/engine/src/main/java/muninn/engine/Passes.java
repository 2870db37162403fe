package muninn.engine;

import java.util.List;
import java.util.Map;
import muninn.engine.request.ExitRule;

/**
 * What a tick has the device do, and what comes back: lane by lane, so that no order of lanes
 * matters to who asks. Passes run in the order in which they are called; only those that answer
 * with something to be seen wait for the device.
 */
interface Passes {

  /**
   * Embeds new lanes, gives them the latents they start from, and remembers what their rules first
   * compare with.
   */
  void open(List<Lane> lanes);

  /** One recurrence step of every lane that thinks. */
  void think(List<Lane> lanes);

  /** How the latents of lanes moved since their rules last looked, or what a gate says. */
  Looks lookAtLatents(List<Lane> lanes);

  /** What is to be seen of lanes, on its way from the device. */
  interface Looks {
    /** Of each of them; waits, the first time. */
    Map<Lane, ExitRule.Look> await();
  }

  /** Remembers the latents of lanes as what they speak from, however long they think on. */
  void choose(List<Lane> lanes);

  /**
   * Passes the coda, to leave keys there; those that speak pass the rest of it and the head too.
   */
  void speak(Plan.Coda plan);

  /** What lanes that have spoken predict, for their rules; waits. */
  Map<Lane, ExitRule.Look> lookAtOutputs(List<Lane> lanes);

  /** Draws tokens from lanes that have spoken. */
  Draws draw(List<Lane> lanes);

  /** Tokens on their way from the device. */
  interface Draws {
    /** One for each lane; waits. Called once. */
    Map<Lane, Drawn> await();
  }

  /** Logits {@code [V]} of a lane that has just spoken; waits. */
  float[] logits(Lane lane);

  /** The latent {@code [d]} of a lane, as its next step would take it; waits. */
  float[] state(Lane lane);

  /** What the model's gate says of a lane's latent; NaN where it has none; waits. */
  float gate(Lane lane);

  /** The latent {@code [d]} of a lane after {@code ln_f}; waits. */
  float[] normed(Lane lane);
}

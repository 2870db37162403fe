package muninn.engine;

import java.util.List;

/**
 * What a tick asks of the device, decided on the state alone. A tick has three plans, for the
 * second depends on what exit rules make of the first, and the third on what they make of the
 * second: think, pass the coda, draw.
 */
final class Plan {
  private Plan() {}

  /**
   * Positions open, and the core is passed.
   *
   * @param opening lanes whose tokens are to be embedded
   * @param thinking lanes that take a step, the new ones among them
   * @param looking those of them whose rules then look at their latents
   */
  record Think(List<Lane> opening, List<Lane> thinking, List<Lane> looking) {}

  /**
   * Lanes pass the coda, to leave their keys there; some of them all of it, and the head, to
   * predict a token.
   *
   * @param speaking lanes whose prediction is wanted
   * @param silent lanes whose keys alone are
   * @param looking those that speak whose rules then look at their predictions
   * @param guessing those that speak whose prediction is a guess, unless their rules end them now
   */
  record Coda(List<Lane> speaking, List<Lane> silent, List<Lane> looking, List<Lane> guessing) {
    /** Nobody passes. */
    static final Coda NONE = new Coda(List.of(), List.of(), List.of(), List.of());

    boolean isEmpty() {
      return speaking.isEmpty() && silent.isEmpty();
    }
  }

  /**
   * Tokens are drawn from what was predicted.
   *
   * @param predictions each sequence's deepest first, for what a lane predicts judges those after
   *     it
   * @param leaving lanes that have passed the coda for the last time
   */
  record Draw(List<Prediction> predictions, List<Lane> leaving) {
    /** Nobody leaves, nobody guesses. */
    static final Draw NONE = new Draw(List.of(), List.of());
  }

  /**
   * A token to be drawn from a lane.
   *
   * @param last whether it is the lane's last; else it is a guess
   */
  record Prediction(Sequence sequence, Lane lane, boolean last) {}
}

package muninn.engine;

/**
 * Sees what a request's positions think, step by step. Called on the engine's thread, between
 * ticks, which wait for it; positions that think together take their steps in ascending order. What
 * it throws fails the answer that it looks at, and no other.
 */
public interface Observer {

  /**
   * A position opens.
   *
   * @param state the latent it starts from, {@code [d]}
   */
  void begins(int position, float[] state);

  /**
   * A position has taken a step.
   *
   * @param step from 1
   * @param state the latent as it is now, {@code [d]}
   * @param logits what it would say if this were its last step, {@code [V]}
   */
  void steps(int position, int step, float[] state, float[] logits);

  /**
   * What a model's trained gate says of the state that was just seen; of a model that has one.
   *
   * @param step from 1
   * @param ends how likely, from 0 to 1, thinking is to end with this step, having come to it
   */
  default void gate(int position, int step, float ends) {}
}

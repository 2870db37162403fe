package muninn.lab.trace;

import java.util.OptionalInt;

/**
 * A position's way through latent space, and what it would have said on it. Index j is the step; 0
 * is where it starts, where nothing is said yet: there predictions are NaN, and the token −1.
 */
public final class Trajectory {
  private final int position;
  private final int token;
  private final boolean inPrompt;
  private final float[][] states;
  private final int[] said;
  private final double[] probability;
  private final double[] klPrevious;
  private final double[] klDeepest;
  private final double[] ended;

  Trajectory(int position, int token, boolean inPrompt, StateRecorder.Notes notes) {
    this.position = position;
    this.token = token;
    this.inPrompt = inPrompt;
    states = notes.states;
    said = notes.said;
    probability = notes.probability;
    klPrevious = notes.klPrevious;
    klDeepest = notes.klDeepest;
    ended = notes.ended;
  }

  public int position() {
    return position;
  }

  /** The token at this position. */
  public int token() {
    return token;
  }

  public boolean inPrompt() {
    return inPrompt;
  }

  /** The deepest step. */
  public int steps() {
    return states.length - 1;
  }

  /** The latent after j steps, {@code [d]}. */
  float[] state(int j) {
    return states[j];
  }

  public double norm(int j) {
    return Vectors.norm(states[j]);
  }

  /** ‖s_j − s_{j−1}‖/‖s_j‖. */
  public double change(int j) {
    return j == 0 ? Double.NaN : Vectors.distance(states[j], states[j - 1]) / norm(j);
  }

  /** ‖s_j − s_deepest‖/‖s_deepest‖. */
  public double toDeepest(int j) {
    return Vectors.distance(states[j], states[steps()]) / norm(steps());
  }

  /** The token it would say after j steps. */
  public int said(int j) {
    return said[j];
  }

  /** How probable that token is then. */
  public double probability(int j) {
    return probability[j];
  }

  /** KL(prediction at j−1 ‖ at j) in nats: what the exit rule {@code kl} sees. */
  public double klPrevious(int j) {
    return klPrevious[j];
  }

  /** KL(deepest prediction ‖ prediction at j) in nats: what stopping at j would cost. */
  public double klDeepest(int j) {
    return klDeepest[j];
  }

  /**
   * How probable it is by the model's trained gate that thinking has ended by step j: what the exit
   * rule {@code gate} sees. NaN where the model has none.
   */
  public double ended(int j) {
    return ended[j];
  }

  /** The step from which on it says what it says in the end. */
  public int decidedAt() {
    int j = steps();
    while (j > 1 && said[j - 1] == said[steps()]) {
      j--;
    }
    return j;
  }

  /** The first step after which the latent moves less than that share of its length. */
  public OptionalInt settledAt(double change) {
    for (int j = 1; j <= steps(); j++) {
      if (change(j) < change) {
        return OptionalInt.of(j);
      }
    }
    return OptionalInt.empty();
  }

  /** How it moves in the second half of its steps. */
  public Motion motion() {
    return Motion.of(states);
  }
}

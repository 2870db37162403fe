package muninn.engine;

import java.util.List;
import java.util.function.Supplier;

/**
 * Sees the positions of one request when they speak. Called on the engine's thread, in a tick. A
 * request that begins again, because it gave up its memory or its device was lost, shows the same
 * once more, from the first position on.
 */
interface Inspector {

  /** The first position that it looks at; it does at all after it. */
  default int looksFrom() {
    return 0;
  }

  /**
   * Whether positions are to speak after each step, not after their last alone. Such a request
   * keeps its memory to its end, for it takes long.
   */
  boolean everyStep();

  /**
   * A position was opened.
   *
   * @param state the latent it starts from, {@code [d]}; read when asked for, as all that follows,
   *     which must be before this returns
   */
  void begins(int position, Supplier<float[]> state);

  /** A position said what follows it, by these logits {@code [V]}. */
  void speaks(int position, int steps, float[] logits, Latents latents);

  /**
   * Latents {@code [d]} of a position.
   *
   * @param state as the next step would take it
   * @param normed after {@code ln_f}
   * @param gate what a trained gate says of it; NaN where there is none
   */
  record Latents(Supplier<float[]> state, Supplier<float[]> normed, Supplier<Float> gate) {}

  /** What the positions of a prompt say in the end, and what the last one thought. */
  final class FinalLogits implements Inspector {
    private final float[][] logits;
    private float[] latent;

    FinalLogits(int positions) {
      logits = new float[positions][];
    }

    @Override
    public boolean everyStep() {
      return false;
    }

    @Override
    public void begins(int position, Supplier<float[]> state) {}

    @Override
    public void speaks(int position, int steps, float[] now, Latents latents) {
      logits[position] = now;
      if (position == logits.length - 1) {
        latent = latents.normed().get();
      }
    }

    /** Logits {@code [positions][V]}, once all have spoken. */
    List<float[]> logits() {
      return List.of(logits);
    }

    /** What the last position thought in the end, after {@code ln_f}. */
    float[] latent() {
      return latent;
    }
  }
}

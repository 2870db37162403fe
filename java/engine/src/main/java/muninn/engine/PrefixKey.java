package muninn.engine;

import muninn.engine.request.Options;
import muninn.model.KvSharing;

/**
 * What the keys and values of a prompt depend on besides its tokens, one model and one engine
 * given: requests of equal keys leave the same ones, to the bit. Exit rules are no part of it, for
 * only positions that took all their steps are ever shared; nor is how tokens are drawn.
 *
 * @param steps of every position
 * @param kv which steps share their keys; where some do, what a position reads depends on the chunk
 *     that it thinks in, and chunks lie at the same places in all prompts
 * @param initScale scale of the noise that latents start from, 0 where there is none
 * @param seed of that noise, 0 where there is none
 */
record PrefixKey(int steps, KvSharing kv, float initScale, long seed) {

  /**
   * @param noisy whether the model's latents start from noise
   */
  static PrefixKey of(Options options, boolean noisy) {
    boolean drawn = noisy && options.initScale() != 0;
    return new PrefixKey(
        options.steps(),
        options.thinking().kv(),
        drawn ? options.initScale() : 0,
        drawn ? options.sampling().seed() : 0);
  }
}

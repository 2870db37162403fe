package muninn.engine;

import java.util.Map;
import java.util.Random;
import muninn.engine.request.Sampling;

/** Ways to draw tokens, every option of drawing among them, for tests that hold for all. */
final class RandomSampling {
  private RandomSampling() {}

  /** Greedy in half of the cases; otherwise with everything at once. */
  static Sampling next(Random random, int vocabulary) {
    return random.nextBoolean()
        ? Sampling.GREEDY
        : Sampling.GREEDY
            .withTemperature(0.5f + random.nextFloat())
            .withTopK(random.nextInt(50))
            .withTopP(0.5f + random.nextFloat() / 2)
            .withMinP(random.nextFloat() / 10)
            .withRepetitionPenalty(1 + random.nextFloat() / 2)
            .withPresencePenalty(random.nextInt(5) - 2)
            .withFrequencyPenalty(random.nextFloat() * 4 - 2)
            .withLogitBias(Map.of(random.nextInt(vocabulary), 200 * random.nextFloat() - 100))
            .withSeed(random.nextLong());
  }
}

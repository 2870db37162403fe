package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import muninn.kernels.LogProbs;
import org.junit.jupiter.api.Test;

/** Selection against sorting. */
final class SelectionTest {
  private final Selection selection = new Selection();
  private final Random random = new Random(3);

  @Test
  void withWeightsOfOneItIsTheKthLargest() {
    for (int round = 0; round < 300; round++) {
      float[] values = values(1 + random.nextInt(200));
      float[] sorted = values.clone();
      Arrays.sort(sorted);
      int k = 1 + random.nextInt(values.length);
      assertThat(selection.of(values, 0, values.length, v -> 1, total -> k))
          .isEqualTo(sorted[sorted.length - k]);
    }
  }

  @Test
  void withMassesItIsTheLastOfTheFewestThatReachTheShare() {
    for (int round = 0; round < 300; round++) {
      float[] values = values(1 + random.nextInt(200));
      float[] sorted = values.clone();
      Arrays.sort(sorted);
      long total = 0;
      for (float value : sorted) {
        total += mass(value);
      }
      double share = 1 - random.nextDouble();
      long sum = 0;
      int last = sorted.length;
      while (sum < Math.ceil(share * total)) {
        sum += mass(sorted[--last]);
      }
      // float sums, in another order, would now and then end elsewhere
      for (int order = 0; order < 3; order++) {
        assertThat(nucleus(values, share)).isEqualTo(sorted[last]);
        shuffle(values);
      }
    }
  }

  @Test
  void whereTheWeightsNeverReachItIsTheSmallestThatWeighs() {
    float[] values = {7, 3, Float.NaN, 5, -4};
    float smallest = selection.of(values, 0, 5, v -> v > 0 ? 1 : 0, total -> Long.MAX_VALUE);
    assertThat(smallest).isEqualTo(3);
    assertThat(selection.of(values, 3, 2, v -> 1, total -> 2)).isEqualTo(-4);
  }

  private float nucleus(float[] values, double share) {
    return selection.of(
        values, 0, values.length, SelectionTest::mass, total -> (long) Math.ceil(share * total));
  }

  private static long mass(float value) {
    return LogProbs.mass(Maths.exp(Math.min(0, (value - 30) / 10)));
  }

  private void shuffle(float[] values) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      float value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  /** Some of them equal, some close. */
  private float[] values(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      float value = (float) random.nextGaussian() * 10;
      values[i] = i % 3 == 0 ? Math.round(value) + 0f : i % 3 == 1 ? value : value * 1e-30f;
    }
    return values;
  }
}

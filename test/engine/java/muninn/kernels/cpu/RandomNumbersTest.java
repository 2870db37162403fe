package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Made-up weights: their spread, and that they depend on seed and element alone. */
final class RandomNumbersTest {
  private static float value(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  private static short[] numbers(long seed, float sigma, long first, int count) {
    short[] out = new short[count];
    new RandomNumbers(seed, sigma).fill(out, count, first);
    return out;
  }

  @Test
  void theyLieAroundZeroWithTheSpreadThatIsAskedFor() {
    short[] numbers = numbers(3, 0.02f, 0, 100_000);
    double mean =
        IntStream.range(0, numbers.length).mapToDouble(i -> value(numbers[i])).average().orElse(1);
    double variance =
        IntStream.range(0, numbers.length)
            .mapToDouble(i -> value(numbers[i]) * value(numbers[i]))
            .average()
            .orElse(1);
    // Five standard errors.
    assertThat(mean).isEqualTo(0, within(5 * 0.02 / Math.sqrt(numbers.length)));
    assertThat(Math.sqrt(variance)).isEqualTo(0.02, within(0.02 * 0.01));
  }

  @Test
  void aNumberBelongsToItsSeedAndPlace() {
    long far = (1L << 35) - 4; // its block's index passes 32 bits
    short[] together = numbers(3, 1, far, 40);
    for (int i = 0; i < together.length; i++) {
      assertThat(numbers(3, 1, far + i, 1)[0]).isEqualTo(together[i]);
    }
    assertThat(numbers(4, 1, far, 40)).isNotEqualTo(together);
    assertThat(numbers(3, 1, far + 8, 40)).isNotEqualTo(together);
    assertThat(numbers(3, 1, 0, 36)).isNotEqualTo(numbers(3, 1, 1L << 35, 36));
  }

  @Test
  void aMatrixHoldsThemRowByRowOnAnyNumberOfThreads() {
    int rows = Linear.PANEL + 3;
    int columns = 77;
    short[] expected = numbers(9, 0.5f, 0, rows * columns);
    for (int threads : new int[] {1, 3}) {
      try (CpuDevice device = new CpuDevice(threads)) {
        CpuWeights weights = CpuWeights.of(device.randomWeights(9, rows, columns, 0.5f));
        for (int i = 0; i < expected.length; i++) {
          assertThat(weights.at(i / columns, i % columns)).isEqualTo(value(expected[i]));
        }
      }
    }
  }
}

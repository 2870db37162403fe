package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.Stream;
import muninn.cuda.Emulated;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Weights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Products of Huginn's own shapes, cut as a large GPU cuts them: 264 shares, seven or eight blocks
 * a block of rows, both partial sums of a block in use. All shapes and tiles on a GPU; one on the
 * emulated device, which claims 132 multiprocessors for it. Against sums in double, of rows from
 * every block of rows.
 */
@Tag("gpu")
class HuginnCutsTest {
  private static final int MULTIPROCESSORS = 132;
  private static final long MEMORY = 2L << 30;
  private static final int[][] SHAPES = {
    {5280, 5280}, {15_840, 5280}, {5280, 17_920}, {5280, 10_560}, {35_840, 5280}
  };

  /** A prime number: every place within a block of rows comes up. */
  private static final int ROW_STEP = 61;

  private final Random random = new Random(5);
  private CudaDevice device;

  @BeforeEach
  void open() {
    claim(MULTIPROCESSORS, MEMORY);
    device = TestDevice.open(DType.BF16);
  }

  @AfterEach
  void close() {
    device.close();
    claim(0, 0);
  }

  private static void claim(int multiprocessors, long bytes) {
    if (!TestDevice.isGpu()) {
      Emulated.driver().counters().orElseThrow().claim(multiprocessors, bytes);
    }
  }

  static Stream<Arguments> shapes() {
    return Stream.of(SHAPES)
        .limit(TestDevice.isGpu() ? SHAPES.length : 1)
        .map(shape -> Arguments.of(shape[0], shape[1]));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void sumsOfManySharesAreRightAndTheSameForAnyNumberOfLanes(int rows, int columns) {
    int[] counts = TestDevice.isGpu() ? new int[] {64, 16, 8, 1} : new int[] {8, 1};
    int most = counts[0];
    short[] w = values(rows * columns);
    short[] x = values(most * columns);
    try (Arena arena = Arena.ofShared()) {
      Weights weights = device.weights(DType.BF16, rows, columns, segment(arena, w));
      CudaWeights operand =
          CudaWeights.of(device.weights(DType.BF16, most, columns, segment(arena, x)));
      CudaBuffer there = new CudaBuffer(operand.memory(), DType.BF16, most, columns);
      float[][] all = new float[most][];
      for (int n : counts) {
        Buffer out = device.buffer(most, rows);
        Ops.linear(device, lanes(n), there, weights, out);
        for (int m = 0; m < n; m++) {
          float[] sums = device.read(out, m);
          if (all[m] == null) {
            all[m] = sums;
            check(w, x, m, columns, sums);
          }
          assertThat(sums).as("lane %d of %d", m, n).isEqualTo(all[m]);
        }
      }
    }
  }

  private static void check(short[] w, short[] x, int m, int columns, float[] sums) {
    for (int row = m % ROW_STEP; row < sums.length; row += ROW_STEP) {
      double sum = 0;
      for (int c = 0; c < columns; c++) {
        sum += (double) value(w[row * columns + c]) * value(x[m * columns + c]);
      }
      assertThat((double) sums[row]).as("row %d of lane %d", row, m).isCloseTo(sum, within(1e-3));
    }
  }

  private Lanes lanes(int n) {
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 0, m, 0, 0);
    }
    return lanes;
  }

  /** From −1 to 1, as bfloat16. */
  private short[] values(int count) {
    short[] values = new short[count];
    for (int i = 0; i < count; i++) {
      values[i] = (short) (Float.floatToIntBits(random.nextFloat() * 2 - 1) >>> 16);
    }
    return values;
  }

  private static float value(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  private static MemorySegment segment(Arena arena, short[] values) {
    return arena.allocate(2L * values.length, 16).copyFrom(MemorySegment.ofArray(values));
  }
}

package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Weights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Products of operands that are rounded to bfloat16: by Java's loops and by all instructions that
 * the library has and this CPU too, to the bit the same. Where there is no library the device says
 * so.
 */
class Bf16ProductsTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("muninn.native", "../../native/target"));

  private final Random random = new Random(3);
  private final CpuDevice ours = device(Optional.of(FOLDER));
  private final CpuDevice java = device(Optional.empty());
  private final List<CpuDevice> devices = new ArrayList<>(List.of(ours, java));

  /** By each of the library's instructions that this CPU has. */
  Bf16ProductsTest() {
    for (CpuLibrary.Instructions some : CpuLibrary.Instructions.values()) {
      CpuLibrary.open(FOLDER, some)
          .ifPresent(
              library ->
                  devices.add(
                      new CpuDevice(
                          options(Optional.empty()), ColdStart.none(), Optional.of(library))));
    }
  }

  private static CpuDevice device(Optional<Path> natives) {
    return new CpuDevice(options(natives), ColdStart.none());
  }

  private static CpuOptions options(Optional<Path> natives) {
    return new CpuOptions(2, DType.BF16, Optional.empty(), natives);
  }

  @AfterEach
  void close() {
    devices.forEach(CpuDevice::close);
  }

  @Test
  void theDeviceSaysWhatMultiplies() {
    assertThat(java.name()).contains("bfloat16 by float32's instructions");
    assertThat(ours.name())
        .contains(
            "bfloat16 by " + CpuDevice.bf16Instructions(FOLDER).orElse("float32's instructions"));
    try (CpuDevice nowhere = device(Optional.of(Path.of("no/such/folder")))) {
      assertThat(nowhere.name()).contains("bfloat16 by float32's instructions");
    }
  }

  @Test
  void weightsAndKeysAreKeptAsOperandsAre() {
    for (CpuDevice device : devices) {
      assertThat(device.kvFormat()).isEqualTo(Format.BF16);
      assertThat(device.weightFormat(DType.F32)).isEqualTo(Format.BF16);
      float[] values = values(37 * 19);
      Weights weights = weights(device, 37, 19, values);
      for (int i = 0; i < values.length; i++) {
        assertThat(CpuWeights.of(weights).at(i / 19, i % 19)).isEqualTo(rounded(values[i]));
      }
    }
  }

  static Stream<Arguments> shapes() {
    int[] lanes = {0, 1, 2, 3, 5, 7, 9, 12, 13, 33, 97};
    return Stream.of(new int[] {1, 8}, new int[] {33, 17}, new int[] {64, 1}, new int[] {262, 130})
        .flatMap(shape -> IntStream.of(lanes).mapToObj(n -> Arguments.of(shape[0], shape[1], n)));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aProductIsTheChainOfFusedMultiplyAddsOverRoundedColumns(int rows, int columns, int n) {
    float[] w = values(rows * columns);
    float[] x = values(n * columns);
    float[] wanted = chains(rounded(w), rounded(x), rows, columns);
    for (CpuDevice device : devices) {
      CpuBuffer out = new CpuBuffer(new float[n * rows], n, rows);
      Weights weights = weights(device, rows, columns, w);
      Ops.linear(device, lanes(device, n), new CpuBuffer(x, n, columns), weights, out);
      assertThat(out.data()).as(device.name()).isEqualTo(wanted);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void operandsThatStayFloat32AreMultipliedAsTheyAre(int rows, int columns, int n) {
    float[] w = values(rows * columns);
    float[] x = values(n * columns);
    float[] wanted = chains(rounded(w), x, rows, columns);
    for (Optional<CpuLibrary> library : ofFloats()) {
      CpuOptions floats = new CpuOptions(2, DType.F32, Optional.empty(), Optional.empty());
      try (CpuDevice device = new CpuDevice(floats, ColdStart.none(), library)) {
        CpuBuffer out = new CpuBuffer(new float[n * rows], n, rows);
        Weights weights = device.weights(DType.BF16, rows, columns, halves(w));
        assertThat(weights.format()).isEqualTo(Format.BF16);
        Ops.linear(device, lanes(device, n), new CpuBuffer(x, n, columns), weights, out);
        assertThat(out.data()).as(device.name()).isEqualTo(wanted);
      }
    }
  }

  /** Java's loops, and all instructions for float32 that the library has and this CPU too. */
  private static List<Optional<CpuLibrary>> ofFloats() {
    return Stream.concat(
            Stream.of(Optional.<CpuLibrary>empty()),
            Stream.of(CpuLibrary.Instructions.values())
                .filter(some -> !some.takesWords())
                .map(some -> CpuLibrary.open(FOLDER, some))
                .filter(Optional::isPresent))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aResidualIsAddedToTheWholeProduct(int rows, int columns, int n) {
    float[] w = values(rows * columns);
    CpuBuffer x = new CpuBuffer(values(n * columns), n, columns);
    CpuBuffer residual = new CpuBuffer(values(n * rows), n, rows);
    for (CpuDevice device : devices) {
      Weights weights = weights(device, rows, columns, w);
      CpuBuffer wanted = CpuBuffer.of(n, rows);
      Ops.linear(device, lanes(device, n), x, weights, wanted);
      for (int i = 0; i < wanted.data().length; i++) {
        wanted.data()[i] += residual.data()[i];
      }
      CpuBuffer out = CpuBuffer.of(n, rows);
      Ops.linearAdd(device, lanes(device, n), x, weights, residual, out);
      assertThat(out.data()).as(device.name()).isEqualTo(wanted.data());
    }
  }

  @Test
  void operandsAreRoundedToTheEvenOneOfTwoAsNearAndStayNoNumbers() {
    float[] special = {
      1 + 0x1p-8f,
      1 + 0x3p-8f,
      -1 - 0x1p-8f,
      1 + 0x1.01p-8f,
      Float.MAX_VALUE,
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.intBitsToFloat(0x7F800001),
      3e-38f
    };
    for (int columns : new int[] {1, 16, 37}) {
      float[] ones = new float[columns];
      Arrays.fill(ones, 1);
      float[] x = new float[special.length * columns];
      float[] wanted = new float[special.length];
      for (int m = 0; m < special.length; m++) {
        x[m * columns + columns * m / special.length] = special[m];
        wanted[m] = rounded(special[m]);
      }
      for (CpuDevice device : devices) {
        CpuBuffer out = CpuBuffer.of(special.length, 1);
        CpuBuffer operands = new CpuBuffer(x, special.length, columns);
        Weights weights = weights(device, 1, columns, ones);
        Ops.linear(device, lanes(device, special.length), operands, weights, out);
        assertThat(out.data()).as(device.name()).isEqualTo(wanted);
      }
    }
  }

  @Test
  void aLaneIsTheSameToTheBitAloneAndAmongOthers() {
    float[] w = values(300 * 64);
    float[] x = values(120 * 64);
    Weights weights = weights(ours, 300, 64, w);
    CpuBuffer together = new CpuBuffer(new float[120 * 300], 120, 300);
    Ops.linear(ours, lanes(ours, 120), new CpuBuffer(x, 120, 64), weights, together);
    for (int m : new int[] {0, 11, 12, 95, 96, 107, 119}) {
      CpuBuffer one = new CpuBuffer(Arrays.copyOfRange(x, m * 64, (m + 1) * 64), 1, 64);
      CpuBuffer alone = new CpuBuffer(new float[300], 1, 300);
      Ops.linear(ours, lanes(ours, 1), one, weights, alone);
      assertThat(alone.data())
          .isEqualTo(Arrays.copyOfRange(together.data(), m * 300, (m + 1) * 300));
    }
  }

  @Test
  void weightsOfCodesAreMultipliedWithRoundedOperandsToo() {
    Weights weights = ours.randomWeights(1, 40, 256, 1, Format.Encoding.INT8.usual());
    float[] x = values(256);
    float[] rounded = rounded(x);
    CpuBuffer out = new CpuBuffer(new float[40], 1, 40);
    CpuBuffer same = new CpuBuffer(new float[40], 1, 40);
    Ops.linear(ours, lanes(ours, 1), new CpuBuffer(x, 1, 256), weights, out);
    Ops.linear(ours, lanes(ours, 1), new CpuBuffer(rounded, 1, 256), weights, same);
    assertThat(out.data()).isEqualTo(same.data());
    assertThat(x).isNotEqualTo(rounded);
  }

  private static Lanes lanes(CpuDevice device, int n) {
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 0, m, 0, 0);
    }
    return lanes;
  }

  private static Weights weights(CpuDevice device, int rows, int columns, float[] values) {
    MemorySegment data = Arena.ofAuto().allocate(values.length * 4L, 4);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
    return device.weights(DType.F32, rows, columns, data);
  }

  private static MemorySegment halves(float[] values) {
    MemorySegment data = Arena.ofAuto().allocate(values.length * 2L, 2);
    for (int i = 0; i < values.length; i++) {
      data.setAtIndex(ValueLayout.JAVA_SHORT, i, DType.bf16(values[i]));
    }
    return data;
  }

  private float[] values(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Each row of x with each row of w, {@code [n, rows]}, by fused multiply-adds in order. */
  private static float[] chains(float[] w, float[] x, int rows, int columns) {
    float[] products = new float[x.length / columns * rows];
    for (int i = 0; i < products.length; i++) {
      for (int c = 0; c < columns; c++) {
        products[i] = Math.fma(w[i % rows * columns + c], x[i / rows * columns + c], products[i]);
      }
    }
    return products;
  }

  private static float[] rounded(float[] values) {
    float[] rounded = values.clone();
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = rounded(rounded[i]);
    }
    return rounded;
  }

  private static float rounded(float value) {
    return Float.intBitsToFloat(DType.bf16(value) << 16);
  }
}

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
import muninn.kernels.CodedRows;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Stored;
import muninn.kernels.WeightFormats;
import muninn.kernels.Weights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Products of coded weights against a twin in plain loops, to the bit: a group's numbers times
 * operands in one chain of fused multiply-adds, and the groups' sums times their scales in another.
 * By plain loops, by vectors, and by all instructions that the library has and this CPU too. Rows
 * fill no panel, columns no group, lanes no tile.
 */
class CodedProductsTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("muninn.native", "../../native/target"));
  private static final int[] LANES = {0, 1, 2, 3, 4, 5, 7, 16, 33};
  private static final int[][] SHAPES = {
    {1, 8}, {33, 40}, {96, 17}, {262, 96}, {40, 299}, {96, 256}
  };

  static final List<Coded> FORMATS =
      List.of(
          WeightFormats.INT8,
          WeightFormats.INT4,
          new Coded(Encoding.INT4, 64),
          WeightFormats.FP8,
          new Coded(Encoding.INT8, Coded.ROW),
          new Coded(Encoding.INT4, Coded.ROW),
          new Coded(Encoding.FP8, 32));

  private final Arena arena = Arena.ofShared();
  private final Random random = new Random(5);

  @AfterEach
  void close() {
    arena.close();
  }

  static Stream<Arguments> products() {
    return FORMATS.stream()
        .flatMap(
            format -> Stream.of(SHAPES).map(shape -> Arguments.of(format, shape[0], shape[1])));
  }

  @ParameterizedTest
  @MethodSource("products")
  void aProductIsTheSumOfItsGroupsSumsTimesTheirScales(Coded format, int rows, int columns) {
    Stored stored = stored(rows, columns);
    CodedRows coded = coded(stored, format);
    for (ColdStart cold : List.of(ColdStart.none(), ColdStart.lasting())) {
      try (CpuDevice device = new CpuDevice(3, cold)) {
        assertProducts(device, stored, coded, LANES);
      }
    }
    for (CpuLibrary library : libraries()) {
      try (CpuDevice device = compiled(library)) {
        assertThat(device.name()).contains(library.instructions().toString());
        assertProducts(device, stored, coded, LANES);
      }
    }
  }

  @Test
  void manyLanesPassALibraryBlockByBlock() {
    for (Coded format : List.of(WeightFormats.INT4, WeightFormats.FP8)) {
      Stored stored = stored(33, 8192); // of which 24 lanes are a block
      for (CpuLibrary library : libraries()) {
        try (CpuDevice device = compiled(library)) {
          assertProducts(device, stored, coded(stored, format), 101);
        }
      }
    }
  }

  @Test
  void anAdaptersProductIsThatOfItsTwoOperandsSideBySide() {
    List<CpuDevice> devices = new ArrayList<>(List.of(new CpuDevice(3)));
    libraries().forEach(library -> devices.add(compiled(library)));
    for (CpuDevice device : devices) {
      try (device) {
        for (Coded format : FORMATS) {
          assertAdapter(device, device.weights(stored(40, 96), format), 1, 5, 33);
        }
      }
    }
  }

  private void assertAdapter(CpuDevice device, Weights weights, int... lanes) {
    int d = weights.columns() / 2;
    for (int n : lanes) {
      CpuBuffer s = operand(n, d);
      CpuBuffer e = operand(n, d);
      CpuBuffer both = CpuBuffer.of(n, 2 * d);
      for (int m = 0; m < n; m++) {
        System.arraycopy(s.data(), s.row(m), both.data(), both.row(m), d);
        System.arraycopy(e.data(), e.row(m), both.data(), both.row(m) + d, d);
      }
      CpuBuffer out = CpuBuffer.of(n, weights.rows());
      CpuBuffer wanted = CpuBuffer.of(n, weights.rows());
      Ops.adapter(device, lanes(device, n), s, e, weights, out);
      Ops.linear(device, lanes(device, n), both, weights, wanted);
      assertThat(out.data())
          .as("%s, %s, %d lanes", device.name(), weights.format().label(), n)
          .isEqualTo(wanted.data());
    }
  }

  private void assertProducts(CpuDevice device, Stored stored, CodedRows coded, int... lanes) {
    Weights weights = device.weights(stored, coded.format());
    assertThat(weights.format()).isEqualTo(coded.format());
    boolean rounds = device.kvFormat().equals(Format.BF16);
    for (int n : lanes) {
      CpuBuffer x = operand(n, stored.columns());
      CpuBuffer out = CpuBuffer.of(Math.max(1, n), stored.rows());
      Ops.linear(device, lanes(device, n), x, weights, out);
      float[] operands = rounds ? rounded(x.data()) : x.data();
      for (int m = 0; m < n; m++) {
        for (int r = 0; r < stored.rows(); r++) {
          assertThat(out.data()[out.row(m) + r])
              .as("%s, row %d, lane %d of %d", device.name(), r, m, n)
              .isEqualTo(product(coded, r, operands, x.row(m)));
        }
      }
      assertAdded(device, weights, x, n, out);
    }
  }

  /** A residual is added to whole products. */
  private void assertAdded(CpuDevice device, Weights weights, CpuBuffer x, int n, CpuBuffer whole) {
    CpuBuffer residual = operand(whole.rows(), weights.rows());
    CpuBuffer out = CpuBuffer.of(whole.rows(), weights.rows());
    Ops.linearAdd(device, lanes(device, n), x, weights, residual, out);
    for (int i = 0; i < n * weights.rows(); i++) {
      assertThat(out.data()[i])
          .as("%s, element %d", device.name(), i)
          .isEqualTo(whole.data()[i] + residual.data()[i]);
    }
  }

  private static List<CpuLibrary> libraries() {
    return Stream.of(CpuLibrary.Instructions.values())
        .flatMap(some -> CpuLibrary.open(FOLDER, some).stream())
        .toList();
  }

  private static CpuDevice compiled(CpuLibrary library) {
    DType operands = library.instructions().takesWords() ? DType.BF16 : DType.F32;
    CpuOptions options = new CpuOptions(3, operands, Optional.empty(), Optional.empty());
    return new CpuDevice(options, ColdStart.none(), Optional.of(library));
  }

  private static float[] rounded(float[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = Float.intBitsToFloat(DType.bf16(values[i]) << 16);
    }
    return rounded;
  }

  private static float product(CodedRows w, int row, float[] x, int at) {
    int group = w.format().group(w.columns());
    float sum = 0;
    for (int g = 0; g < w.format().groups(w.columns()); g++) {
      float part = 0;
      for (int i = g * group; i < Math.min(w.columns(), (g + 1) * group); i++) {
        part = Math.fma(w.number(row, i), x[at + i], part);
      }
      sum = Math.fma(part, w.scale(row, g), sum);
    }
    return sum;
  }

  @ParameterizedTest
  @MethodSource("products")
  void anElementIsItsCodeTimesItsScale(Coded format, int rows, int columns) {
    Stored stored = stored(rows, columns);
    CodedRows coded = coded(stored, format);
    try (CpuDevice device = new CpuDevice(2)) {
      CpuWeights weights = CpuWeights.of(device.weights(stored, format));
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          assertThat(weights.at(r, c)).isEqualTo(coded.value(r, c));
        }
      }
    }
  }

  @Test
  void whatIsCodedAlreadyIsKeptAsItIs() {
    Stored stored = stored(50, 96);
    for (Coded format : FORMATS) {
      CodedRows coded = coded(stored, format);
      Stored again =
          new Stored(
              50,
              96,
              List.of(
                  new Stored.Piece(
                      format,
                      (from, to) -> MemorySegment.copy(coded.data(), from, to, 0, to.byteSize()),
                      0,
                      50,
                      0)));
      try (CpuDevice device = new CpuDevice(1)) {
        CpuWeights kept = CpuWeights.of(device.weights(again));
        assertThat(kept.format()).isEqualTo(format);
        CpuWeights widened = CpuWeights.of(device.weights(again, Format.F32));
        for (int i = 0; i < 50 * 96; i++) {
          assertThat(kept.at(i / 96, i % 96)).isEqualTo(coded.value(i / 96, i % 96));
          assertThat(widened.at(i / 96, i % 96)).isEqualTo(coded.value(i / 96, i % 96));
        }
      }
    }
  }

  @Test
  void aLaneIsTheSameToTheBitAloneAndAmongOthersOnAnyNumberOfThreads() {
    Stored stored = stored(1000, 96);
    CpuBuffer x = operand(64, 96);
    for (Coded format : FORMATS) {
      CpuBuffer together = CpuBuffer.of(64, 1000);
      try (CpuDevice device = new CpuDevice(3);
          CpuDevice single = new CpuDevice(1)) {
        Ops.linear(device, lanes(device, 64), x, device.weights(stored, format), together);
        Weights same = single.weights(stored, format);
        for (int m = 0; m < 64; m++) {
          float[] own = Arrays.copyOfRange(x.data(), x.row(m), x.row(m + 1));
          CpuBuffer alone = CpuBuffer.of(1, 1000);
          Ops.linear(single, lanes(single, 1), new CpuBuffer(own, 1, 96), same, alone);
          assertThat(alone.data())
              .isEqualTo(Arrays.copyOfRange(together.data(), together.row(m), together.row(m + 1)));
        }
      }
    }
  }

  private static CodedRows coded(Stored stored, Coded format) {
    MemorySegment rows = Arena.ofAuto().allocate(format.bytes(stored.rows(), stored.columns()), 16);
    stored.towards(format).pieces().getFirst().read(0, stored.columns(), rows);
    return new CodedRows(format, stored.columns(), rows);
  }

  private static Lanes lanes(CpuDevice device, int n) {
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 0, m, 0, 0);
    }
    return lanes;
  }

  private Stored stored(int rows, int columns) {
    MemorySegment data = arena.allocate((long) rows * columns * Float.BYTES, 4);
    for (int i = 0; i < rows * columns; i++) {
      data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian() * 0.02f);
    }
    return Stored.of(DType.F32, rows, columns, data);
  }

  private CpuBuffer operand(int n, int columns) {
    CpuBuffer x = CpuBuffer.of(Math.max(1, n), columns);
    IntStream.range(0, x.data().length).forEach(i -> x.data()[i] = (float) random.nextGaussian());
    return x;
  }
}

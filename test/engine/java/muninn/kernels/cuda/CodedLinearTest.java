package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.cuda.CublasLtStub;
import muninn.kernels.Buffer;
import muninn.kernels.CodedRows;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Ops;
import muninn.kernels.Routine;
import muninn.kernels.Sequences;
import muninn.kernels.Stored;
import muninn.kernels.WeightFormats;
import muninn.kernels.Weights;
import muninn.kernels.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Products of codes, to the bit. In float32 they are those of the CPU for the same codes; in
 * bfloat16 those of plain weights that hold each code times its scale, rounded once.
 */
@Tag("gpu")
class CodedLinearTest {
  private static final int[] LANES = {0, 1, 7, 9, 20, 64, 65, 130};

  private static final int[][] SHAPES = {
    {40, 48}, // a part of one step, one row block and one group
    {136, 264}, // a last row block of one warp, a last step of 8 columns
    {24, 1328}, // one row block among many blocks
    {520, 304}, // shares that begin and end within row blocks
  };

  static final List<Coded> FORMATS =
      List.of(
          WeightFormats.INT8,
          WeightFormats.INT4,
          new Coded(Encoding.INT4, 64),
          WeightFormats.FP8,
          new Coded(Encoding.INT8, Coded.ROW),
          new Coded(Encoding.INT4, Coded.ROW));

  private final Arena arena = Arena.ofShared();
  private final Random random = new Random(11);
  private final CpuDevice cpu = new CpuDevice(2);

  @AfterEach
  void close() {
    cpu.close();
    arena.close();
  }

  static Stream<Arguments> products() {
    return FORMATS.stream()
        .flatMap(
            format ->
                Stream.of(DType.F32, DType.BF16)
                    .flatMap(
                        dtype ->
                            Stream.of(SHAPES)
                                .map(shape -> Arguments.of(format, dtype, shape[0], shape[1]))));
  }

  @ParameterizedTest
  @MethodSource("products")
  void aProductIsThatOfTheSameNumbers(Coded format, DType dtype, int rows, int columns) {
    Stored stored = stored(rows, columns);
    Stored odd = stored(rows - 1, columns); // a vocabulary may be odd
    try (CudaDevice device = TestDevice.open(dtype)) {
      Device twin = dtype == DType.F32 ? cpu : device;
      Weights w = device.weights(stored, format);
      Weights v = device.weights(odd, format);
      Weights wTwin = twin(twin, stored, format);
      Weights vTwin = twin(twin, odd, format);
      assertThat(w.format()).isEqualTo(format);
      for (int n : LANES) {
        float[] x = values(n * columns);
        float[] residual = values(n * rows);
        for (int op = 0; op < (columns % 16 == 0 ? 4 : 3); op++) {
          List<float[]> found = run(device, n, op, x, residual, w, v);
          List<float[]> wanted = run(twin, n, op, x, residual, wTwin, vTwin);
          assertThat(found).as("%d lanes, operation %d", n, op).containsExactlyElementsOf(wanted);
        }
      }
    }
  }

  /** The library is given the numbers that our own kernels make of codes, and no others. */
  @Test
  void manyLanesAreMultipliedByAMatrixLibraryOnceCodesAreDecoded(@TempDir Path folder) {
    CublasLtStub stub = new CublasLtStub(folder, "libcublasLt.so.12");
    for (Coded format : FORMATS) {
      try (CudaDevice device = TestDevice.open(new CublasLtProvider(folder))) {
        assertManyLanes(device, format, 40, 48, 193);
        if (format.equals(WeightFormats.INT4)) {
          assertManyLanes(device, format, 136, 264, 200);
        }
      }
    }
    assertThat(stub.living()).isZero();
  }

  private void assertManyLanes(CudaDevice device, Coded format, int rows, int columns, int n) {
    Stored stored = stored(rows, columns);
    Stored odd = stored(rows - 1, columns);
    Weights w = device.weights(stored, format);
    Weights v = device.weights(odd, format);
    Weights wTwin = twin(device, stored, format);
    Weights vTwin = twin(device, odd, format);
    float[] x = values(n * columns);
    float[] residual = values(n * rows);
    for (int op = 0; op < (columns % 16 == 0 ? 4 : 3); op++) {
      assertThat(run(device, n, op, x, residual, w, v))
          .as("%s, %d lanes, operation %d", format, n, op)
          .containsExactlyElementsOf(run(device, n, op, x, residual, wTwin, vTwin));
    }
  }

  @Test
  void aRecordedProductOfCodesDecodesThemEachTime(@TempDir Path folder) {
    new CublasLtStub(folder, "libcublasLt.so.12");
    try (CudaDevice device = TestDevice.open(new CublasLtProvider(folder))) {
      Weights w = device.weights(stored(40, 48), WeightFormats.INT4);
      Weights v = device.weights(stored(40, 48), WeightFormats.INT8);
      int n = 200;
      Lanes lanes = lanes(device, n);
      Buffer x = operand(device, lanes, n, values(n * 48), 48);
      Buffer first = device.buffer(n, 40);
      Buffer second = device.buffer(n, 40);
      Ops.linear(device, lanes, x, w, first);
      Ops.linear(device, lanes, x, v, second);
      Buffer again = device.buffer(n, 40);
      Buffer other = device.buffer(n, 40);
      Routine recorded =
          Ops.prepare(
              device,
              Ops.product(x, w, new Op.Epilogue.Store(again)),
              Ops.product(x, v, new Op.Epilogue.Store(other)));
      for (int i = 0; i < 3; i++) {
        recorded.run(lanes);
        assertThat(device.read(again, n - 1)).isEqualTo(device.read(first, n - 1));
        assertThat(device.read(other, n - 1)).isEqualTo(device.read(second, n - 1));
      }
    }
  }

  /** Room for numbers is taken with the matrices, so that keys and values leave it. */
  @Test
  void whatCodesAreDecodedToIsTakenOnceForTheLargestOfThem(@TempDir Path folder) {
    new CublasLtStub(folder, "libcublasLt.so.12");
    int rows = 3000;
    int columns = 1024;
    long numbers = 2L * rows * columns;
    Stored stored = stored(rows, columns);
    try (CudaDevice device = TestDevice.open(new CublasLtProvider(folder))) {
      device.weights(stored(8, 64), WeightFormats.INT8);
      long before = device.grantedBytes();
      Weights w = device.weights(stored, WeightFormats.INT8);
      long taken = before - device.grantedBytes();
      assertThat(taken).isCloseTo(w.bytes() + numbers, within(numbers / 100));
      long after = device.grantedBytes();
      device.weights(stored, WeightFormats.INT8);
      assertThat(after - device.grantedBytes()).isLessThan(w.bytes() + numbers);
    }
  }

  /** Some operation of n lanes, and what comes of it. */
  private List<float[]> run(
      Device device, int n, int op, float[] x, float[] residual, Weights w, Weights v) {
    int most = Math.max(1, n);
    Lanes lanes = lanes(device, n);
    Buffer in = operand(device, lanes, n, x, w.columns());
    Buffer out =
        switch (op) {
          case 0 -> device.buffer(most, v.rows());
          case 2 -> device.operand(most, w.rows() / 2);
          default -> device.buffer(most, w.rows());
        };
    switch (op) {
      case 0 -> Ops.linear(device, lanes, in, v, out);
      case 1 -> Ops.linearAdd(device, lanes, in, w, table(device, n, residual, w.rows()), out);
      case 2 -> Ops.swiglu(device, lanes, in, w, out);
      default -> {
        Buffer s = operand(device, lanes, n, x, w.columns() / 2);
        Ops.adapter(device, lanes, s, s, w, out);
      }
    }
    return Stream.iterate(0, m -> m < n, m -> m + 1).map(m -> device.read(out, m)).toList();
  }

  @Test
  void anEmbeddingOfCodesIsThatOfTheCpuInEveryFormat() {
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      for (Coded format : FORMATS) {
        Stored stored = stored(37, 264);
        try (CudaDevice device = TestDevice.open(dtype)) {
          assertThat(embedded(device, device.weights(stored, format)))
              .containsExactlyElementsOf(embedded(cpu, cpu.weights(stored, format)));
        }
      }
    }
  }

  private static List<float[]> embedded(Device device, Weights table) {
    Lanes lanes = device.lanes(3);
    Sequences sequences = device.sequences(1, 16, 1);
    for (int m = 0; m < 3; m++) {
      lanes.add(m, 0, m, 0, 17 * m + 2);
    }
    Buffer out = device.buffer(3, table.columns());
    Ops.embed(device, lanes, table, 1.5f, device.sampled(1), sequences, out);
    return Stream.of(0, 1, 2).map(m -> device.read(out, m)).toList();
  }

  @Test
  void weightsThatNobodyHasAreTheSameOnEveryDeviceInEveryFormat() {
    try (CudaDevice device = TestDevice.open(DType.F32)) {
      for (Coded format : FORMATS) {
        Weights there = device.randomWeights(5, 33, 136, 0.02f, format);
        Weights here = cpu.randomWeights(5, 33, 136, 0.02f, format);
        float[] x = values(136);
        assertThat(run(device, 1, 0, x, x, there, there))
            .containsExactlyElementsOf(run(cpu, 1, 0, x, x, here, here));
      }
    }
  }

  @Test
  void columnsThatAreNoWholeEightsAreRefused() {
    try (CudaDevice device = TestDevice.open(DType.BF16)) {
      assertThatThrownBy(() -> device.weights(stored(8, 12), WeightFormats.INT8))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "the CUDA device cannot run a matrix of 12 columns: it wants a multiple of 8; run the"
                  + " model on the CPU (device=cpu)");
    }
  }

  /** The same codes, or where the device multiplies bfloat16 what they make. */
  private Weights twin(Device device, Stored stored, Coded format) {
    if (device == cpu) {
      return cpu.weights(stored, format);
    }
    int columns = stored.columns();
    MemorySegment rows = arena.allocate(format.bytes(stored.rows(), columns), 16);
    stored.towards(format).pieces().getFirst().read(0, columns, rows);
    CodedRows coded = new CodedRows(format, columns, rows);
    MemorySegment numbers = arena.allocate(4L * stored.rows() * columns, 4);
    for (int i = 0; i < stored.rows() * columns; i++) {
      numbers.setAtIndex(ValueLayout.JAVA_FLOAT, i, coded.value(i / columns, i % columns));
    }
    return device.weights(Stored.of(DType.F32, stored.rows(), columns, numbers), Format.BF16);
  }

  private Stored stored(int rows, int columns) {
    float[] values = values(rows * columns);
    MemorySegment data = arena.allocate(4L * values.length, 4);
    for (int i = 0; i < values.length; i++) {
      data.setAtIndex(ValueLayout.JAVA_FLOAT, i, 0.02f * values[i]);
    }
    return Stored.of(DType.F32, rows, columns, data);
  }

  private Buffer operand(Device device, Lanes lanes, int n, float[] x, int columns) {
    Buffer operand = device.operand(Math.max(1, n), columns);
    Ops.run(device, lanes, new Op.Move(table(device, n, x, columns), operand));
    return operand;
  }

  private Buffer table(Device device, int n, float[] values, int columns) {
    MemorySegment data = arena.allocate(4L * Math.max(1, n) * columns, 4);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, n * columns);
    return device.table(DType.F32, Math.max(1, n), columns, data);
  }

  private static Lanes lanes(Device device, int n) {
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 0, m, 0, 0);
    }
    return lanes;
  }

  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}

package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.cuda.CublasLtStub;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Ops;
import muninn.kernels.Routine;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;
import muninn.kernels.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Linear products against their twins on the CPU, on random input in odd sizes: rows that fill no
 * block, columns that fill no step of 32, matrices cut in one, two and many shares, and every
 * number of lanes for which there is another kernel.
 */
@Tag("gpu")
class LinearTest {
  private static final int[] LANES = {0, 1, 2, 7, 8, 9, 20, 33, 64, 65, 130};

  /** Rows of what outlives a tick; a prime number. */
  private static final int ROWS = 601;

  /** Rows and columns; the emulated device has 16 blocks, of at least 8 steps of 32 columns. */
  private static final int[][] SHAPES = {
    {40, 48}, // a part of one step and of one row block
    {24, 80},
    {136, 264}, // a last row block of one warp, a last step of 8 columns
    {24, 5280}, // one row block among 16 blocks
    {1160, 96}, // shares of many whole row blocks
    {520, 1000}, // shares that begin and end within row blocks
  };

  private final Arena arena = Arena.ofShared();
  private final Random random = new Random(11);
  private final CpuDevice cpu = new CpuDevice(2);
  private CudaDevice device;
  private DType dtype;
  private boolean library; // whose products are rounded before what comes after them

  private void open(DType dtype) {
    this.dtype = dtype;
    device = TestDevice.open(dtype);
  }

  /** With the kernels for many lanes of compute capability 9.0, whatever the lanes. */
  private void openWarpgroups() {
    dtype = DType.BF16;
    CudaOptions options =
        new CudaOptions(dtype, Optional.empty(), 0.9, false, "own", "linear=wgmma");
    device = TestDevice.open(options);
  }

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
    }
    cpu.close();
    arena.close();
  }

  static Stream<Arguments> products() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(dtype -> Stream.of(SHAPES).map(shape -> Arguments.of(dtype, shape[0], shape[1])));
  }

  @ParameterizedTest
  @MethodSource("products")
  void aProductIsThatOfTheCpu(DType dtype, int rows, int columns) {
    open(dtype);
    products(rows, columns, LANES);
  }

  private void products(int rows, int columns, int... lanes) {
    // A vocabulary may be odd.
    int odd = rows - 1;
    Matrix w = matrix(rows, columns);
    Matrix v = matrix(odd, columns);
    for (int n : lanes) {
      Operand x = operand(n, columns);
      float[] add = values(Math.max(1, n) * rows);
      Buffer sum = device.buffer(Math.max(1, n), rows);
      Buffer sumTwin = cpu.buffer(Math.max(1, n), rows);
      Ops.linearAdd(device, lanes(device, n), x.there, w.there, table(device, rows, add), sum);
      Ops.linearAdd(cpu, lanes(cpu, n), x.here, w.here, table(cpu, rows, add), sumTwin);
      assertSame(columns, sum, sumTwin);

      Buffer out = device.buffer(Math.max(1, n), odd);
      Buffer outTwin = cpu.buffer(Math.max(1, n), odd);
      Ops.linear(device, lanes(device, n), x.there, v.there, out);
      Ops.linear(cpu, lanes(cpu, n), x.here, v.here, outTwin);
      assertSame(columns, out, outTwin);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void moreLanesThanOneLaunchTakesAreAllServed(DType dtype) {
    open(dtype);
    products(40, 48, 330);
    adapters(8, 330);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aResidualMayBeItsOwnResult(DType dtype) {
    open(dtype);
    Matrix w = matrix(40, 48);
    Operand x = operand(3, 48);
    float[] add = values(3 * 40);
    Buffer sum = table(device, 40, add);
    Buffer sumTwin = table(cpu, 40, add);
    Ops.linearAdd(device, lanes(device, 3), x.there, w.there, sum, sum);
    Ops.linearAdd(cpu, lanes(cpu, 3), x.here, w.here, sumTwin, sumTwin);
    assertSame(48, sum, sumTwin);
  }

  static Stream<Arguments> gates() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(new int[] {1, 8}, new int[] {37, 48}, new int[] {131, 328})
                    .map(shape -> Arguments.of(dtype, shape[0], shape[1])));
  }

  @ParameterizedTest
  @MethodSource("gates")
  void aGatedProductIsThatOfTheCpu(DType dtype, int ffn, int columns) {
    open(dtype);
    gates(ffn, columns, LANES);
  }

  private void gates(int ffn, int columns, int... lanes) {
    Matrix w = matrix(2 * ffn, columns);
    for (int n : lanes) {
      Operand x = operand(n, columns);
      Buffer out = device.operand(Math.max(1, n), ffn);
      Buffer twin = cpu.operand(Math.max(1, n), ffn);
      Ops.swiglu(device, lanes(device, n), x.there, w.there, out);
      Ops.swiglu(cpu, lanes(cpu, n), x.here, w.here, twin);
      assertSame(columns, out, twin);
    }
  }

  static Stream<Arguments> widths() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype -> IntStream.of(8, 24, 104, 264).mapToObj(width -> Arguments.of(dtype, width)));
  }

  @ParameterizedTest
  @MethodSource("widths")
  void theAdapterReadsStateAndInputEmbeddingOfTheLanesRow(DType dtype, int d) {
    open(dtype);
    adapters(d, LANES);
  }

  private void adapters(int d, int... lanes) {
    Matrix w = matrix(d, 2 * d);
    Operand s = operand(ROWS, d);
    Operand e = operand(ROWS, d);
    for (int n : lanes) {
      Buffer x = device.buffer(Math.max(1, n), d);
      Buffer twin = cpu.buffer(Math.max(1, n), d);
      Ops.adapter(device, lanes(device, n), s.there, e.there, w.there, x);
      Ops.adapter(cpu, lanes(cpu, n), s.here, e.here, w.here, twin);
      assertSame(2 * d, x, twin);
    }
  }

  static Stream<Arguments> heads() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(new int[] {1, 16}, new int[] {3, 24}, new int[] {2, 128})
                    .map(shape -> Arguments.of(dtype, shape[0], shape[1])));
  }

  @ParameterizedTest
  @MethodSource("heads")
  void queriesAreRotatedAndKeysAndValuesAppendedToTheLanesPage(
      DType dtype, int heads, int headWidth) {
    open(dtype);
    heads(heads, headWidth, 1, 7, 33, 66);
  }

  /** Lanes are positions of one sequence, every other one in KV group 2, else 0. */
  private void heads(int heads, int headWidth, int... lanesOf) {
    int width = heads * headWidth;
    int columns = 72;
    int positions = Arrays.stream(lanesOf).max().orElseThrow();
    Matrix w = matrix(3 * width, columns);
    float[] bias = values(2 * width);
    float[] rope = values(positions * headWidth);
    KvSlot slot = new KvSlot(1, 2);
    int chunks = KvCache.chunks(positions);
    CudaKvCache cache = (CudaKvCache) device.kvCache(2 * chunks, heads, headWidth);
    Sequences sequences = device.sequences(2, positions, 6);
    sequences.open(1, new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1));
    // Slot 1 is group 0, slot 5 group 2; their pages from the last on, in turns.
    int[][] pages = new int[2][chunks];
    for (int chunk = 0; chunk < chunks; chunk++) {
      pages[0][chunk] = 2 * (chunks - chunk) - 1;
      pages[1][chunk] = 2 * (chunks - chunk) - 2;
      sequences.map(1, 1, chunk, pages[0][chunk]);
      sequences.map(1, 5, chunk, pages[1][chunk]);
    }
    Weights embedding = matrix(1, 8).there;
    for (int n : lanesOf) {
      // Opening a position forgets how deep it has been.
      Ops.embed(
          device,
          along(n),
          embedding,
          1,
          device.sampled(1),
          sequences,
          device.buffer(positions, 8));
      Operand x = operand(n, columns);
      Lanes lanes = device.lanes(n);
      Lanes plain = cpu.lanes(n);
      for (int m = 0; m < n; m++) {
        lanes.add(m, 1, n - 1 - m, m % 2 * 2, 0);
        plain.add(m, 0, m, 0, 0);
      }
      Buffer q = device.operand(n, width);
      Buffer products = cpu.buffer(n, 3 * width);
      Ops.queryKeyValue(
          device,
          lanes,
          x.there,
          w.there,
          table(device, width, bias),
          table(device, headWidth, rope),
          sequences,
          cache,
          slot,
          q);
      Ops.linear(cpu, plain, x.here, w.here, products);
      for (int m = 0; m < n; m++) {
        int position = n - 1 - m;
        int page = pages[m % 2][position / KvCache.PAGE];
        float[] product = cpu.read(products, m);
        float[] query = device.read(q, m);
        for (int head = 0; head < heads; head++) {
          float[] kept = device.read(head(cache), page * heads + head);
          for (int i = 0; i < headWidth; i++) {
            int at = head * headWidth + i;
            float key = rotated(product, bias, rope, 1, at, position, headWidth, width);
            assertClose(query[at], rotated(product, bias, rope, 0, at, position, headWidth, width));
            int place = KvPlaces.element(position % KvCache.PAGE, i, dtype.bytes());
            assertClose(kept[place], key);
            assertClose(kept[kept.length / 2 + place], product[2 * width + at]);
          }
        }
      }
    }
  }

  @Test
  void aPositionIsAsDeepAsTheDeepestGroupThatWasAppended() {
    open(DType.F32);
    CudaSequences sequences = (CudaSequences) device.sequences(2, 20, 5);
    KvCache cache = device.kvCache(8, 1, 16);
    sequences.open(1, new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1));
    for (int slot = 0; slot < 5; slot++) {
      sequences.map(1, slot, 0, slot);
    }
    Ops.embed(
        device, along(3), matrix(1, 8).there, 1, device.sampled(1), sequences, device.buffer(3, 8));
    Matrix w = matrix(48, 8);
    for (int[] step : new int[][] {{0, 1}, {1, 1}, {3, 1}, {2, 1}, {4, 0}}) {
      // A lane at position 1 appends to a group, or to the one slot of prelude and coda.
      Lanes lanes = device.lanes(1);
      lanes.add(0, 1, 1, step[0], 0);
      Ops.queryKeyValue(
          device,
          lanes,
          operand(1, 8).there,
          w.there,
          table(device, 16, values(32)),
          table(device, 16, values(32)),
          sequences,
          cache,
          new KvSlot(0, step[1]),
          device.operand(1, 16));
    }
    CudaBuffer reached = new CudaBuffer(sequences.reached(), DType.F32, 2, 20);
    float[] ofSequence = device.read(new CudaBuffer(reached.memory(), DType.F32, 40, 1), 21);
    assertThat(Float.floatToRawIntBits(ofSequence[0])).isEqualTo(3);
    float[] neighbour = device.read(new CudaBuffer(reached.memory(), DType.F32, 40, 1), 22);
    assertThat(Float.floatToRawIntBits(neighbour[0])).isEqualTo(-1);
  }

  /** The first n positions of sequence 1, each its own row. */
  private Lanes along(int n) {
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 1, m, 0, 0);
    }
    return lanes;
  }

  /** Rows of a page's keys and values of one head. */
  private CudaBuffer head(CudaKvCache cache) {
    long bytes = CudaKvCache.pageBytes(cache.format(), 1, cache.headWidth());
    int rows = (int) (cache.memory().bytes() / bytes);
    return new CudaBuffer(cache.memory(), dtype, rows, (int) bytes / dtype.bytes());
  }

  /** Element {@code at} of a query (part 0) or key (part 1) from its definition. */
  private static float rotated(
      float[] product,
      float[] bias,
      float[] rope,
      int part,
      int at,
      int position,
      int headWidth,
      int width) {
    int even = part * width + at / 2 * 2;
    float first = product[even] + bias[even];
    float second = product[even + 1] + bias[even + 1];
    int angle = position * headWidth + at % headWidth / 2 * 2;
    return at % 2 == 0
        ? first * rope[angle] - second * rope[angle + 1]
        : second * rope[angle] + first * rope[angle + 1];
  }

  @Test
  void manyLanesAreMultipliedByAMatrixLibraryToTheSameEffect(@TempDir Path folder) {
    CublasLtStub stub = new CublasLtStub(folder, "libcublasLt.so.12");
    dtype = DType.BF16;
    device = TestDevice.open(new CublasLtProvider(folder));
    library = true;
    int[] lanes = {3, 65, 130, 530};
    products(40, 80, lanes);
    gates(37, 48, lanes);
    adapters(24, lanes);
    heads(3, 24, lanes);
    // A residual that is not the result, in a stage that is recorded.
    Matrix w = matrix(40, 48);
    Operand x = operand(100, 48);
    Buffer residual = table(device, 40, values(100 * 40));
    Buffer out = device.buffer(100, 40);
    Buffer again = device.buffer(100, 40);
    Lanes table = lanes(device, 100);
    Ops.linearAdd(device, table, x.there, w.there, residual, out);
    Op add = Ops.product(x.there, w.there, new Op.Epilogue.Add(residual, again));
    Routine recorded = Ops.prepare(device, add, add);
    for (int i = 0; i < 3; i++) {
      recorded.run(table);
      assertThat(device.read(again, 99)).isEqualTo(device.read(out, 99));
    }
    device.close();
    device = null;
    assertThat(stub.living()).isZero();
  }

  /** A tile has 256 lanes and 176 rows; the emulated device has 8 blocks, of at least 8 steps. */
  @ParameterizedTest
  @CsvSource({
    "40, 48", // a part of one step and of one tile
    "24, 5280", // one tile among 8 blocks
    "1160, 96", // whole tiles, the last of them of few rows
    "520, 1000" // shares that begin and end within tiles
  })
  void aWarpgroupsProductIsThatOfTheCpu(int rows, int columns) {
    openWarpgroups();
    products(rows, columns, 0, 1, 64, 65, 129, 193, 300);
  }

  @Test
  void whatComesAfterAWarpgroupsProductIsThatOfTheCpu() {
    openWarpgroups();
    gates(1, 8, 130);
    gates(37, 48, 0, 1, 130);
    gates(131, 328, 64, 300);
    adapters(8, 130);
    adapters(104, 0, 1, 140);
    heads(1, 16, 130);
    heads(3, 24, 1, 33, 66, 150);
    heads(2, 128, 64);
  }

  @Test
  void aRecordedWarpgroupsProductServesFewerLanesAndTheLastToComeDoesNotMatter() {
    openWarpgroups();
    recorded();
    whoComesLast();
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aLaneIsTheSameToTheBitAloneAndAmongAnyOthers(DType dtype) {
    open(dtype);
    int rows = 264;
    int columns = 1000;
    Matrix w = matrix(rows, columns);
    Operand x = operand(130, columns);
    Buffer zero = device.buffer(130, rows);
    Buffer alone = device.buffer(130, rows);
    Ops.linearAdd(device, lanes(device, 130), x.there, w.there, zero, alone);
    for (int n : new int[] {64, 33, 20, 9, 8, 2, 1}) {
      Buffer together = device.buffer(130, rows);
      Ops.linearAdd(device, lanes(device, n), x.there, w.there, zero, together);
      for (int m = 0; m < n; m++) {
        assertThat(device.read(together, m)).isEqualTo(device.read(alone, m));
      }
    }
    // And at another place among them.
    Operand swapped = x.withRow(device, 63, 0);
    Buffer elsewhere = device.buffer(130, rows);
    Ops.linearAdd(device, lanes(device, 64), swapped.there, w.there, zero, elsewhere);
    assertThat(device.read(elsewhere, 63)).isEqualTo(device.read(alone, 0));
  }

  /** Blocks of the emulated device end in another order every other launch. */
  @Test
  void whoComesLastDoesNotMatter() {
    open(DType.BF16);
    whoComesLast();
  }

  private void whoComesLast() {
    Matrix w = matrix(264, 1000);
    Operand x = operand(20, 1000);
    Buffer zero = device.buffer(20, 264);
    Buffer first = device.buffer(20, 264);
    Ops.linearAdd(device, lanes(device, 20), x.there, w.there, zero, first);
    for (int i = 0; i < 5; i++) {
      Buffer again = device.buffer(20, 264);
      Ops.linearAdd(device, lanes(device, 20), x.there, w.there, zero, again);
      assertThat(device.read(again, 19)).isEqualTo(device.read(first, 19));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aRecordedStageServesFewerLanesThanItWasRecordedFor(DType dtype) {
    open(dtype);
    recorded();
  }

  private void recorded() {
    Matrix w = matrix(40, 328);
    Matrix zeros = matrix(40, 328, new float[40 * 328]);
    Operand x = operand(8, 328);
    Lanes lanes = device.lanes(8);
    Buffer out = device.buffer(8, 40);
    Op product = Ops.product(x.there, w.there, new Op.Epilogue.Store(out));
    Routine recorded = Ops.prepare(device, product, product);
    for (int n : new int[] {8, 8, 8, 5, 7}) {
      lanes.clear();
      for (int m = 0; m < n; m++) {
        lanes.add(m, 0, m, 0, 0);
      }
      // What the recording for 8 lanes must leave alone.
      Buffer kept = table(device, 40, values(8 * 40));
      Ops.linearAdd(device, along(8), x.there, zeros.there, kept, out);
      recorded.run(lanes);
      Buffer twin = cpu.buffer(8, 40);
      Ops.linear(cpu, lanes(cpu, n), x.here, w.here, twin);
      for (int m = 0; m < 8; m++) {
        if (m < n) {
          assertRow(out, twin, m, 328);
        } else {
          assertThat(device.read(out, m)).isEqualTo(device.read(kept, m));
        }
      }
    }
  }

  // What a test is made of

  private record Matrix(Weights there, Weights here) {}

  private record Operand(float[] values, Buffer there, Buffer here) {
    /** The same with one row a copy of another. */
    Operand withRow(CudaDevice device, int row, int from) {
      float[] changed = values.clone();
      int columns = there.columns();
      System.arraycopy(values, from * columns, changed, row * columns, columns);
      return new Operand(
          changed, operandOf(device, ((CudaBuffer) there).dtype(), columns, changed), here);
    }
  }

  private Matrix matrix(int rows, int columns) {
    return matrix(rows, columns, values(rows * columns));
  }

  private Matrix matrix(int rows, int columns, float[] values) {
    return new Matrix(
        device.weights(dtype, rows, columns, segment(dtype, values)),
        cpu.weights(dtype, rows, columns, segment(dtype, values)));
  }

  private Operand operand(int rows, int columns) {
    float[] values = values(Math.max(1, rows) * columns);
    return new Operand(
        values, operandOf(device, dtype, columns, values), table(cpu, columns, values));
  }

  /** An operand that holds these values, which its type can hold. */
  private static Buffer operandOf(CudaDevice device, DType dtype, int columns, float[] values) {
    int rows = values.length / columns;
    CudaWeights memory =
        CudaWeights.of(device.weights(dtype, rows, columns, segment(dtype, values)));
    return new CudaBuffer(memory.memory(), dtype, rows, columns);
  }

  private static Buffer table(Device device, int columns, float[] values) {
    return device.table(DType.F32, values.length / columns, columns, segment(DType.F32, values));
  }

  /** Normal numbers that the device's type holds exactly. */
  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
      if (dtype == DType.BF16) {
        values[i] = Float.intBitsToFloat(Float.floatToIntBits(values[i]) & 0xFFFF0000);
      }
    }
    return values;
  }

  private static MemorySegment segment(DType dtype, float[] values) {
    MemorySegment segment = Arena.ofAuto().allocate((long) values.length * dtype.bytes(), 16);
    for (int i = 0; i < values.length; i++) {
      if (dtype == DType.F32) {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
      } else {
        int bits = Float.floatToIntBits(values[i]) >>> 16;
        segment.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) bits);
      }
    }
    return segment;
  }

  /** Lanes of one sequence whose rows are in no order. */
  private static Lanes lanes(Device device, int n) {
    Lanes lanes = device.lanes(Math.max(1, n));
    for (int m = 0; m < n; m++) {
      lanes.add(m * 37 % ROWS, 0, m, 0, 0);
    }
    return lanes;
  }

  /** All rows are the twin's; those beyond the lanes are zero in both. */
  private void assertSame(int columns, Buffer buffer, Buffer twin) {
    for (int m = 0; m < buffer.rows(); m++) {
      assertRow(buffer, twin, m, columns);
    }
  }

  /** The twin's row, to the bit in float32; columns is how many products a sum has. */
  private void assertRow(Buffer buffer, Buffer twin, int row, int columns) {
    float[] actual = device.read(buffer, row);
    float[] expected = cpu.read(twin, row);
    if (dtype == DType.F32) {
      assertThat(actual).isEqualTo(expected);
      return;
    }
    // Sums in another order; an operand is rounded to 8 bits.
    boolean rounded = ((CudaBuffer) buffer).dtype() == DType.BF16;
    for (int i = 0; i < actual.length; i++) {
      double rounding = rounded ? Math.abs(expected[i]) / (library ? 32 : 128) : 0;
      double bound = 1e-5 + 1e-6 * columns + rounding;
      assertThat((double) actual[i]).isCloseTo(expected[i], within(bound));
    }
  }

  private void assertClose(float actual, float expected) {
    if (dtype == DType.F32) {
      assertThat(actual).isEqualTo(expected);
    } else {
      // A rotation's two terms may cancel, their rounding not: that of numbers up to 32.
      float before = library ? 2 * 32f / 256 : 0;
      assertThat(actual).isCloseTo(expected, within(2e-4f + Math.abs(expected) / 128 + before));
    }
  }
}

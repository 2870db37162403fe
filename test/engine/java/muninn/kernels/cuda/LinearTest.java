package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.SequenceParameters;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Linear products against their twins on the CPU, on random input in odd sizes: rows that fill no
 * block, columns that fill no step of 32, matrices cut in one, two and many shares, and every
 * number of lanes for which there is another kernel.
 */
@Tag("gpu")
class LinearTest extends LinearChecks {
  private static final int[] LANES = {0, 1, 2, 7, 8, 9, 20, 33, 64, 65, 130};

  /** Rows and columns; the emulated device has 16 blocks, of at least 8 steps of 32 columns. */
  private static final int[][] SHAPES = {
    {40, 48}, // a part of one step and of one row block
    {24, 80},
    {136, 264}, // a last row block of one warp, a last step of 8 columns
    {24, 5280}, // one row block among 16 blocks
    {1160, 96}, // shares of many whole row blocks
    {520, 1000}, // shares that begin and end within row blocks
  };

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
    Ops.linearAdd(device, lanes(device, 3), x.there(), w.there(), sum, sum);
    Ops.linearAdd(cpu, lanes(cpu, 3), x.here(), w.here(), sumTwin, sumTwin);
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
        device,
        along(3),
        matrix(1, 8).there(),
        1,
        device.sampled(1),
        sequences,
        device.buffer(3, 8));
    Matrix w = matrix(48, 8);
    for (int[] step : new int[][] {{0, 1}, {1, 1}, {3, 1}, {2, 1}, {4, 0}}) {
      // A lane at position 1 appends to a group, or to the one slot of prelude and coda.
      Lanes lanes = device.lanes(1);
      lanes.add(0, 1, 1, step[0], 0);
      Ops.queryKeyValue(
          device,
          lanes,
          operand(1, 8).there(),
          w.there(),
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
}

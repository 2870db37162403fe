package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.cuda.Twins.Pair;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Norms of a CUDA device against the CPU's: to the bit in float32. */
@Tag("gpu")
class NormsTest {
  private static final float EPS = 1e-6f;

  // Rows of part of a warp, with every tail of the order of summation; of several warps; of several
  // vectors a thread; the widest.
  private static final int[] WIDTHS = {8, 16, 48, 88, 1024, 2056, 5280, 8200, 12288};

  static Stream<Arguments> shapes() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(dtype -> IntStream.of(WIDTHS).mapToObj(d -> Arguments.of(dtype, d)));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aNormIsTheCpus(DType dtype, int d) {
    try (Twins twins = new Twins(dtype)) {
      Pair<Lanes> lanes = twins.lanes(4, 0, 3);
      Pair<Buffer> x = twins.floats(5, d, twins.values(5 * d, 30));
      Pair<Buffer> weight = twins.floats(1, d);
      Pair<Buffer> operand = twins.on(device -> device.operand(5, d));
      Pair<Buffer> floats = twins.on(device -> device.buffer(5, d));
      twins.both(
          (device, on) -> {
            Ops.norm(device, on.of(lanes), on.of(x), on.of(weight), EPS, on.of(operand));
            Ops.norm(device, on.of(lanes), on.of(x), on.of(weight), EPS, on.of(floats));
          });
      twins.assertTwins(operand, 5); // rows without a lane stay zero
      twins.assertClose(floats, 5);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aGatheredNormReadsTheLanesRows(DType dtype, int d) {
    try (Twins twins = new Twins(dtype)) {
      Pair<Lanes> lanes = twins.lanes(4, 0, 3);
      Pair<Buffer> s = twins.operand(5, d);
      Pair<Buffer> weight = twins.floats(1, d);
      Pair<Buffer> operand = twins.on(device -> device.operand(5, d));
      Pair<Buffer> floats = twins.on(device -> device.buffer(5, d));
      twins.both(
          (device, on) -> {
            Ops.gatherNorm(device, on.of(lanes), on.of(s), on.of(weight), EPS, on.of(operand));
            Ops.gatherNorm(device, on.of(lanes), on.of(s), on.of(weight), EPS, on.of(floats));
          });
      twins.assertTwins(operand, 5);
      twins.assertClose(floats, 5);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void theJointOfTwoNormsIsTheCpus(DType dtype, int d) {
    try (Twins twins = new Twins(dtype)) {
      Pair<Lanes> lanes = twins.lanes(4, 0, 3);
      Pair<Buffer> y = twins.floats(5, d);
      Pair<Buffer> after = twins.floats(1, d);
      Pair<Buffer> before = twins.floats(1, d);
      Pair<Buffer> x = twins.on(device -> device.buffer(5, d));
      Pair<Buffer> out = twins.on(device -> device.operand(5, d));
      twins.both(
          (device, on) ->
              Ops.normNorm(
                  device,
                  on.of(lanes),
                  on.of(y),
                  on.of(after),
                  on.of(x),
                  on.of(before),
                  EPS,
                  on.of(out)));
      twins.assertClose(x, 5);
      twins.assertTwins(out, 5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aLaneIsTheSameToTheBitAloneAndAmongOthers(DType dtype) {
    int d = 2056;
    try (Twins twins = new Twins(dtype)) {
      Buffer s = twins.operand(33, d).cuda();
      Buffer weight = twins.floats(1, d).cuda();
      Buffer together = twins.cuda.buffer(33, d);
      Buffer alone = twins.cuda.buffer(1, d);
      int[] rows = IntStream.range(0, 33).map(i -> 32 - i).toArray();
      Ops.gatherNorm(twins.cuda, twins.lanes(rows).cuda(), s, weight, EPS, together);
      for (int m : new int[] {0, 7, 32}) {
        Ops.gatherNorm(twins.cuda, twins.lanes(rows[m]).cuda(), s, weight, EPS, alone);
        assertThat(twins.cuda.read(alone, 0)).isEqualTo(twins.cuda.read(together, m));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aRowThatIsTooWideIsRefused(DType dtype) {
    try (Twins twins = new Twins(dtype)) {
      int d = 12296;
      Pair<Buffer> x = twins.floats(1, d);
      Lanes lanes = twins.lanes(0).cuda();
      assertThatThrownBy(() -> Ops.norm(twins.cuda, lanes, x.cuda(), x.cuda(), EPS, x.cuda()))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("12296")
          .hasMessageContaining("device=cpu");
    }
  }
}

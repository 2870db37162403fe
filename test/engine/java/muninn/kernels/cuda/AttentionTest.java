package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.cuda.Appended.Asking;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Attention against the CPU's on the same keys and values: every shape of heads, every format of
 * keys, positions that stopped at any depth.
 */
@Tag("gpu")
class AttentionTest extends AttentionFixture {
  static Stream<Arguments> shapes() {
    return Stream.concat(plainShapes(), scaledShapes());
  }

  /** Keys and values as bytes. */
  private static Stream<Arguments> scaledShapes() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(KvCache.FP8, KvCache.INT8)
                    .flatMap(
                        kept ->
                            Stream.of(
                                Arguments.of(dtype, kept, 2, 1, 8, 20),
                                Arguments.of(dtype, kept, 1, 1, 96, 1),
                                Arguments.of(dtype, kept, 2, 1, 96, 300),
                                Arguments.of(dtype, kept, 1, 1, 64, 129),
                                Arguments.of(dtype, kept, 2, 1, 80, 16),
                                Arguments.of(dtype, kept, 1, 4, 80, 131),
                                Arguments.of(dtype, kept, 2, 6, 128, 33),
                                Arguments.of(dtype, kept, 1, 1, 40, 32),
                                Arguments.of(dtype, kept, 1, 1, 256, 150))));
  }

  private static Stream<Arguments> plainShapes() {
    return plainShapesOfTypes()
        .map(
            shape -> {
              Object[] all = shape.get();
              Format kept = new Format.Plain((DType) all[0]);
              return Arguments.of(all[0], kept, all[1], all[2], all[3], all[4]);
            });
  }

  private static Stream<Arguments> plainShapesOfTypes() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(
                    Arguments.of(dtype, 2, 1, 8, 20),
                    Arguments.of(dtype, 2, 1, 16, 33),
                    Arguments.of(dtype, 3, 1, 24, 128),
                    Arguments.of(dtype, 1, 1, 32, 50),
                    Arguments.of(dtype, 2, 1, 40, 17),
                    Arguments.of(dtype, 1, 1, 64, 129),
                    Arguments.of(dtype, 2, 1, 80, 40),
                    Arguments.of(dtype, 2, 1, 96, 300),
                    Arguments.of(dtype, 1, 1, 120, 20),
                    Arguments.of(dtype, 1, 1, 128, 261),
                    Arguments.of(dtype, 2, 3, 8, 40),
                    Arguments.of(dtype, 2, 2, 16, 150),
                    Arguments.of(dtype, 1, 6, 64, 130),
                    Arguments.of(dtype, 2, 8, 24, 33),
                    Arguments.of(dtype, 1, 4, 80, 131),
                    Arguments.of(dtype, 1, 3, 96, 20),
                    Arguments.of(dtype, 2, 6, 128, 140),
                    Arguments.of(dtype, 1, 1, 136, 18),
                    Arguments.of(dtype, 2, 1, 160, 129),
                    Arguments.of(dtype, 1, 1, 256, 150),
                    Arguments.of(dtype, 1, 4, 256, 40)));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aLaneAttendsAsOnTheCpu(
      DType dtype, Format kept, int heads, int sharing, int width, int positions) {
    Appended appended = appended(dtype, heads, sharing, width, positions, p -> 0, 1);
    List<Asking> lanes = new ArrayList<>();
    // a run of lanes, as prefill has them, and lanes by themselves
    for (int p = Math.max(0, positions - 13); p < positions; p++) {
      lanes.add(asking(dtype, appended, p, 0));
    }
    for (int p : new int[] {0, 15, 16, positions / 2}) {
      lanes.add(asking(dtype, appended, Math.min(p, positions - 1), 0));
    }
    assertAsOnTheCpu(dtype, kept, appended, lanes);
  }

  /** With heads whose whole pages one copy fetches, and others. */
  static Stream<Arguments> formatsAndWidths() {
    return formats()
        .flatMap(
            format -> {
              Object[] all = format.get();
              return Stream.of(24, 32).map(width -> Arguments.of(all[0], all[1], width));
            });
  }

  @ParameterizedTest
  @MethodSource("formatsAndWidths")
  void aLaneReadsTheDeepestSlotOfPositionsThatStoppedSooner(DType dtype, Format kept, int width) {
    int groups = 4;
    // pages that agree at depth 2, pages of two depths, pages of any depth
    IntUnaryOperator deepest =
        p -> p < 32 ? 2 : p < 64 ? p / 8 % 2 + 2 : p < 100 ? 3 : random.nextInt(groups);
    Appended appended = appended(dtype, 2, 2, width, 150, deepest, groups);
    List<Asking> lanes = new ArrayList<>();
    for (int p : new int[] {31, 50, 70, 99, 110, 128, 149}) {
      for (int group = 0; group <= appended.deepest()[p]; group++) {
        lanes.add(asking(dtype, appended, p, group));
      }
    }
    assertAsOnTheCpu(dtype, kept, appended, lanes);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aTableMayHoldFewerLanesThanTheLaunchIsFor(DType dtype) {
    // 5 lanes of 8, 2 tiles of 2, 3 splits of 4
    Appended appended = appended(dtype, 1, 1, 16, 270, p -> 0, 1);
    List<Asking> lanes = new ArrayList<>();
    for (int p : new int[] {265, 266, 267, 268, 100}) {
      lanes.add(asking(dtype, appended, p, 0));
    }
    assertAsOnTheCpu(dtype, new Format.Plain(dtype), appended, lanes);
  }

  /** To the bit where the context is one split of float32; then bfloat16 rounds to 8 bits. */
  private void assertAsOnTheCpu(DType dtype, Format kept, Appended appended, List<Asking> lanes) {
    Format here = kept instanceof Format.Scaled ? kept : Format.F32; // numbers that both types hold
    float[][] wanted = CpuAttention.attend(here, appended.repeated(), lanes);
    assertThat(CpuAttention.attend(here, appended, lanes)).isDeepEqualTo(wanted);
    float[][] found = onTheDevice(dtype, kept, appended, lanes, true);
    for (int m = 0; m < wanted.length; m++) {
      if (dtype == DType.F32 && lanes.get(m).position() < 128) {
        assertThat(found[m]).as("lane %d", m).isEqualTo(wanted[m]);
        continue;
      }
      double tolerance = dtype == DType.F32 ? 2e-6 : 6e-3;
      for (int i = 0; i < wanted[m].length; i++) {
        assertThat((double) found[m][i])
            .as("lane %d, element %d", m, i)
            .isCloseTo(wanted[m][i], within(tolerance * (1 + Math.abs(wanted[m][i]))));
      }
    }
  }
}

package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.cuda.Appended.Asking;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A lane's attention is its own: the same to the bit alone and among others, however a launch cuts
 * contexts and heads among its blocks, and wherever its pages lie.
 */
@Tag("gpu")
class AttentionInvarianceTest extends AttentionFixture {
  @ParameterizedTest
  @MethodSource("formats")
  void aLaneIsTheSameToTheBitAloneAndAmongOthersAndWhereverItsPagesLie(DType dtype, Format kept) {
    int positions = 140;
    Appended appended =
        appended(dtype, 3, 2, 32, positions, p -> p < 90 ? 1 : random.nextInt(2), 2);
    // so many that a block takes several splits; alone, each split has its own
    List<Asking> lanes = new ArrayList<>();
    for (int p = 60; p < positions; p++) {
      lanes.add(asking(dtype, appended, p, 0));
    }
    lanes.add(asking(dtype, appended, positions - 1, appended.deepest()[positions - 1]));
    float[][] together = onTheDevice(dtype, kept, appended, lanes, true);
    float[][] few = onTheDevice(dtype, kept, appended, lanes.subList(61, 71), false);
    assertThat(few).isDeepEqualTo(Arrays.copyOfRange(together, 61, 71));
    for (int m : new int[] {0, 5, 66, 67, 68, 79, 80}) {
      float[][] alone = onTheDevice(dtype, kept, appended, lanes.subList(m, m + 1), true);
      assertThat(alone[0]).isEqualTo(together[m]);
    }
  }

  /**
   * The emulated device has 8 multiprocessors: 128 blocks are many, and of 64 runs in 7 heads a
   * block takes three heads one after another, the last one of a tile one.
   */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aLongContextAmongManyShortOnesIsCutIntoRunsThatAreMergedAsItsSplitsAre(DType dtype) {
    int positions = 1100; // 9 splits: two runs of 4 and one of 1
    Appended appended = appended(dtype, 7, 1, 32, positions, p -> 0, 1);
    List<Asking> lanes = new ArrayList<>();
    for (int m = 0; m < 46; m++) {
      lanes.add(asking(dtype, appended, m == 20 ? positions - 1 : 5 * m, 0));
    }
    for (int p = 700; p < 705; p++) { // a tile of several lanes and two runs
      lanes.add(asking(dtype, appended, p, 0));
    }
    Format kept = new Format.Plain(dtype);
    float[][] together = onTheDevice(dtype, kept, appended, lanes, true);
    for (int m : new int[] {19, 20, 21, 46, 50}) {
      float[][] alone = onTheDevice(dtype, kept, appended, lanes.subList(m, m + 1), true);
      assertThat(alone[0]).as("lane %d", m).isEqualTo(together[m]);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void headsThatABlockTakesOneAfterAnotherAreAsByThemselves(DType dtype, Format kept) {
    Appended appended = appended(dtype, 7, 1, 32, 140, p -> p < 50 ? 1 : random.nextInt(2), 2);
    List<Asking> lanes = new ArrayList<>();
    for (int m = 0; m < 47; m++) {
      lanes.add(asking(dtype, appended, 3 * m, 0));
    }
    float[][] together = onTheDevice(dtype, kept, appended, lanes, true);
    for (int m : new int[] {0, 15, 42, 43, 46}) {
      float[][] alone = onTheDevice(dtype, kept, appended, lanes.subList(m, m + 1), true);
      assertThat(alone[0]).as("lane %d", m).isEqualTo(together[m]);
    }
  }
}

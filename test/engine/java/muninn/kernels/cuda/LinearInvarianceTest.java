package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Ops;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A lane's products are its own: the same to the bit whoever shares its tick, whichever block ends
 * last, and in a stage that was recorded for more lanes.
 */
@Tag("gpu")
class LinearInvarianceTest extends LinearChecks {
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
    Ops.linearAdd(device, lanes(device, 130), x.there(), w.there(), zero, alone);
    for (int n : new int[] {64, 33, 20, 9, 8, 2, 1}) {
      Buffer together = device.buffer(130, rows);
      Ops.linearAdd(device, lanes(device, n), x.there(), w.there(), zero, together);
      for (int m = 0; m < n; m++) {
        assertThat(device.read(together, m)).isEqualTo(device.read(alone, m));
      }
    }
    // And at another place among them.
    Operand swapped = x.withRow(device, 63, 0);
    Buffer elsewhere = device.buffer(130, rows);
    Ops.linearAdd(device, lanes(device, 64), swapped.there(), w.there(), zero, elsewhere);
    assertThat(device.read(elsewhere, 63)).isEqualTo(device.read(alone, 0));
  }

  /** Blocks of the emulated device end in another order every other launch. */
  @Test
  void whoComesLastDoesNotMatter() {
    open(DType.BF16);
    whoComesLast();
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aRecordedStageServesFewerLanesThanItWasRecordedFor(DType dtype) {
    open(dtype);
    recorded();
  }
}

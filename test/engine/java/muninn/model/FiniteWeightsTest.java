package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import muninn.UserException;
import muninn.kernels.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is no number is found wherever it stands, and nothing else is taken for it. */
class FiniteWeightsTest {

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyPatternOfBitsIsToldFromANumber(DType dtype) {
    MemorySegment data = Arena.ofAuto().allocate(11L * dtype.bytes());
    for (int bits = 0; bits < 1 << 16; bits++) {
      for (int at : new int[] {0, 5, 10}) {
        put(data, dtype, at, bits);
        Tensor tensor = tensor(dtype, data);
        if (Float.isFinite(dtype.read(data, at))) {
          assertThatCode(() -> FiniteWeights.require(tensor, data)).doesNotThrowAnyException();
        } else {
          assertThatThrownBy(() -> FiniteWeights.require(tensor, data))
              .isInstanceOf(UserException.class)
              .hasMessageContaining(
                  "some.safetensors: tensor w holds weights that are not numbers");
        }
        put(data, dtype, at, 0x3C00);
      }
    }
  }

  @Test
  void aTensorIsLookedAtWhenItIsReadUnlessItsReaderDoesThat() {
    MemorySegment data = Arena.ofAuto().allocate(22);
    put(data, DType.BF16, 3, 0x7F80);
    Tensor tensor = tensor(DType.BF16, data);
    MemorySegment to = Arena.ofAuto().allocate(22);
    tensor.unchecked().read(0, to);
    assertThat(to.mismatch(data)).isEqualTo(-1);
    assertThatThrownBy(() -> tensor.read(0, to)).hasMessageContaining("tensor w holds weights");
    assertThatThrownBy(() -> tensor.unchecked().check(to))
        .hasMessageContaining("tensor w holds weights");
  }

  private static Tensor tensor(DType dtype, MemorySegment data) {
    return new Tensor(
        "w",
        TensorType.of(dtype),
        List.of(11L),
        data,
        Path.of("some.safetensors"),
        (from, to) -> MemorySegment.copy(data, from, to, 0, to.byteSize()));
  }

  /** The upper half of a float32, or a whole 16-bit number. */
  private static void put(MemorySegment data, DType dtype, int at, int bits) {
    if (dtype == DType.F32) {
      data.setAtIndex(ValueLayout.JAVA_INT, at, bits << 16 | at);
    } else {
      data.set(ValueLayout.JAVA_SHORT, 2L * at, (short) bits);
    }
  }
}

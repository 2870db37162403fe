package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Weights;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Memory of a CUDA device as the forward pass sees it. */
@Tag("gpu")
class CudaDeviceTest {
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void activationsAreZeroAtFirst(DType dtype) {
    try (CudaDevice device = TestDevice.open(dtype)) {
      assertThat(device.read(device.buffer(3, 40), 2)).containsOnly(0f).hasSize(40);
      assertThat(device.read(device.operand(3, 40), 2)).containsOnly(0f).hasSize(40);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aTableIsFloat32OnEveryDevice(DType dtype) {
    float[] values = {1f, 1.0000001f, -3e20f, 0f};
    try (CudaDevice device = TestDevice.open(dtype);
        Arena arena = Arena.ofShared()) {
      MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
      Buffer table = device.table(DType.F32, 2, 2, data);
      assertThat(device.read(table, 0)).containsExactly(1f, 1.0000001f);
      assertThat(device.read(table, 1)).containsExactly(-3e20f, 0f);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void shapesItsKernelsCannotTakeAreRefused(DType dtype) {
    try (CudaDevice device = TestDevice.open(dtype)) {
      assertThatThrownBy(() -> device.weights(DType.F32, 3, 12, MemorySegment.NULL))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("12 columns")
          .hasMessageContaining("multiple of 8");
      assertThatThrownBy(() -> device.kvCache(1, 2, 264))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("264")
          .hasMessageContaining("device=cpu");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void formatsItsKernelsDoNotReadAreRefused(DType dtype) {
    Format other = dtype == DType.F32 ? Format.BF16 : Format.F32;
    try (CudaDevice device = TestDevice.open(dtype)) {
      assertThatThrownBy(() -> device.randomWeights(1, 8, 8, 1, other))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "a CUDA device that computes in %s does not multiply weights in %s: choose %2$s for"
                  + " both",
              dtype.label(), other.label());
      assertThatThrownBy(() -> device.kvCache(other, 1, 1, 8))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("does not keep keys and values in " + other.label());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void anOperationMayFollowAtOnceOnWhatMakesItsWeights(DType dtype) {
    try (CudaDevice device = TestDevice.open(dtype);
        Arena arena = Arena.ofShared()) {
      Lanes lanes = device.lanes(1);
      lanes.add(0, 0, 0, 0, 0);
      Buffer x = device.operand(1, 64);
      Buffer out = device.buffer(1, 64);
      Ops.scatter(device, lanes, out, x); // brings the lane table, so that nothing is copied below

      Weights weights = device.randomWeights(1, 64, 64, 1f);
      Ops.linear(device, lanes, x, weights, out);
      assertThat(device.read(out, 0)).containsOnly(0f);
      Buffer norm = device.table(DType.BF16, 1, 64, arena.allocate(128));
      Ops.norm(device, lanes, out, norm, 1e-6f, x);
      assertThat(device.read(x, 0)).containsOnly(0f);
    }
  }
}

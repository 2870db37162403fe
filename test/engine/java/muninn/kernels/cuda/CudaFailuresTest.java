package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.foreign.Arena;
import java.util.Map;
import java.util.Optional;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.CudaException;
import muninn.cuda.CudaModule;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Emulated;
import muninn.cuda.Gpu;
import muninn.cuda.KernelArguments;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import org.junit.jupiter.api.Test;

/** What a device that fails in the middle of something says, and what it leaves behind. */
class CudaFailuresTest {
  private static final CudaOptions OPTIONS =
      new CudaOptions(DType.BF16, Optional.empty(), 0.9, true, "own", "");

  @Test
  void anOpeningThatFailsSaysWhyThoughTheGpuCannotBeClosedWellEither() {
    Gpu gpu = Emulated.driver().gpu(0);
    try (Arena arena = Arena.ofConfined()) {
      Throwable thrown =
          catchThrowable(
              () ->
                  new CudaDevice(
                      gpu,
                      "kernels.so",
                      Emulated.image("kernels.so", arena),
                      OPTIONS,
                      (context, stream) -> {
                        breakDown(context, stream);
                        throw new UserException("no library");
                      }));
      assertThat(thrown).isInstanceOf(UserException.class).hasMessage("no library");
      assertThat(thrown.getSuppressed()).hasSize(1);
    }
    try (CudaDevice again = TestDevice.open(DType.BF16)) {
      assertThat(again.read(again.buffer(1, 8), 0)).containsOnly(0f);
    }
  }

  /** A kernel that writes where nothing is: from then on every call of this context fails. */
  private static void breakDown(Context context, Stream stream) {
    try (Arena arena = Arena.ofConfined()) {
      CudaModule module = context.module("selftest.so", Emulated.image("selftest.so", arena));
      KernelArguments arguments =
          module
              .kernel("selftest_reverse")
              .arguments(JAVA_LONG, JAVA_LONG, JAVA_INT)
              .set(0, 16L)
              .set(1, 16L)
              .set(2, 8);
      assertThatThrownBy(() -> stream.launch(Launch.of(1, 32).withSharedBytes(64), arguments))
          .isInstanceOf(CudaException.class);
    }
  }

  @Test
  void memoryThatRunsOutWhileWeightsAreLoadedIsThereAgainOnceTheDeviceIsClosed() {
    long before = freeBytes();
    try (Device device = TestDevice.open(DType.BF16)) {
      int rows = 4096;
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1000; i++) {
                  device.randomWeights(i, rows, 4096, 1, Format.BF16);
                }
              })
          .isInstanceOf(UserException.class)
          .hasMessageContaining("its memory is full: 33554432 bytes (0.0 GiB) wanted");
      // what is there goes on, with less
      assertThat(device.read(device.buffer(1, 8), 0)).containsOnly(0f);
    }
    assertThat(freeBytes()).isEqualTo(before);
  }

  private static long freeBytes() {
    try (Context context = Emulated.driver().gpu(0).open()) {
      return context.memory().freeBytes();
    }
  }

  @Test
  void hostMemoryThatIsNotThereLeavesStagingAsItWas() {
    try (Context context = Emulated.driver().gpu(0).open()) {
      Stream stream = context.stream();
      Staging staging = new Staging(context, stream, 1);
      DeviceMemory to = context.allocate(8);
      staging.upload(8, host -> host.set(JAVA_LONG, 0, 1), to, 0);
      assertThatThrownBy(() -> staging.upload(1L << 60, host -> {}, to, 0))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("pinned memory: the system does not give");
      staging.upload(8, host -> host.set(JAVA_LONG, 0, 2), to, 0);
      staging.release();
    }
  }

  @Test
  void yardsticksThatThereIsNoMemoryForLeaveNothingBehind() {
    try (CudaDevice device = TestDevice.open(DType.BF16)) {
      device.ceilings(1 << 20).close();
      Map<String, Integer> before = device.handles();
      assertThatThrownBy(() -> device.ceilings(1L << 45))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("its memory is full");
      assertThat(device.handles()).isEqualTo(before);
    }
  }

  @Test
  void aDeviceThatIsClosedSaysSo() {
    CudaDevice device = TestDevice.open(DType.BF16);
    device.close();
    device.close();
    assertThatThrownBy(() -> device.buffer(1, 8))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the GPU's context is closed");
    assertThatThrownBy(device::synchronize)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the GPU's context is closed");
  }
}

package muninn.kernels.cuda;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import muninn.cuda.Emulated;
import muninn.kernels.DType;
import org.junit.jupiter.api.Assumptions;

/**
 * The CUDA device that tests of kernels run on: the emulated one, or with {@code
 * -Dmuninn.device=cuda} the first GPU.
 */
public final class TestDevice {
  private TestDevice() {}

  /** Whether it is a GPU. */
  public static boolean isGpu() {
    return "cuda".equals(System.getProperty("muninn.device"));
  }

  /** With results that do not depend on the batch. */
  public static CudaDevice open(DType dtype) {
    return open(new CudaOptions(dtype, Optional.empty(), 0.9, true, "own", ""));
  }

  public static CudaDevice open(CudaOptions options) {
    if (isGpu()) {
      return CudaDevices.open(CudaDevices.gpu(0), Path.of("."), options);
    }
    try (Arena arena = Arena.ofConfined()) {
      return new CudaDevice(
          Emulated.driver().gpu(0), "kernels.so", Emulated.image("kernels.so", arena), options);
    }
  }

  /** With a matrix library for many lanes, in bfloat16, that multiplies on the host. */
  static CudaDevice open(GemmProvider library) {
    return open(
        new CudaOptions(DType.BF16, Optional.empty(), 0.9, false, library.name(), ""), library);
  }

  static CudaDevice open(CudaOptions options, GemmProvider library) {
    Assumptions.assumeFalse(isGpu(), "the library's stand-in reaches no GPU's memory");
    try (Arena arena = Arena.ofConfined()) {
      return new CudaDevice(
          Emulated.driver().gpu(0),
          "kernels.so",
          Emulated.image("kernels.so", arena),
          options,
          (context, stream) -> new Gemms(Optional.of(library.open(context, stream)), List.of()));
    }
  }
}

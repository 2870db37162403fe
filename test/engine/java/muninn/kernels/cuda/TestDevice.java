package muninn.kernels.cuda;

import java.lang.foreign.Arena;
import java.util.Optional;
import muninn.cuda.Emulated;
import muninn.kernels.DType;

/** The CUDA device that tests of kernels run on: the emulated one. */
public final class TestDevice {
  private TestDevice() {}

  /** With results that do not depend on the batch. */
  public static CudaDevice open(DType dtype) {
    return open(new CudaOptions(dtype, 0.9, true, "own"));
  }

  /** With a matrix library for many lanes, in bfloat16. */
  static CudaDevice open(GemmProvider library) {
    try (Arena arena = Arena.ofConfined()) {
      return new CudaDevice(
          Emulated.driver().gpu(0),
          "kernels.so",
          Emulated.image("kernels.so", arena),
          new CudaOptions(DType.BF16, 0.9, false, library.name()),
          (context, stream) -> Optional.of(library.open(context, stream)));
    }
  }

  public static CudaDevice open(CudaOptions options) {
    try (Arena arena = Arena.ofConfined()) {
      return new CudaDevice(
          Emulated.driver().gpu(0), "kernels.so", Emulated.image("kernels.so", arena), options);
    }
  }
}

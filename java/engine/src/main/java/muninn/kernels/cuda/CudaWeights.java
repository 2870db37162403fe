package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import muninn.cuda.DeviceMemory;
import muninn.kernels.Format;
import muninn.kernels.Weights;

/**
 * A weight matrix in device memory, row-major as checkpoints store it: one copy for our own
 * products, for those of a matrix library, and for the embedding. Kernels take it as a struct of
 * its format ({@code weights.cuh}).
 */
record CudaWeights(DeviceMemory memory, Format format, int rows, int columns)
    implements Weights, Argument {
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("data"),
              JAVA_INT.withName("columns"),
              MemoryLayout.paddingLayout(Integer.BYTES))
          .withName("Plain");

  static CudaWeights of(Weights weights) {
    return (CudaWeights) weights;
  }

  /** What the names of kernels end in that read weights of its format. */
  String suffix() {
    return suffix(format);
  }

  static String suffix(Format format) {
    return switch (format) {
      case Format.Plain(var type) ->
          switch (type) {
            case F32 -> "_f32";
            case BF16 -> "_bf16";
            case F16 -> throw new IllegalArgumentException("no kernel reads float16");
          };
      case Format.Scaled _ -> throw new IllegalArgumentException("no kernel reads " + format);
      case Format.Coded coded -> "_" + coded.encoding().label();
    };
  }

  @Override
  public MemoryLayout layout() {
    return LAYOUT;
  }

  @Override
  public void write(MemorySegment at) {
    at.set(JAVA_LONG, 0, memory.address());
    at.set(JAVA_INT, 8, columns);
  }
}

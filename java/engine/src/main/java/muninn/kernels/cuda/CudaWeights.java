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

  static final StructLayout CODED =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("data"),
              JAVA_INT.withName("columns"),
              JAVA_INT.withName("rowBytes"),
              JAVA_INT.withName("scalesAt"),
              JAVA_INT.withName("zerosAt"),
              JAVA_INT.withName("shift"),
              JAVA_INT.withName("single"),
              JAVA_INT.withName("oneStep"),
              JAVA_INT.withName("twoSteps"))
          .withName("Coded");

  // Columns of a step of a product, and what selects 16 bits more by a byte permutation.
  private static final int STEP = 32;
  private static final int NEXT = 0x2222;

  // Of a column gives group 0, whichever it is.
  private static final int WHOLE_ROW = 30;

  static CudaWeights of(Weights weights) {
    return (CudaWeights) weights;
  }

  /** What the names of kernels end in that read weights of a format as they are. */
  static String suffix(Format format) {
    return switch (format) {
      case Format.Plain(var type) ->
          switch (type) {
            case F32 -> "_f32";
            case BF16 -> "_bf16";
            case F16 -> throw new IllegalArgumentException("no kernel reads float16");
          };
      case Format.Coded coded -> "_" + coded.encoding().label();
      case Format.Scaled _ -> throw new IllegalArgumentException("no kernel reads " + format);
    };
  }

  @Override
  public MemoryLayout layout() {
    return format instanceof Format.Coded ? CODED : LAYOUT;
  }

  @Override
  public void write(MemorySegment at) {
    at.set(JAVA_LONG, 0, memory.address());
    at.set(JAVA_INT, 8, columns);
    if (format instanceof Format.Coded coded) {
      at.set(JAVA_INT, 12, Math.toIntExact(coded.rowBytes(columns)));
      at.set(JAVA_INT, 16, Math.toIntExact(coded.scalesAt(columns)));
      at.set(JAVA_INT, 20, Math.toIntExact(coded.zerosAt(columns)));
      boolean row = coded.group() == Format.Coded.ROW;
      at.set(JAVA_INT, 24, row ? WHOLE_ROW : Integer.numberOfTrailingZeros(coded.group()));
      at.set(JAVA_INT, 28, coded.scaleBytes() == Float.BYTES ? 1 : 0);
      at.set(JAVA_INT, 32, STEP / coded.group(columns) * NEXT);
      at.set(JAVA_INT, 36, 2 * STEP / coded.group(columns) * NEXT);
    }
  }
}

package muninn.kernels.cpu;

import muninn.kernels.Buffer;
import muninn.kernels.DType;

/** Float32 activations, {@code [rows, columns]}, row-major on the heap. */
record CpuBuffer(float[] data, int rows, int columns) implements Buffer {

  @Override
  public DType dtype() {
    return DType.F32;
  }

  static CpuBuffer of(Buffer buffer) {
    return (CpuBuffer) buffer;
  }

  /** Where a row begins in {@link #data}. */
  int row(int row) {
    return row * columns;
  }
}

package muninn.kernels.cpu;

import muninn.kernels.Buffer;

/** Float32 activations, {@code [rows, columns]}, row-major on the heap. */
record CpuBuffer(float[] data, int rows, int columns) implements Buffer {

  static CpuBuffer of(Buffer buffer) {
    return (CpuBuffer) buffer;
  }

  /** Where a row begins in {@link #data}. */
  int row(int row) {
    return row * columns;
  }
}

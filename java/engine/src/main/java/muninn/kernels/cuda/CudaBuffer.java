package muninn.kernels.cuda;

import muninn.cuda.DeviceMemory;
import muninn.kernels.Buffer;
import muninn.kernels.DType;

/**
 * Activations in device memory, rows behind one another without gaps.
 *
 * @param dtype float32, or the device's element type for an operand
 */
record CudaBuffer(DeviceMemory memory, DType dtype, int rows, int columns, boolean isByRow)
    implements Buffer {

  CudaBuffer(DeviceMemory memory, DType dtype, int rows, int columns) {
    this(memory, dtype, rows, columns, false);
  }

  static CudaBuffer of(Buffer buffer) {
    return (CudaBuffer) buffer;
  }

  @Override
  public CudaBuffer byRow() {
    return new CudaBuffer(memory, dtype, rows, columns, true);
  }

  /** As kernels take it. */
  int byRowFlag() {
    return isByRow ? 1 : 0;
  }

  /** Byte offset of a row. */
  long offset(int row) {
    return (long) row * columns * dtype.bytes();
  }
}

package muninn.kernels.cpu;

import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.DType;

/** Float32 activations, {@code [rows, columns]}, row-major on the heap. */
record CpuBuffer(float[] data, int rows, int columns, boolean isByRow) implements Buffer {

  CpuBuffer(float[] data, int rows, int columns) {
    this(data, rows, columns, false);
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public CpuBuffer byRow() {
    return new CpuBuffer(data, rows, columns, true);
  }

  /**
   * Zeros.
   *
   * @throws UserException when an array cannot be so large
   */
  static CpuBuffer of(int rows, int columns) {
    long elements = (long) rows * columns;
    if (elements > Integer.MAX_VALUE - 8) {
      throw UserException.of(
          "%d lanes of %d values do not fit one buffer of the CPU device: use max_lanes %d or"
              + " fewer",
          rows, columns, (Integer.MAX_VALUE - 8) / columns);
    }
    return new CpuBuffer(new float[(int) elements], rows, columns);
  }

  static CpuBuffer of(Buffer buffer) {
    return (CpuBuffer) buffer;
  }

  /** Where a row begins in {@link #data}. */
  int row(int row) {
    return row * columns;
  }

  /** Where the row of the lane at place m begins. */
  int row(CpuLanes lanes, int m) {
    return row(isByRow ? lanes.row[m] : m);
  }
}

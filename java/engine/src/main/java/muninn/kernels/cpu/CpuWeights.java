package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import muninn.kernels.Weights;

/**
 * A weight matrix where the checkpoint's memory map has it, as float32 or bfloat16, {@code [rows,
 * columns]} row-major, unaligned.
 */
final class CpuWeights implements Weights {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  final MemorySegment data;
  final boolean bf16;
  private final int rows;
  private final int columns;
  private float[] floats;

  CpuWeights(MemorySegment data, boolean bf16, int rows, int columns) {
    this.data = data;
    this.bf16 = bf16;
    this.rows = rows;
    this.columns = columns;
  }

  static CpuWeights of(Weights weights) {
    return (CpuWeights) weights;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  /** Where a row begins, in bytes. */
  long row(int row) {
    return (long) row * columns * (bf16 ? 2 : 4);
  }

  /** One element, widened. */
  float at(int row, int column) {
    return bf16
        ? widen(data.get(SHORT, row(row) + 2L * column))
        : data.get(FLOAT, row(row) + 4L * column);
  }

  /** All elements, widened once: for norm weights, biases and tables, which every lane reads. */
  float[] floats() {
    if (floats == null) {
      float[] all = new float[rows * columns];
      for (int i = 0; i < all.length; i++) {
        all[i] = at(i / columns, i % columns);
      }
      floats = all;
    }
    return floats;
  }

  /** bfloat16 is the upper half of a float32. */
  static float widen(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}

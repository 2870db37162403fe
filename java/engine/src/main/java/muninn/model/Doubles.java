package muninn.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import muninn.kernels.Stored;

/**
 * Numbers in float64, read as the nearest in float32, the even one of two that are as near; beyond
 * the largest they become infinite.
 */
final class Doubles {
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat SINGLE =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int SOME = 8192; // read at a time

  private Doubles() {}

  static float read(MemorySegment data, long index) {
    return (float) data.get(DOUBLE, index * Double.BYTES);
  }

  /**
   * Fills a segment with whole elements.
   *
   * @param from byte of the first one, counted as if all were float32
   */
  static void read(Stored.Bytes stored, long from, MemorySegment to) {
    long count = to.byteSize() / Float.BYTES;
    double[] some = new double[(int) Math.min(SOME, count)];
    MemorySegment bytes = MemorySegment.ofArray(new byte[some.length * Double.BYTES]);
    for (long at = 0; at < count; at += some.length) {
      int next = (int) Math.min(some.length, count - at);
      MemorySegment read = bytes.asSlice(0, (long) next * Double.BYTES);
      stored.read((from / Float.BYTES + at) * Double.BYTES, read);
      MemorySegment.copy(read, DOUBLE, 0, some, 0, next);
      for (int i = 0; i < next; i++) {
        to.set(SINGLE, (at + i) * Float.BYTES, (float) some[i]);
      }
    }
  }
}

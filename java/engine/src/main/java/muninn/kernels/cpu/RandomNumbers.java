package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import muninn.kernels.DType;
import muninn.kernels.Stored;

/**
 * The numbers of made-up weights: each is the sum of two random bytes, less its mean, scaled and
 * rounded to bfloat16. One block of Philox gives eight of them, so that filling memory is about as
 * fast as writing it; {@code random.cu} is the twin.
 */
final class RandomNumbers {
  private static final ValueLayout.OfShort LITTLE_ENDIAN =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int SOME = 1024; // that are made at a time
  private static final int PER_BLOCK = 8;
  private static final int MEAN = 255;
  // sqrt(2 · (256² − 1) / 12): of a sum of two bytes.
  private static final float SPREAD = 104.51076f;

  private final int[] words = new int[4];
  private final long seed;
  private final float scale;

  /**
   * @param sigma the standard deviation
   */
  RandomNumbers(long seed, float sigma) {
    this.seed = seed;
    scale = sigma / SPREAD;
  }

  /** A matrix of them, as if a file held it. */
  static Stored matrix(long seed, int rows, int columns, float sigma) {
    Stored.Bytes bytes =
        (from, to) -> {
          short[] some = new short[SOME];
          RandomNumbers numbers = new RandomNumbers(seed, sigma);
          long count = to.byteSize() / Short.BYTES;
          for (long i = 0; i < count; i += SOME) {
            int now = (int) Math.min(SOME, count - i);
            numbers.fill(some, now, from / Short.BYTES + i);
            MemorySegment.copy(some, 0, to, LITTLE_ENDIAN, i * Short.BYTES, now);
          }
        };
    return new Stored(rows, columns, List.of(new Stored.Piece(DType.BF16, bytes, 0, rows, 0)));
  }

  /** Numbers {@code first … first + count − 1} of this seed, as bfloat16. */
  void fill(short[] out, int count, long first) {
    for (int i = 0; i < count; ) {
      long block = (first + i) / PER_BLOCK;
      Philox.block(seed, (int) block, (int) (block >>> 32), Philox.WEIGHTS, 0, words);
      int end = (int) Math.min(count, (block + 1) * PER_BLOCK - first);
      for (; i < end; i++) {
        int k = (int) ((first + i) % PER_BLOCK);
        out[i] = number(words[k / 2] >>> 16 * (k % 2));
      }
    }
  }

  private short number(int bits) {
    return DType.bf16(((bits & 0xFF) + (bits >>> 8 & 0xFF) - MEAN) * scale);
  }
}

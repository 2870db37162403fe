package muninn.kernels.cpu;

/**
 * The numbers of made-up weights: each is the sum of two random bytes, less its mean, scaled and
 * rounded to bfloat16. One block of Philox gives eight of them, so that filling memory is about as
 * fast as writing it; {@code random.cu} is the twin.
 */
final class RandomNumbers {
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
    float value = ((bits & 0xFF) + (bits >>> 8 & 0xFF) - MEAN) * scale;
    int word = Float.floatToRawIntBits(value);
    int even = 0x7FFF + (word >>> 16 & 1);
    return (short) (word + even >>> 16);
  }
}

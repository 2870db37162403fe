package muninn.kernels.cpu;

/**
 * Counter-based random numbers: Philox 4×32 with 10 rounds (Salmon et al. 2011, "Parallel random
 * numbers: as easy as 1, 2, 3"). The seed is the key; the counter names what the number is for, so
 * every lane draws its noise without asking any other. kernels-cu/philox.cuh draws the same
 * numbers.
 */
final class Philox {
  /** Noise of the draw at a position, one number a token id. */
  static final int DRAW = 0;

  /** Noise of the initial latent at a position, one number an element. */
  static final int LATENT = 1;

  /** Weights that nobody has. */
  static final int WEIGHTS = 2;

  private static final int MULTIPLIER_0 = 0xD2511F53;
  private static final int MULTIPLIER_1 = 0xCD9E8D57;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;

  private Philox() {}

  /** The i-th uniform number of this stream at this position: 23 bits and a half, never 0 or 1. */
  static float uniform(long seed, int stream, int position, int i) {
    int bits = word(seed, i >>> 2, position, stream, 0, i & 3);
    return ((bits >>> 9) + 0.5f) * 0x1p-23f;
  }

  /** Word {@code which} of the block that the counter {@code (c0, c1, c2, c3)} gives. */
  static int word(long seed, int c0, int c1, int c2, int c3, int which) {
    int[] words = new int[4];
    block(seed, c0, c1, c2, c3, words);
    return switch (which) {
      case 0 -> words[0];
      case 1 -> words[1];
      case 2 -> words[2];
      default -> words[3];
    };
  }

  /** The four words of the block that the counter {@code (c0, c1, c2, c3)} gives. */
  static void block(long seed, int c0, int c1, int c2, int c3, int[] words) {
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    for (int round = 0; round < 10; round++) {
      long p0 = (MULTIPLIER_0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
      long p1 = (MULTIPLIER_1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
      int n0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      int n2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      c0 = n0;
      c2 = n2;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
  }

  /** Gumbel noise, {@code −ln(−ln u)}, for a token id. */
  static float gumbel(long seed, int position, int token) {
    double u = uniform(seed, DRAW, position, token);
    return (float) -Maths.log(-Maths.log(u));
  }

  /** No {@link #gumbel} is larger: it takes 16.636 at the largest u, 1 − 2^-24. */
  static final float LARGEST_GUMBEL = 16.64f;

  // Normal numbers are cut at ±3 standard deviations: the tail beyond has this probability.
  private static final double TAIL = 0.0013498980316300933;

  /** Element i of the standard normal noise, truncated at ±3, for the latent at a position. */
  static float truncatedNormal(long seed, int position, int i) {
    double u = uniform(seed, LATENT, position, i);
    return (float) normalQuantile(TAIL + u * (1 - 2 * TAIL));
  }

  /** The normal distribution's inverse, to 7 digits: algorithm AS 241, PPND7 (Wichura 1988). */
  static double normalQuantile(double p) {
    double q = p - 0.5;
    if (Math.abs(q) <= 0.425) {
      double r = 0.180625 - q * q;
      return q
          * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
          / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
    }
    // p within 7.5 % of an end; the truncation keeps sqrt(−ln p) below 2.6, where this
    // branch holds.
    double r = Math.sqrt(-Maths.log(q < 0 ? p : 1 - p)) - 1.6;
    double z =
        (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777)
            / ((0.12021132975 * r + 0.73700164250) * r + 1);
    return q < 0 ? -z : z;
  }
}

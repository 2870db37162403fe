package muninn.kernels.cpu;

/**
 * Whether an operation is to run as plain loops. Until C2 has compiled them, vector instructions
 * are calls into a library that boxes every result, a thousand times slower than the instructions;
 * plain loops are fast as soon as C1 has seen them. So a device's first small operations are plain:
 * a short answer of a small model never needs vectors, and what goes on longer has lost little. A
 * large operation warms vector code up by itself.
 *
 * <p>For the device's own thread.
 */
final class ColdStart {
  /** Products of an operation that is large. */
  private static final long LARGE = 1 << 23;

  /** Some hundred tokens of a model that adds numbers, or a few tenths of a second. */
  private static final long USUAL = 1L << 28;

  private long left;

  /**
   * @param products that plain loops may take in all
   */
  private ColdStart(long products) {
    left = products;
  }

  static ColdStart usual() {
    return new ColdStart(USUAL);
  }

  /** Vectors from the first product on. */
  static ColdStart none() {
    return new ColdStart(0);
  }

  /** Plain loops for all but large operations. */
  static ColdStart lasting() {
    return new ColdStart(Long.MAX_VALUE);
  }

  /**
   * Asked once an operation.
   *
   * @param products its multiply-adds, about
   */
  boolean plain(long products) {
    if (products > LARGE || left < products) {
      return false;
    }
    left -= products;
    return true;
  }
}

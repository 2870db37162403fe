package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;

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
  /** Products of an operation that is large: some 40 lanes of a model that adds numbers. */
  private static final long LARGE = 1 << 22;

  /** Some hundred tokens of a model that adds numbers, or a few tenths of a second. */
  private static final long USUAL = 1L << 28;

  private final long large;
  private long left;

  /**
   * @param large products of the smallest operation that ends it
   * @param products that plain loops may take in all
   */
  private ColdStart(long large, long products) {
    this.large = large;
    left = products;
  }

  static ColdStart usual() {
    // Vector code makes segments of heap memory until it is compiled. A class that the JVM sees for
    // the first time then would undo what was compiled for segments of native memory alone.
    MemorySegment.ofArray(new byte[0]);
    return new ColdStart(LARGE, USUAL);
  }

  /** Vectors from the first product on. */
  static ColdStart none() {
    return new ColdStart(0, 0);
  }

  /** Plain loops for good. */
  static ColdStart lasting() {
    return new ColdStart(Long.MAX_VALUE, Long.MAX_VALUE);
  }

  /**
   * Asked once an operation.
   *
   * @param products its multiply-adds, about
   */
  boolean plain(long products) {
    if (products >= large) {
      left = 0;
    }
    if (left < products) {
      return false;
    }
    left -= products;
    return true;
  }
}

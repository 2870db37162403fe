package muninn.lab.expect;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * GPUs that the timing model knows, by their makers' figures. What no data sheet says is an
 * assumption, named as such, until a measurement replaces it.
 *
 * <p>Sources: NVIDIA's data sheets of H100 SXM5, H200 SXM, A100 80GB SXM and L40S; the architecture
 * papers "NVIDIA H100 Tensor Core GPU", "NVIDIA A100 Tensor Core GPU", "NVIDIA Ada GPU
 * Architecture" and "NVIDIA RTX Blackwell GPU Architecture" for multiprocessors, clocks and the
 * dense bfloat16 rate with float32 sums; shared memory a multiprocessor from the CUDA programming
 * guide's table of compute capabilities.
 */
public enum Card {
  H100("H100 SXM", 90, 132, 1.755e9, 80e9, 3.35e12, 228, 989.4e12, 0.627, 0.74),
  H200("H200 SXM", 90, 132, 1.755e9, 141e9, 4.8e12, 228, 989.4e12, 0.627, 0.74),
  A100("A100 SXM 80GB", 80, 108, 1.41e9, 80e9, 2.039e12, 164, 312e12, 0.9, 0.8),
  RTX4090("GeForce RTX 4090", 89, 128, 2.52e9, 24e9, 1.008e12, 100, 165.2e12, 0.9, 0.8),
  L40S("L40S", 89, 142, 2.52e9, 48e9, 864e9, 100, 362e12, 0.9, 0.8),
  RTX5090("GeForce RTX 5090", 120, 170, 2.407e9, 32e9, 1.792e12, 100, 209.5e12, 0.9, 0.8);

  /** Assumption: what reads of memory reach of the data sheet. */
  private static final double READ = 0.92;

  /** Assumption: bytes a clock that a multiprocessor gets from the L2 cache. */
  private static final double L2_BYTES = 23.7;

  /** Assumption: the same where most of the others want nothing. */
  private static final double L2_BYTES_ALONE = 64;

  private static final int SCHEDULERS = 4; // of a multiprocessor, an instruction a clock each

  private final String title;
  private final int capability;
  private final int multiprocessors;
  private final double clock;
  private final double memoryBytes;
  private final double bandwidth;
  private final int sharedKibibytes;
  private final double tensorRate;
  private final double warpShare;
  private final double libraryShare;

  /**
   * @param capability ten times the compute capability
   * @param clock Hz, under load
   * @param bandwidth bytes a second, of the data sheet
   * @param sharedKibibytes a multiprocessor
   * @param tensorRate dense bfloat16 FLOP a second, of the data sheet
   * @param warpShare what {@code mma.sync} reaches of it: on Hopper only {@code wgmma} reaches all
   *     (assumption)
   * @param libraryShare what a library's large product reaches of it (assumption)
   */
  Card(
      String title,
      int capability,
      int multiprocessors,
      double clock,
      double memoryBytes,
      double bandwidth,
      int sharedKibibytes,
      double tensorRate,
      double warpShare,
      double libraryShare) {
    this.title = title;
    this.capability = capability;
    this.multiprocessors = multiprocessors;
    this.clock = clock;
    this.memoryBytes = memoryBytes;
    this.bandwidth = bandwidth;
    this.sharedKibibytes = sharedKibibytes;
    this.tensorRate = tensorRate;
    this.warpShare = warpShare;
    this.libraryShare = libraryShare;
  }

  /** As its maker calls it. */
  public String title() {
    return title;
  }

  /** As users type it: {@code h100}, {@code 4090}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace("rtx", "");
  }

  /** All that users can type. */
  public static List<String> ids() {
    return Stream.of(values()).map(Card::id).toList();
  }

  /** The one of this {@link #id}. */
  public static Optional<Card> named(String id) {
    return Stream.of(values()).filter(card -> card.id().equals(id)).findFirst();
  }

  /** Ten times the compute capability. */
  int capability() {
    return capability;
  }

  public int multiprocessors() {
    return multiprocessors;
  }

  /** Bytes of its memory. */
  public double memoryBytes() {
    return memoryBytes;
  }

  /** Bytes a second of the data sheet. */
  double bandwidth() {
    return bandwidth;
  }

  /** Bytes a second that reads reach. */
  public double readRate() {
    return READ * bandwidth;
  }

  /** Bytes a second from the L2 cache to all multiprocessors. */
  double cacheRate() {
    return L2_BYTES * multiprocessors * clock;
  }

  /** Bytes a second from the L2 cache to one multiprocessor while most others want nothing. */
  double aloneRate() {
    return L2_BYTES_ALONE * clock;
  }

  /** Wavefronts of shared memory a second, 128 bytes each, of all multiprocessors. */
  double wavefrontRate() {
    return multiprocessors * clock;
  }

  /** Bytes of shared memory that a multiprocessor has for blocks. */
  double sharedBytes() {
    return 1024.0 * sharedKibibytes;
  }

  /** Instructions of warps a second, of all multiprocessors. */
  double issueRate() {
    return SCHEDULERS * multiprocessors * clock;
  }

  /** Dense bfloat16 FLOP a second of the data sheet. */
  double tensorRate() {
    return tensorRate;
  }

  /** FLOP a second of our kernels' tensor instructions. */
  double warpRate() {
    return warpShare * tensorRate;
  }

  /** FLOP a second of a library's large product. */
  double libraryRate() {
    return libraryShare * tensorRate;
  }

  /** Whether a kernel may begin to load while the one before it ends. */
  boolean overlapsLaunches() {
    return capability >= 90;
  }
}

package muninn.lab.counters;

import java.util.Locale;

/**
 * What a multiprocessor has for blocks, by compute capability: NVIDIA's CUDA programming guide,
 * table "Technical Specifications per Compute Capability".
 */
public enum Chip {
  SM_80(164, 2048, 32),
  SM_86(100, 1536, 16),
  SM_89(100, 1536, 24),
  SM_90(228, 2048, 32),
  SM_100(228, 2048, 32),
  SM_120(100, 1536, 32);

  private static final int REGISTERS = 65_536;
  private static final int WARP = 32;
  private static final int REGISTER_UNIT = 256; // a warp gets multiples of it
  private static final int SHARED_UNIT = 128;
  private static final int RESERVED = 1024; // bytes of shared memory that each block takes as well

  private final int sharedBytes;
  private final int threads;
  private final int blocks;

  /**
   * @param sharedKibibytes for all blocks
   */
  Chip(int sharedKibibytes, int threads, int blocks) {
    sharedBytes = 1024 * sharedKibibytes;
    this.threads = threads;
    this.blocks = blocks;
  }

  /** As nvcc calls it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a launch may begin while the one before it still runs. */
  public boolean overlapsLaunches() {
    return compareTo(SM_90) >= 0;
  }

  /**
   * What a block takes.
   *
   * @param registers of a thread
   * @param sharedBytes static and dynamic
   */
  public record Block(int threads, int registers, int sharedBytes) {
    private int warps() {
      return Math.ceilDiv(threads, WARP);
    }

    private int allRegisters() {
      return warps() * REGISTER_UNIT * Math.ceilDiv(registers * WARP, REGISTER_UNIT);
    }

    private int allShared() {
      return SHARED_UNIT * Math.ceilDiv(sharedBytes, SHARED_UNIT) + RESERVED;
    }
  }

  /** Blocks that fit a multiprocessor at a time. */
  public int blocksOf(Block block) {
    return beside(block, 0, block);
  }

  /** Blocks that fit beside so many of another kernel. */
  public int beside(Block other, int count, Block block) {
    int byRegisters = (REGISTERS - count * other.allRegisters()) / block.allRegisters();
    int byShared = (sharedBytes - count * other.allShared()) / block.allShared();
    int byThreads = (threads - count * WARP * other.warps()) / (WARP * block.warps());
    return Math.max(
        0, Math.min(Math.min(byRegisters, byShared), Math.min(byThreads, blocks - count)));
  }
}

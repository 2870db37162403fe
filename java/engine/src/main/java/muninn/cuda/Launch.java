package muninn.cuda;

import java.util.Locale;

/**
 * How a kernel is launched: grid and block, dynamic shared memory, and whether it may start while
 * its predecessor in the stream still runs (programmatic stream serialization): then it must wait
 * for it itself before reading what it wrote. The device needs sm_90 for that.
 */
public record Launch(
    int gridX,
    int gridY,
    int gridZ,
    int blockX,
    int blockY,
    int blockZ,
    int sharedBytes,
    boolean programmatic) {

  /** A line of blocks, each a line of threads. */
  public static Launch of(int blocks, int threads) {
    return new Launch(blocks, 1, 1, threads, 1, 1, 0, false);
  }

  public Launch withGrid(int x, int y, int z) {
    return new Launch(x, y, z, blockX, blockY, blockZ, sharedBytes, programmatic);
  }

  public Launch withBlock(int x, int y, int z) {
    return new Launch(gridX, gridY, gridZ, x, y, z, sharedBytes, programmatic);
  }

  public Launch withSharedBytes(int bytes) {
    return new Launch(gridX, gridY, gridZ, blockX, blockY, blockZ, bytes, programmatic);
  }

  public Launch withProgrammatic(boolean on) {
    return new Launch(gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, on);
  }

  /** Such as {@code grid 132×1×1, block 256×1×1, 0 bytes of shared memory}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "grid %d×%d×%d, block %d×%d×%d, %d bytes of shared memory%s",
        gridX,
        gridY,
        gridZ,
        blockX,
        blockY,
        blockZ,
        sharedBytes,
        programmatic ? ", programmatic" : "");
  }
}

package muninn.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How a kernel is launched: grid and block, dynamic shared memory, and what else is told of it. */
public record Launch(
    int gridX,
    int gridY,
    int gridZ,
    int blockX,
    int blockY,
    int blockZ,
    int sharedBytes,
    List<LaunchAttribute> attributes) {

  public Launch {
    attributes = List.copyOf(attributes);
  }

  /** A line of blocks, each a line of threads. */
  public static Launch of(int blocks, int threads) {
    return new Launch(blocks, 1, 1, threads, 1, 1, 0, List.of());
  }

  /** With so many blocks. */
  public Launch withGrid(int x, int y, int z) {
    return new Launch(x, y, z, blockX, blockY, blockZ, sharedBytes, attributes);
  }

  /** With so many threads a block. */
  public Launch withBlock(int x, int y, int z) {
    return new Launch(gridX, gridY, gridZ, x, y, z, sharedBytes, attributes);
  }

  /** With dynamic shared memory a block. */
  public Launch withSharedBytes(int bytes) {
    return new Launch(gridX, gridY, gridZ, blockX, blockY, blockZ, bytes, attributes);
  }

  /** With one attribute more. */
  public Launch with(LaunchAttribute attribute) {
    List<LaunchAttribute> all = new ArrayList<>(attributes);
    all.add(attribute);
    return new Launch(gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, all);
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
        attributes.stream().map(one -> ", " + one.name()).collect(Collectors.joining()));
  }
}

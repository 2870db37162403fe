package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Memory for the panels of large matrices. */
class LargeMemoryTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("muninn.native", "../../native/target"));

  @Test
  void matricesLieApartFromOneAnotherAndAreZeroAtFirst() {
    try (Arena arena = Arena.ofShared()) {
      LargeMemory memory = new LargeMemory(arena, Optional.of(FOLDER));
      List<MemorySegment> taken = new ArrayList<>();
      for (long bytes : new long[] {1, 63, 64, 5_000_001, 40L << 20, 30L << 20, 7}) {
        MemorySegment some = memory.memory(bytes).orElseThrow();
        assertThat(some.byteSize()).isEqualTo(bytes);
        assertThat(some.address() % 64).isZero();
        assertThat(some.asByteBuffer().get(0)).isZero();
        assertThat(some.asByteBuffer().get((int) bytes - 1)).isZero();
        some.asSlice(0, 1).fill((byte) 1);
        some.asSlice(bytes - 1).fill((byte) 1);
        assertThat(taken).noneMatch(other -> other.asOverlappingSlice(some).isPresent());
        taken.add(some);
      }
    }
  }

  @Test
  void aMatrixAsLargeAsARegionHasItsOwnAndTheRegionGoesOn() {
    try (Arena arena = Arena.ofShared()) {
      LargeMemory memory = new LargeMemory(arena, Optional.of(FOLDER));
      MemorySegment first = memory.memory(64).orElseThrow();
      MemorySegment large = memory.memory(LargeMemory.REGION_BYTES + 1).orElseThrow();
      large.asSlice(LargeMemory.REGION_BYTES).fill((byte) 1);
      MemorySegment next = memory.memory(64).orElseThrow();
      assertThat(next.address()).isEqualTo(first.address() + 64);
    }
  }

  @Test
  void withoutTheLibraryThereIsNone() {
    try (Arena arena = Arena.ofShared()) {
      assertThat(new LargeMemory(arena, Optional.empty()).memory(64)).isEmpty();
      assertThat(new LargeMemory(arena, Optional.of(Path.of("nowhere"))).memory(64)).isEmpty();
    }
  }
}

package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.Emulated;
import muninn.cuda.Gpu;
import muninn.cuda.Stream;
import org.junit.jupiter.api.Test;

/**
 * What host and kernels both know of each other is held together when kernels are loaded. The
 * kernels of the device's own tests say of themselves what those of another build would.
 */
class AbiTest {
  private interface Asked {
    void of(Abi abi);
  }

  private static void ask(String module, String file, Asked asked) {
    Gpu gpu = Emulated.driver().gpu(0);
    try (Arena arena = Arena.ofConfined();
        Context context = gpu.open()) {
      Stream stream = context.stream();
      Kernels kernels =
          new Kernels(context.module(module, Emulated.image(module, arena)), gpu, stream, "_f32");
      asked.of(new Abi(context, stream, kernels, file));
    }
  }

  @Test
  void theKernelsOfThisBuildAgreeWithTheHost() {
    ask(
        "kernels.so",
        "tables",
        abi -> {
          abi.check(CudaLanes.LAYOUT, CudaSequences.LAYOUT, CudaSequences.PARAMETERS);
          abi.check(CudaKvCache.LAYOUT, Kernels.SLOT);
          abi.check("TILE", 8);
        });
    // two of these blocks and no third stand beside each other in the 228 KB of sm_90
    ask("kernels.so", "linear", abi -> assertThat(abi.value("SHARED_64_bf16")).isEqualTo(78848));
  }

  @Test
  void aFieldThatMovedIsNamedWithBothPlaces() {
    ask(
        "selftest.so",
        "tables",
        abi ->
            assertThatThrownBy(() -> abi.check(Kernels.SLOT))
                .isInstanceOf(UserException.class)
                .hasMessage(
                    "selftest.so: is of another build of Muninn: Slot.first lies at byte 4 in the"
                        + " kernels, and at 0 here; build both again"));
  }

  @Test
  void aFieldThatOnlyOneSideHasIsFound() {
    StructLayout longer =
        MemoryLayout.structLayout(
                JAVA_INT.withName("perGroup"),
                JAVA_INT.withName("first"),
                JAVA_INT.withName("step"))
            .withName("Slot");
    StructLayout shorter =
        MemoryLayout.structLayout(JAVA_INT.withName("perGroup")).withName("Slot");
    ask(
        "selftest.so",
        "tables",
        abi -> {
          assertThatThrownBy(() -> abi.check(longer))
              .isInstanceOf(UserException.class)
              .hasMessageContaining("tables says nothing of Slot.step");
          assertThatThrownBy(() -> abi.check(shorter))
              .isInstanceOf(UserException.class)
              .hasMessageContaining("Slot has 8 bytes in the kernels, and 4 here");
        });
  }

  @Test
  void aConstantThatChangedIsFound() {
    ask(
        "selftest.so",
        "tables",
        abi ->
            assertThatThrownBy(() -> abi.check("TILE", 16))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("TILE is 8 in the kernels, and 16 here"));
  }
}

package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import muninn.kernels.DType;
import org.junit.jupiter.api.Test;

class CheckpointTest {
  private static final Path GOLDEN = Path.of("../../test/engine/resources/golden");

  @Test
  void aSingleFileCheckpointOpensWithItsShape() {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve("raven-nano"))) {
      assertThat(checkpoint.config())
          .isEqualTo(
              new Config("huginn_raven", 48, 3, 16, 112, 160, 128, 2, 4, 2, 16, 1e-6f, 50_000f));
      Tensor adapter = checkpoint.tensor(Layout.ADAPTER);
      assertThat(adapter.shape()).isEqualTo(List.of(48L, 96L));
      assertThat(adapter.dtype()).isEqualTo(DType.F32);
      assertThat(adapter.data().byteSize()).isEqualTo(48 * 96 * 4);
      assertThat(checkpoint.tensors()).hasSize(8 * 9 + 3 + 1);
    }
  }

  @Test
  void aShardedBf16CheckpointOpensWithItsShape() {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve("raven-sharded-bf16"))) {
      assertThat(checkpoint.config().width()).isEqualTo(80);
      assertThat(checkpoint.tensors()).hasSize(4 * 9 + 3 + 2);
      assertThat(checkpoint.tensor(Layout.EMBEDDING).dtype()).isEqualTo(DType.BF16);
    }
  }
}

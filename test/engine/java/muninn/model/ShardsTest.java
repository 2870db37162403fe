package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import muninn.UserException;
import muninn.kernels.DType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardsTest {
  private static final String FIRST = "model-00001-of-00003.safetensors";
  private static final String SECOND = "model-00002-of-00003.safetensors";
  private static final String NORM = "transformer.ln_f.weight";
  private static final int TENSORS = 4 * 9 + 3 + 2;

  @TempDir private Path temporary;

  private Path folder;
  private Path index;

  @BeforeEach
  void copy() {
    folder = Fixture.copy(Fixture.SHARDED, temporary);
    index = folder.resolve(ShardIndex.NAME);
  }

  @Test
  void shardsOpenAsOneCheckpoint() {
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.tensors()).hasSize(TENSORS);
      assertThat(checkpoint.stored().tensor(NORM).dtype()).isEqualTo(DType.BF16);
      assertThat(checkpoint.tensors().stream().map(Tensor::file).distinct()).hasSize(3);
    }
  }

  @Test
  void aMissingShardIsNamed() throws IOException {
    Files.delete(folder.resolve(SECOND));
    refused(folder.resolve(SECOND).toString(), "no such file", "index", "download this shard");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../outside.safetensors",
        "/etc/passwd",
        "/tmp/x.safetensors",
        "sub/x.safetensors",
        "..\\x.safetensors",
        "C:x.safetensors",
        "..",
        "",
        "x\u0000.safetensors",
        "config.json"
      })
  void anIndexThatPointsOutsideTheFolderIsRefused(String name) {
    map(m -> m.put(NORM, name));
    refused(index.toString(), NORM, "wanted a plain file name", "download the index");
  }

  @Test
  void aShardMayBeALinkAsDownloadsKeepIt() throws IOException {
    Path blob = temporary.resolve("blob");
    Files.move(folder.resolve(SECOND), blob);
    Files.createSymbolicLink(folder.resolve(SECOND), blob);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.tensors()).hasSize(TENSORS);
    }
  }

  @Test
  void aShardThatLacksATensorIsNamed() {
    map(m -> m.put("transformer.extra.weight", SECOND));
    refused(SECOND, "transformer.extra.weight", "is missing", "download them together");
  }

  @Test
  void aTensorThatTheIndexDoesNotListIsNamed() {
    map(m -> m.remove("freqs_cis"));
    refused(FIRST, "freqs_cis", "does not list", "download them together");
  }

  @Test
  void aTensorInAnotherShardThanTheIndexSaysIsNamed() {
    map(m -> m.put("freqs_cis", SECOND));
    refused(FIRST, "freqs_cis", "places in " + SECOND, "download them together");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{}", "{\"weight_map\": []}", "{\"weight_map\": {}}", "{\"weight_map\": null}"})
  void anIndexWithoutAMapIsRefused(String text) {
    Fixture.write(index, text);
    refused(index.toString(), "weight_map", "wanted an object", "download");
  }

  @Test
  void anIndexEntryThatIsNoNameIsRefused() {
    map(m -> m.put(NORM, 1));
    refused(index.toString(), NORM, "wanted a plain file name");
  }

  @Test
  void aHeadThatIsNoCopyOfTheEmbeddingIsRefused() {
    Path shard = folder.resolve(FIRST);
    byte[] bytes = Fixture.read(shard);
    byte[] header = Fixture.header(bytes);
    int head =
        Fixture.json(header).path("lm_head.weight").path("data_offsets").get(0).asInt()
            + 8
            + header.length;
    bytes[head + 5] ^= 1;
    Fixture.write(shard, bytes);
    refused(FIRST, "lm_head.weight", "differs from transformer.wte.weight", "tied");
  }

  private void map(Consumer<ObjectNode> change) {
    Fixture.edit(index, i -> change.accept((ObjectNode) i.get("weight_map")));
  }

  private void refused(String... parts) {
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(parts)
        .message()
        .doesNotContain("\n");
  }
}

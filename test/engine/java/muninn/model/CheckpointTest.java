package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.cpu.CpuDevice;
import muninn.kernels.cuda.TestDevice;
import muninn.model.forward.Parameters;
import muninn.text.ChatTemplate;
import muninn.text.ChatTemplate.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  @TempDir private Path temporary;

  @Test
  void aFolderThatIsNoneIsRefused() throws IOException {
    assertThatThrownBy(() -> Checkpoint.open(temporary.resolve("nowhere")))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("nowhere", "no such folder", "give the folder");
    Path file = Files.createFile(temporary.resolve("file"));
    assertThatThrownBy(() -> Checkpoint.open(file))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(file.toString(), "not a folder", "give the folder");
    assertThatThrownBy(() -> Checkpoint.open(temporary))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("config.json", "no such file", "download");
  }

  @Test
  void pickledWeightsAreNamedAsWhatIsNotRead() throws IOException {
    Path folder = Fixture.copy(Fixture.NANO, temporary);
    Files.move(folder.resolve(Fixture.WEIGHTS), folder.resolve("pytorch_model.bin"));
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("model.safetensors", "pytorch_model.bin is not read");
  }

  @Test
  void withoutATokenizerThereIsNoneAndNoStopTokenAndNoChat() {
    try (Checkpoint checkpoint = Checkpoint.open(Fixture.golden(Fixture.NANO))) {
      assertThat(checkpoint.tokenizer()).isEmpty();
      assertThat(checkpoint.stopTokens()).isEmpty();
      assertThatThrownBy(checkpoint::chatTemplate)
          .isInstanceOf(UserException.class)
          .hasMessageContainingAll(Fixture.NANO, "chat_template.jinja", "without chat");
    }
  }

  @Test
  void withHuginnsTokensAndNoTemplateOfItsOwnItTalksAsHuginn() throws IOException {
    Path folder = withTokenizer(1024);
    Fixture.edit(folder.resolve("tokenizer_config.json"), c -> c.remove("chat_template"));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.chatTemplate().render(List.of(new Message("user", " Hi "))))
          .isEqualTo(
              "<|begin_text|><|begin_header|>user<|end_header|>\n\nHi<|end_turn|>"
                  + "<|begin_header|>Huginn<|end_header|>\n\n");
    }
  }

  @Test
  void withOtherTokensAndNoTemplateOfItsOwnItIsNotTakenForHuginn() throws IOException {
    Path folder = withTokenizer(1024);
    Fixture.edit(folder.resolve("tokenizer_config.json"), c -> c.remove("chat_template"));
    Path tokenizer = folder.resolve("tokenizer.json");
    Fixture.write(
        tokenizer,
        new String(Fixture.read(tokenizer), StandardCharsets.UTF_8)
            .replace("<|begin_header|>", "<|im_start|>"));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThatThrownBy(checkpoint::chatTemplate)
          .isInstanceOf(UserException.class)
          .hasMessageContainingAll(folder.toString(), "chat_template.jinja");
    }
  }

  @Test
  void stopTokensComeFromConfigGenerationConfigAndTokenizer() throws IOException {
    Path folder = withTokenizer(1024);
    Fixture.edit(folder.resolve("config.json"), c -> c.put("eos_token_id", 7));
    Fixture.write(folder.resolve("generation_config.json"), "{\"eos_token_id\": [8, 1019]}");
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.stopTokens()).containsExactly(7, 8, 1019, 1022, 1018);
      assertThat(checkpoint.tokenizer()).isPresent();
      assertThat(checkpoint.tokenizer().get()).isSameAs(checkpoint.tokenizer().get());
    }
  }

  @Test
  void anEndOfTextWithoutATextIsNone() throws IOException {
    Path folder = withTokenizer(1024);
    Fixture.edit(folder.resolve("config.json"), c -> c.put("eos_token_id", 7));
    Fixture.edit(folder.resolve("tokenizer_config.json"), c -> c.put("eos_token", ""));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.stopTokens()).contains(7);
    }
  }

  @Test
  void filesThatGoOnceTheyWereReadDoNotMatter() throws IOException {
    Path folder = withTokenizer(1024);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      var stopTokens = checkpoint.stopTokens();
      ChatTemplate template = checkpoint.chatTemplate();
      Files.writeString(folder.resolve("config.json"), "gone");
      Files.writeString(folder.resolve("tokenizer_config.json"), "gone");
      assertThat(checkpoint.stopTokens()).isEqualTo(stopTokens);
      assertThat(checkpoint.chatTemplate()).isSameAs(template);
    }
  }

  @Test
  void anEndOfTextOutsideTheVocabularyIsRefused() {
    Path folder = Fixture.copy(Fixture.NANO, temporary);
    Fixture.edit(folder.resolve("config.json"), c -> c.put("eos_token_id", 160));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThatThrownBy(checkpoint::stopTokens)
          .isInstanceOf(UserException.class)
          .hasMessageContainingAll("config.json", "eos_token_id is 160", "0 to 159", "correct");
    }
    Fixture.write(
        folder.resolve("config.json"),
        Fixture.read(Fixture.golden(Fixture.NANO).resolve("config.json")));
    Fixture.write(folder.resolve("generation_config.json"), "{\"eos_token_id\": [8, 160]}");
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThatThrownBy(checkpoint::stopTokens)
          .isInstanceOf(UserException.class)
          .hasMessageContainingAll("generation_config.json", "eos_token_id holds 160, wanted");
    }
  }

  @Test
  void aTokenizerLargerThanTheEmbeddingIsRefused() throws IOException {
    Path folder = Fixture.copy(Fixture.NANO, temporary);
    Files.copy(
        Fixture.golden("tokenizer-raven").resolve("tokenizer.json"),
        folder.resolve("tokenizer.json"));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThatThrownBy(checkpoint::tokenizer)
          .isInstanceOf(UserException.class)
          .hasMessageContainingAll(
              "tokenizer.json", "larger than the embedding", "160 rows", "use the tokenizer");
    }
  }

  @Test
  void aHeadOfAnotherTypeWithTheEmbeddingsValuesIsACopy() {
    Path folder = temporary.resolve("head");
    Map<String, Fixture.Stored> tensors = Fixture.copyInOneFile(folder);
    byte[] halves = tensors.get("transformer.wte.weight").data();
    byte[] widened = new byte[2 * halves.length];
    for (int i = 0; i < halves.length; i += 2) {
      widened[2 * i + 2] = halves[i];
      widened[2 * i + 3] = halves[i + 1];
    }
    tensors.computeIfPresent("lm_head.weight", (_, head) -> head.with("F32", widened));
    Fixture.saveTensors(folder, tensors);
    Checkpoint.open(folder).close();

    widened[widened.length / 2] = 1;
    Fixture.saveTensors(folder, tensors);
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("lm_head.weight differs from transformer.wte.weight");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "transformer.wte.weight",
        "transformer.core_block.1.mlp.proj.weight",
        "transformer.prelude.0.attn.qk_bias",
        "transformer.ln_f.weight"
      })
  void aWeightThatIsNoNumberIsNamedWithItsFileWhenItIsLoaded(String name) {
    Path folder = temporary.resolve("broken");
    Map<String, Fixture.Stored> tensors = Fixture.copyInOneFile(folder);
    tensors.remove("lm_head.weight"); // a copy of one of them
    byte[] data = tensors.get(name).data();
    data[data.length - 2] = (byte) 0x80;
    data[data.length - 1] = 0x7F; // infinity
    Fixture.saveTensors(folder, tensors);
    for (DType dtype : new DType[] {null, DType.F32, DType.BF16}) {
      try (Checkpoint checkpoint = Checkpoint.open(folder);
          Device device = dtype == null ? new CpuDevice(2) : TestDevice.open(dtype)) {
        assertThatThrownBy(() -> Parameters.load(checkpoint, device))
            .isInstanceOf(UserException.class)
            .hasMessageContainingAll(
                folder.resolve("model.safetensors") + ": tensor " + name,
                "not numbers, one of them Infinity",
                "download");
      }
    }
  }

  @Test
  void aFileThatIsCutWhileItIsLoadedIsNamed() throws IOException {
    Path folder = Fixture.copy(Fixture.NANO, temporary);
    try (Checkpoint checkpoint = Checkpoint.open(folder);
        Device device = new CpuDevice(2)) {
      try (FileChannel file =
          FileChannel.open(folder.resolve(Fixture.WEIGHTS), StandardOpenOption.WRITE)) {
        file.truncate(file.size() / 2);
      }
      assertThatThrownBy(() -> Parameters.load(checkpoint, device))
          .isInstanceOf(UserException.class)
          .hasMessageContainingAll(
              "model.safetensors", "ends at byte", "went on when it was opened");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config.json",
        "generation_config.json",
        "model-00002-of-00003.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja"
      })
  void aPointerInPlaceOfAFileIsCalledThatWhicheverFileItIs(String name) {
    Path folder = Fixture.copy(Fixture.SHARDED, temporary);
    Fixture.write(
        folder.resolve(name),
        "version https://git-lfs.github.com/spec/v1\noid sha256:"
            + "0".repeat(64)
            + "\nsize 1234567\n");
    assertThatThrownBy(
            () -> {
              try (Checkpoint checkpoint = Checkpoint.open(folder)) {
                checkpoint.stopTokens();
                checkpoint.tokenizer();
                checkpoint.chatTemplate();
              }
            })
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(folder.resolve(name) + ": is a Git LFS pointer", "git lfs pull");
  }

  @Test
  void closingTwiceIsHarmless() {
    Checkpoint checkpoint = Checkpoint.open(Fixture.golden(Fixture.NANO));
    checkpoint.close();
    checkpoint.close();
  }

  /** The nano checkpoint with an embedding of that many rows, and the small tokenizer. */
  private Path withTokenizer(int rows) throws IOException {
    Path folder = Fixture.copy(Fixture.NANO, temporary);
    for (String name : new String[] {"tokenizer.json", "tokenizer_config.json"}) {
      Files.copy(Fixture.golden("tokenizer-raven").resolve(name), folder.resolve(name));
    }
    Fixture.edit(
        folder.resolve("config.json"),
        c -> c.put("vocab_size", rows).put("padded_vocab_size", rows));
    Path file = folder.resolve(Fixture.WEIGHTS);
    byte[] before = Fixture.read(file);
    // The embedding is the last tensor of the file: it grows at the end.
    Fixture.editHeader(
        file,
        h -> {
          long begin = h.get("transformer.wte.weight").get("data_offsets").get(0).asLong();
          h.putObject("transformer.wte.weight")
              .put("dtype", "F32")
              .<com.fasterxml.jackson.databind.node.ObjectNode>set(
                  "shape", h.arrayNode().add(rows).add(48))
              .set("data_offsets", h.arrayNode().add(begin).add(begin + rows * 48L * 4));
        });
    byte[] after = Fixture.read(file);
    assertThat(after.length).isCloseTo(before.length, org.assertj.core.data.Offset.offset(64));
    Fixture.write(file, java.util.Arrays.copyOf(after, after.length + (rows - 160) * 48 * 4));
    return folder;
  }
}

package muninn.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import muninn.UserException;
import muninn.text.ChatTemplate.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpecialTokensTest {
  @TempDir private Path folder;

  private void config(String text) {
    TextFixture.write(folder.resolve("tokenizer_config.json"), text);
  }

  private void map(String text) {
    TextFixture.write(folder.resolve("special_tokens_map.json"), text);
  }

  private Map<String, Object> tokens() {
    return TokenizerConfig.read(folder).specialTokens().byName();
  }

  @Test
  void allEightNamesAreRead() {
    config(
        """
        {"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false},
         "unk_token": "<unk>", "sep_token": "<sep>", "pad_token": null, "cls_token": "<cls>",
         "mask_token": {"__type": "AddedToken", "content": "<mask>"},
         "additional_special_tokens": ["<a>", {"content": "<b>"}],
         "image_token": "<image>", "add_bos_token": true, "model_max_length": 4}
        """);
    assertThat(tokens())
        .isEqualTo(
            Map.of(
                "bos_token", "<s>",
                "eos_token", "</s>",
                "unk_token", "<unk>",
                "sep_token", "<sep>",
                "cls_token", "<cls>",
                "mask_token", "<mask>",
                "additional_special_tokens", List.of("<a>", "<b>"),
                "image_token", "<image>"));
  }

  @Test
  void theMapHasTheLastWordInOlderFolders() {
    config("{\"bos_token\": \"<old>\", \"eos_token\": \"</s>\", \"pad_token\": \"<pad>\"}");
    map("{\"bos_token\": {\"content\": \"<new>\"}, \"pad_token\": null}");
    assertThat(tokens()).isEqualTo(Map.of("bos_token", "<new>", "eos_token", "</s>"));
  }

  @Test
  void theMapIsLeftAloneWhereTheConfigListsTheAddedTokens() {
    config("{\"bos_token\": \"<s>\", \"added_tokens_decoder\": {}}");
    map("{\"bos_token\": \"<other>\"}");
    assertThat(tokens()).isEqualTo(Map.of("bos_token", "<s>"));
  }

  @Test
  void theMapAloneIsEnough() {
    map("{\"bos_token\": \"<s>\", \"additional_special_tokens\": [\"<x>\"]}");
    TextFixture.write(
        folder.resolve("chat_template.jinja"),
        "{{ bos_token }}{{ additional_special_tokens[0] }}{{ messages[0].content }}{{ eos_token"
            + " }}");
    assertThat(
            ChatTemplate.of(folder, TokenizerConfig.read(folder), _ -> false)
                .render(List.of(new Message("user", "Hi"))))
        .isEqualTo("<s><x>Hi");
  }

  @Test
  void aProcessorsTemplateIsTheLastResort() {
    TextFixture.write(
        folder.resolve("chat_template.json"), "{\"chat_template\": \"P{{ messages | length }}\"}");
    assertThat(TokenizerConfig.read(folder).template().orElseThrow().source())
        .isEqualTo("P{{ messages | length }}");
    config("{\"chat_template\": \"C\"}");
    assertThat(TokenizerConfig.read(folder).template().orElseThrow().source()).isEqualTo("C");
  }

  @Test
  void aTokenThatIsNoTextIsRefusedWithTheFileThatHasIt() {
    map("{\"eos_token\": 7}");
    assertThatThrownBy(this::tokens)
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("special_tokens_map.json", "eos_token", "download");
  }

  @Test
  void theEndOfTextThatTheTokenizerNamesStopsBesideThoseTheConfigsNumber() {
    TextFixture.write(folder.resolve("config.json"), "{\"eos_token_id\": 3}");
    TextFixture.write(folder.resolve("generation_config.json"), "{\"eos_token_id\": [4, 3]}");
    config("{\"eos_token\": \"<|im_end|>\"}");
    assertThat(stopTokens(Map.of("<|im_end|>", 9, "<|end_turn|>", 5))).containsExactly(3, 4, 9, 5);
    assertThat(StopTokens.read(folder, 10, Optional.empty())).containsExactly(3, 4);
  }

  @Test
  void anEndOfTextThatTheTokenizerDoesNotHaveIsRefused() {
    config("{\"eos_token\": \"<|im_end|>\"}");
    assertThatThrownBy(() -> stopTokens(Map.of("</s>", 2)))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(folder.toString(), "eos_token", "<|im_end|>", "tokenizer.json");
  }

  private Set<Integer> stopTokens(Map<String, Integer> tokenizer) {
    return StopTokens.read(folder, 10, Optional.of(tokenizer::get));
  }
}

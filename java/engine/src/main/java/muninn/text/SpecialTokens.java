package muninn.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.files.Fields;
import muninn.files.Json;

/**
 * The special tokens of a checkpoint by what they are for, as templates ask for them: {@code
 * bos_token}, {@code eos_token} and their kin are texts, {@code additional_special_tokens} is a
 * list of texts. They stand in {@code tokenizer_config.json}; in older checkpoints {@code
 * special_tokens_map.json} has the last word, as with the published loaders.
 */
public record SpecialTokens(Map<String, Object> byName) {
  private static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");
  private static final String ADDITIONAL = "additional_special_tokens";
  private static final String MAP_NAME = "special_tokens_map.json";
  private static final long MAX_BYTES = 4L << 20;

  /** The token of this name, where the checkpoint has it. */
  public Optional<String> text(String name) {
    return Optional.ofNullable((String) byName.get(name));
  }

  /**
   * What a folder says.
   *
   * @param config its {@code tokenizer_config.json}, or an empty object
   */
  static SpecialTokens read(Path directory, Fields config) {
    Map<String, Object> tokens = new LinkedHashMap<>();
    add(config, tokens);
    Path map = directory.resolve(MAP_NAME);
    // Where the added tokens are listed the config was written after the map, and is whole.
    if (!config.has("added_tokens_decoder") && Files.exists(map)) {
      add(new Fields(map, Json.object(map, MAX_BYTES)), tokens);
    }
    return new SpecialTokens(Collections.unmodifiableMap(tokens));
  }

  private static void add(Fields fields, Map<String, Object> tokens) {
    ObjectNode object = fields.object();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      JsonNode value = field.getValue();
      if (value.isNull()) {
        tokens.remove(name);
      } else if (ROLES.contains(name) || name.endsWith("_token") && value.isTextual()) {
        tokens.put(name, text(fields, name, value));
      } else if (name.equals(ADDITIONAL) && value.isArray()) {
        List<String> all = new ArrayList<>();
        value.forEach(token -> all.add(text(fields, name, token)));
        tokens.put(name, all);
      }
    }
  }

  /** A token is a text, or an object that holds it beside how it is found in other text. */
  private static String text(Fields fields, String name, JsonNode token) {
    String text = token.isObject() ? token.path("content").textValue() : token.textValue();
    if (text == null) {
      throw fields.wrong(name, "a text, or an object with a content", "download the file again");
    }
    return text;
  }
}

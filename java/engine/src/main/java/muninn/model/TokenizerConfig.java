package muninn.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import muninn.UserException;
import muninn.files.Fields;
import muninn.files.Json;

/**
 * What a checkpoint folder says about text beside its vocabulary: the special tokens by role, and
 * the chat template. A folder without {@code tokenizer_config.json} says nothing.
 *
 * @param specialTokens text of {@code bos_token}, {@code eos_token}, {@code pad_token}, where given
 * @param begin the begin token, where the folder says that it is put before a text
 */
record TokenizerConfig(
    Map<String, String> specialTokens, Optional<String> begin, Optional<Template> template) {
  static final String NAME = "tokenizer_config.json";
  private static final String TEMPLATE_FILE = "chat_template.jinja";
  private static final long MAX_BYTES = 16L << 20;
  private static final long MAX_TEMPLATE_BYTES = 256L << 10;

  /** A template and the file it stands in. */
  record Template(Path file, String source) {}

  static TokenizerConfig read(Path directory) {
    Path file = directory.resolve(NAME);
    ObjectNode object = Files.exists(file) ? Json.object(file, MAX_BYTES) : Json.NODES.objectNode();
    Map<String, String> specialTokens = new HashMap<>();
    for (String role : new String[] {"bos_token", "eos_token", "pad_token"}) {
      JsonNode token = object.path(role);
      String text = token.isObject() ? token.path("content").textValue() : token.textValue();
      if (text != null) {
        specialTokens.put(role, text);
      } else if (object.hasNonNull(role)) {
        throw new Fields(file, object)
            .wrong(role, "a text, or an object with a content", "download the file again");
      }
    }
    boolean add = object.path("add_bos_token").asBoolean(false);
    return new TokenizerConfig(
        specialTokens,
        Optional.ofNullable(add ? specialTokens.get("bos_token") : null),
        template(directory, new Fields(file, object)));
  }

  /** A file of its own wins, as in the published loaders. */
  private static Optional<Template> template(Path directory, Fields fields) {
    Path own = directory.resolve(TEMPLATE_FILE);
    if (Files.exists(own)) {
      return Optional.of(new Template(own, Json.text(own, MAX_TEMPLATE_BYTES)));
    }
    if (!fields.has("chat_template")) {
      return Optional.empty();
    }
    JsonNode node = fields.object().get("chat_template");
    for (JsonNode named : node) {
      if ("default".equals(named.path("name").textValue())) {
        node = named.path("template");
        break;
      }
    }
    String source = node.textValue();
    if (source == null) {
      throw fields.wrong(
          "chat_template",
          "a text, or a list of names and templates with one named default",
          "download the file again");
    }
    if (source.length() > MAX_TEMPLATE_BYTES) {
      throw UserException.of(
          "%s: field chat_template has %,d characters, wanted at most %,d; download the file again",
          fields.file(), source.length(), MAX_TEMPLATE_BYTES);
    }
    return Optional.of(new Template(fields.file(), source));
  }
}

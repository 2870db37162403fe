package muninn.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import muninn.UserException;
import muninn.files.Fields;
import muninn.files.Json;

/**
 * What a checkpoint folder says about text beside its vocabulary: the special tokens, and the chat
 * template. A folder without {@code tokenizer_config.json} may still have the files beside it.
 *
 * @param fields of that file; none without it
 * @param begin the begin token, where the folder says that it is put before a text
 */
public record TokenizerConfig(Fields fields, SpecialTokens specialTokens, Optional<String> begin) {
  public static final String NAME = "tokenizer_config.json";
  private static final String TEMPLATE_FILE = "chat_template.jinja";
  private static final String PROCESSOR_FILE = "chat_template.json";
  private static final String FIELD = "chat_template";
  private static final long MAX_BYTES = 16L << 20;
  private static final long MAX_TEMPLATE_BYTES = 256L << 10;

  /** A template and the file it stands in. */
  public record Template(Path file, String source) {}

  /**
   * Reads what is there, but for the template.
   *
   * @throws UserException when a file is broken, naming file and field
   */
  public static TokenizerConfig read(Path directory) {
    Path file = directory.resolve(NAME);
    ObjectNode object = Files.exists(file) ? Json.object(file, MAX_BYTES) : Json.NODES.objectNode();
    Fields fields = new Fields(file, object);
    SpecialTokens specialTokens = SpecialTokens.read(directory, fields);
    boolean add = object.path("add_bos_token").asBoolean(false);
    return new TokenizerConfig(
        fields, specialTokens, add ? specialTokens.text("bos_token") : Optional.empty());
  }

  /**
   * The template, which is read when it is asked for: who never talks needs none. A file of its own
   * wins, as in the published loaders; that of a processor comes last.
   *
   * @throws UserException when it is none, or empty, naming file and field
   */
  public Optional<Template> template() {
    Optional<Template> found = found();
    if (found.isPresent() && found.get().source().isBlank()) {
      throw UserException.of(
          "%s: the chat template is empty, and would make every conversation an empty prompt;"
              + " download the file again, or write the prompt out yourself",
          found.get().file());
    }
    return found;
  }

  private Optional<Template> found() {
    Path own = fields.file().resolveSibling(TEMPLATE_FILE);
    if (Files.exists(own)) {
      return Optional.of(new Template(own, Json.text(own, MAX_TEMPLATE_BYTES)));
    }
    Path processor = fields.file().resolveSibling(PROCESSOR_FILE);
    if (!fields.has(FIELD) && Files.exists(processor)) {
      return template(new Fields(processor, Json.object(processor, MAX_BYTES)));
    }
    return template(fields);
  }

  /** A text, or a list of named ones: of those, the one that is meant for talk without tools. */
  private static Optional<Template> template(Fields fields) {
    if (!fields.has(FIELD)) {
      return Optional.empty();
    }
    JsonNode node = fields.object().get(FIELD);
    for (JsonNode named : node) {
      if ("default".equals(named.path("name").textValue())) {
        node = named.path("template");
        break;
      }
    }
    String source = node.textValue();
    if (source == null) {
      throw fields.wrong(
          FIELD,
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

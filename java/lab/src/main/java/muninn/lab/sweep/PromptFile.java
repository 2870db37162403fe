package muninn.lab.sweep;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import muninn.UserException;
import muninn.files.Json;
import muninn.files.Lines;
import muninn.text.ChatTemplate.Message;
import muninn.wire.PromptReader;
import muninn.wire.Values;

/**
 * Reads prompts: a JSONL file with one of {@code prompt}, {@code messages}, {@code tokens} on each
 * line, as {@code muninn batch} takes them, and {@code answer} where one text is right; or, for
 * models that read no text, {@code random:COUNTxTOKENS}, ids drawn evenly from the vocabulary.
 */
public final class PromptFile {
  private static final Pattern RANDOM = Pattern.compile("random:([1-9]\\d{0,6})x([1-9]\\d{0,6})");
  private static final Set<String> OTHERS = Set.of("custom_id", "answer", "kind");
  private final Encoding encoding;

  /**
   * How text becomes tokens.
   *
   * @param prompt of a text to be continued
   * @param conversation of messages to be answered
   */
  public record Encoding(
      Function<String, int[]> prompt,
      Function<List<Message>, int[]> conversation,
      int vocabulary) {}

  public PromptFile(Encoding encoding) {
    this.encoding = encoding;
  }

  /** Whether that names made-up prompts, and no file. */
  public static boolean isRandom(String name) {
    return name.startsWith("random:");
  }

  /**
   * Reads what a grid names.
   *
   * @throws UserException naming file, line and field
   */
  public List<Prompt> read(String name, long seed) {
    return isRandom(name) ? random(name, seed) : read(Path.of(name));
  }

  private List<Prompt> random(String name, long seed) {
    Matcher parts = RANDOM.matcher(name);
    if (!parts.matches()) {
      throw UserException.of(
          "prompts is '%s', wanted a file, or random:COUNTxTOKENS like random:256x16", name);
    }
    SplittableRandom random = new SplittableRandom(seed);
    int length = Integer.parseInt(parts.group(2));
    List<Prompt> prompts = new ArrayList<>();
    for (int i = Integer.parseInt(parts.group(1)); i > 0; i--) {
      int[] tokens = random.ints(length, 0, encoding.vocabulary()).toArray();
      prompts.add(new Prompt(tokens, Optional.empty()));
    }
    return prompts;
  }

  private List<Prompt> read(Path file) {
    return Lines.map(file, "prompts", "prompt, messages or tokens", this::parse);
  }

  private Prompt parse(String line) {
    ObjectNode object = Json.line(line);
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (!PromptReader.FIELDS.contains(field.getKey()) && !OTHERS.contains(field.getKey())) {
        throw UserException.of(
            "unknown field %s: a line has one of prompt, messages, tokens, and custom_id, answer,"
                + " kind; how prompts are answered is for the grid to say",
            Json.shortened(field.getKey()));
      }
    }
    int[] tokens = new PromptReader(encoding.prompt(), encoding.conversation()).read(object);
    Optional<String> answer =
        object.hasNonNull("answer")
            ? Optional.of(Values.string("answer", object.get("answer")))
            : Optional.empty();
    return new Prompt(tokens, answer);
  }
}

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

/**
 * Reads prompts: a JSONL file with one of {@code prompt}, {@code messages}, {@code tokens} on each
 * line, as {@code muninn batch} takes them, and {@code answer} where one text is right; or, for
 * models that read no text, {@code random:COUNTxTOKENS}, ids drawn evenly from the vocabulary.
 */
public final class PromptFile {
  private static final Pattern RANDOM = Pattern.compile("random:([1-9]\\d{0,6})x([1-9]\\d{0,6})");
  private static final Set<String> PROMPTS = Set.of("prompt", "messages", "tokens");
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
    int[] tokens = null;
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      if (PROMPTS.contains(name)) {
        if (tokens != null) {
          throw new UserException("state one of prompt, messages, tokens");
        }
        tokens = tokens(name, field.getValue());
      } else if (!OTHERS.contains(name)) {
        throw UserException.of(
            "unknown field %s: a line has one of prompt, messages, tokens, and custom_id, answer,"
                + " kind; how prompts are answered is for the grid to say",
            Json.shortened(name));
      }
    }
    if (tokens == null) {
      throw new UserException("no prompt: state one of prompt, messages, tokens");
    }
    boolean answered = object.hasNonNull("answer");
    return new Prompt(tokens, answered ? Optional.of(text(object, "answer")) : Optional.empty());
  }

  private int[] tokens(String name, JsonNode value) {
    if (name.equals("prompt")) {
      if (!value.isTextual()) {
        throw new UserException("prompt must be a string, found " + Json.kind(value));
      }
      return encoding.prompt().apply(value.textValue());
    }
    if (!value.isArray() || value.isEmpty()) {
      throw new UserException(name + " must be a list that is not empty");
    }
    return name.equals("messages") ? encoding.conversation().apply(messages(value)) : ids(value);
  }

  private static int[] ids(JsonNode array) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!array.get(i).isIntegralNumber() || !array.get(i).canConvertToInt()) {
        throw UserException.of("tokens[%d] must be a token id", i);
      }
      ids[i] = array.get(i).intValue();
    }
    return ids;
  }

  private static List<Message> messages(JsonNode array) {
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : array) {
      messages.add(new Message(text(message, "role"), text(message, "content")));
    }
    return messages;
  }

  private static String text(JsonNode object, String name) {
    JsonNode value = object.path(name);
    if (!value.isTextual()) {
      throw new UserException(name + " must be a string, found " + Json.kind(value));
    }
    return value.textValue();
  }
}

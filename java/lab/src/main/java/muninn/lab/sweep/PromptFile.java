package muninn.lab.sweep;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import muninn.UserException;
import muninn.model.ChatTemplate.Message;

/**
 * Reads prompts: a JSONL file with one of {@code prompt}, {@code messages}, {@code tokens} on each
 * line, as {@code muninn batch} takes them, and {@code answer} where one text is right; or, for
 * models that read no text, {@code random:COUNTxTOKENS}, ids drawn evenly from the vocabulary.
 */
public final class PromptFile {
  private static final Pattern RANDOM = Pattern.compile("random:([1-9]\\d{0,6})x([1-9]\\d{0,6})");
  private static final Set<String> PROMPTS = Set.of("prompt", "messages", "tokens");
  private static final Set<String> OTHERS = Set.of("custom_id", "answer", "kind");
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

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

  static boolean isRandom(String name) {
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
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (MalformedInputException e) {
      throw new UserException("%s is not UTF-8 text".formatted(file), e);
    } catch (IOException e) {
      throw new UserException(
          "%s: cannot be read as prompts (%s): name a JSONL file with prompt, messages or tokens"
                  .formatted(file, Files.exists(file) ? e.getMessage() : "no such file")
              + " on each line",
          e);
    }
    List<Prompt> prompts = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        prompts.add(parse(lines.get(i), file + " line " + (i + 1)));
      }
    }
    if (prompts.isEmpty()) {
      throw UserException.of("%s holds no prompts", file);
    }
    return prompts;
  }

  private Prompt parse(String line, String place) {
    JsonNode object;
    try {
      object = MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      throw new UserException("%s is not valid JSON".formatted(place), e);
    }
    int[] tokens = null;
    for (String name : (Iterable<String>) object::fieldNames) {
      if (PROMPTS.contains(name)) {
        if (tokens != null) {
          throw UserException.of("%s: state one of prompt, messages, tokens", place);
        }
        tokens = tokens(name, object.get(name), place);
      } else if (!OTHERS.contains(name)) {
        throw UserException.of(
            "%s: unknown field %s: a line has one of prompt, messages, tokens, and custom_id,"
                + " answer, kind; how prompts are answered is for the grid to say",
            place, name);
      }
    }
    if (tokens == null) {
      throw UserException.of("%s: no prompt: state one of prompt, messages, tokens", place);
    }
    boolean answered = object.hasNonNull("answer");
    return new Prompt(
        tokens, answered ? Optional.of(text(object, "answer", place)) : Optional.empty());
  }

  private int[] tokens(String name, JsonNode value, String place) {
    if (name.equals("prompt")) {
      if (!value.isTextual()) {
        throw UserException.of("%s: prompt must be a string", place);
      }
      return encoding.prompt().apply(value.textValue());
    }
    if (!value.isArray() || value.isEmpty()) {
      throw UserException.of("%s: %s must be a list that is not empty", place, name);
    }
    return name.equals("messages")
        ? encoding.conversation().apply(messages(value, place))
        : ids(value, place);
  }

  private static int[] ids(JsonNode array, String place) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!array.get(i).isIntegralNumber() || !array.get(i).canConvertToInt()) {
        throw UserException.of("%s: tokens[%d] must be a token id", place, i);
      }
      ids[i] = array.get(i).intValue();
    }
    return ids;
  }

  private static List<Message> messages(JsonNode array, String place) {
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : array) {
      messages.add(new Message(text(message, "role", place), text(message, "content", place)));
    }
    return messages;
  }

  private static String text(JsonNode object, String name, String place) {
    JsonNode value = object.path(name);
    if (!value.isTextual()) {
      throw UserException.of("%s: %s must be a string", place, name);
    }
    return value.textValue();
  }
}

package muninn.model;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import muninn.UserException;
import muninn.files.Json;

/**
 * What Muninn itself must know of a {@code tokenizer.json}: the pieces by id, the special tokens,
 * and the tokens put before a text. Read as a stream in one pass. Kinds of tokenizer whose text
 * cannot be streamed exactly (anything but byte-level BPE) are refused by name.
 *
 * <p>The native library gets {@link #json}, in which post-processor, truncation and padding are
 * null: they are applied here or unwanted, and a broken post-processor would end the process inside
 * the library.
 *
 * @param pieces vocabulary and added tokens by id
 * @param added added tokens by text
 * @param special ids that decoding may skip
 * @param prefix ids that the post-processor puts before a text
 */
record TokenizerFile(
    Path file,
    String json,
    Map<Integer, String> pieces,
    Map<String, Integer> added,
    Set<Integer> special,
    List<Integer> prefix) {
  static final String NAME = "tokenizer.json";

  private static final long MAX_BYTES = 256L << 20;
  private static final Set<String> BLANKED = Set.of("post_processor", "truncation", "padding");

  /**
   * Reads and checks a file.
   *
   * @param rows rows of the embedding; a token with an id from there on is refused
   * @throws UserException naming file, field or token, what was found and wanted, and the remedy
   */
  static TokenizerFile read(Path file, int rows) {
    String json = Json.text(file, MAX_BYTES);
    try (JsonParser parser = Json.FACTORY.createParser(json)) {
      return new Scan(file, json, rows, parser).run();
    } catch (JacksonException e) {
      throw new UserException(
          file + ": not valid JSON: " + Json.reason(e) + "; download the file again", e);
    } catch (IOException e) {
      throw Json.unreadable(file, e);
    }
  }

  /** The id of an added token such as {@code <|end_text|>}, or null. */
  Integer addedId(String token) {
    return added.get(token);
  }

  /** One pass over the file. */
  private static final class Scan {
    private final Path file;
    private final String json;
    private final int rows;
    private final JsonParser parser;
    private final StringBuilder blanked = new StringBuilder();
    private int copied;

    private final Map<Integer, String> pieces = new HashMap<>();
    private final Map<String, Integer> added = new HashMap<>();
    private final Set<String> specialTexts = new HashSet<>();
    private List<String> prefix = List.of();
    private boolean byteLevel;

    Scan(Path file, String json, int rows, JsonParser parser) {
      this.file = file;
      this.json = json;
      this.rows = rows;
      this.parser = parser;
    }

    TokenizerFile run() throws IOException {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new UserException(file + ": is not a JSON object {…}; download the file again");
      }
      Map<Integer, String> addedPieces = new HashMap<>();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        parser.nextToken();
        int from = (int) parser.currentTokenLocation().getCharOffset();
        switch (field) {
          case "model" -> model();
          case "added_tokens" -> addedTokens(Json.tree(parser), addedPieces);
          case "post_processor" -> prefix = prefix(Json.tree(parser));
          case "decoder" ->
              byteLevel = "ByteLevel".equals(Json.tree(parser).path("type").textValue());
          default -> parser.skipChildren();
        }
        if (BLANKED.contains(field)) {
          blank(from, (int) parser.currentLocation().getCharOffset());
        }
      }
      if (parser.nextToken() != null) {
        throw new UserException(file + ": goes on after its JSON object; download the file again");
      }
      if (!byteLevel) {
        throw new UserException(
            file
                + ": field decoder is not of type ByteLevel, the only one whose text can be"
                + " streamed exactly; use a byte-level BPE tokenizer");
      }
      pieces.putAll(addedPieces);
      return new TokenizerFile(
          file, rest(), pieces, added, specialIds(), prefix.stream().map(this::prefixId).toList());
    }

    private void blank(int from, int to) {
      blanked.append(json, copied, from).append("null");
      copied = to;
    }

    private String rest() {
      return blanked.append(json, copied, json.length()).toString();
    }

    private void model() throws IOException {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw wrong("model", "an object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "type" -> {
            if (!"BPE".equals(parser.getValueAsString())) {
              throw wrong("model.type", "BPE");
            }
          }
          case "continuing_subword_prefix", "end_of_word_suffix" -> {
            String affix = parser.getValueAsString();
            if (affix != null && !affix.isEmpty()) {
              throw wrong("model." + field, "null, as byte-level BPE has it");
            }
            parser.skipChildren();
          }
          case "vocab" -> vocabulary();
          default -> parser.skipChildren();
        }
      }
    }

    private void vocabulary() throws IOException {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw wrong("model.vocab", "an object from pieces to ids");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String piece = parser.currentName();
        boolean number = parser.nextToken() == JsonToken.VALUE_NUMBER_INT;
        String other =
            pieces.put(number ? id(piece, parser.getBigIntegerValue().longValue()) : -1, piece);
        if (!number || other != null) {
          throw UserException.of(
              "%s: token %s has %s, wanted an id of its own; download the file again",
              file,
              Json.shortened(piece),
              number ? "the id of token " + Json.shortened(other) : "no id");
        }
      }
    }

    private int id(String piece, long id) {
      if (id < 0 || id >= rows) {
        throw UserException.of(
            "%s: token %s has id %d, wanted at most %d: a vocabulary larger than the embedding,"
                + " which has %d rows; use the tokenizer and the weights of one checkpoint",
            file, Json.shortened(piece), id, rows - 1, rows);
      }
      return (int) id;
    }

    private void addedTokens(JsonNode tokens, Map<Integer, String> addedPieces) {
      for (JsonNode token : tokens) {
        String text = token.path("content").textValue();
        if (text == null || !token.path("id").isIntegralNumber()) {
          throw new UserException(
              file + ": an entry of added_tokens lacks id or content; download the file again");
        }
        int id = id(text, token.path("id").canConvertToLong() ? token.path("id").longValue() : -1);
        if (addedPieces.put(id, text) != null || added.put(text, id) != null) {
          throw UserException.of(
              "%s: added token %s or its id %d is there twice; download the file again",
              file, Json.shortened(text), id);
        }
        if (token.path("special").asBoolean()) {
          specialTexts.add(text);
        }
      }
    }

    /** The special tokens that a post-processor's template has before the text itself. */
    private static List<String> prefix(JsonNode processor) {
      List<String> before = new ArrayList<>();
      switch (processor.path("type").asText()) {
        case "TemplateProcessing" -> {
          for (JsonNode item : processor.path("single")) {
            if (!item.has("SpecialToken")) {
              break;
            }
            before.add(item.path("SpecialToken").path("id").asText());
          }
        }
        case "Sequence" -> {
          // Each processor wraps what the ones before it made.
          for (JsonNode inner : processor.path("processors")) {
            before.addAll(0, prefix(inner));
          }
        }
        default -> {}
      }
      return before;
    }

    private int prefixId(String token) {
      Integer id = added.get(token);
      if (id == null) {
        throw UserException.of(
            "%s: the post_processor begins a text with %s, which is not among added_tokens;"
                + " download the file again",
            file, Json.shortened(token));
      }
      return id;
    }

    /** Decoding skips by text: a vocabulary piece that reads like a special token is one. */
    private Set<Integer> specialIds() {
      Set<Integer> ids = new HashSet<>();
      pieces.forEach(
          (id, piece) -> {
            if (specialTexts.contains(piece)) {
              ids.add(id);
            }
          });
      return ids;
    }

    private UserException wrong(String field, String wanted) throws IOException {
      return UserException.of(
          "%s: field %s is %s, wanted %s; use a byte-level BPE tokenizer, or download the file"
              + " again",
          file, field, Json.shortened(String.valueOf(parser.getText())), wanted);
    }
  }
}

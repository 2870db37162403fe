package muninn.files;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import muninn.UserException;

/**
 * Reads the small JSON files of a checkpoint, and lines of JSON. Everything that can be wrong with
 * such a file (not there, not a file, too large, not UTF-8, not JSON, a name given twice, nested
 * too deep) becomes one sentence that names it.
 */
public final class Json {
  private static final String REMEDY = "; download the file again";

  /**
   * Names given twice are an error; a number such as NaN is left to whoever asks for that field.
   */
  public static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  public static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** What Jackson adds about itself: where its source is, and what its settings would allow. */
  private static final Pattern OF_ITSELF =
      Pattern.compile(
          " \\(start marker at .*\\)$"
              + "|: (maybe a |expected a valid value|was expecting \\(?JSON|enable ).*"
              + "|(?<=\\(\\d{1,9}), from `.*`(?=\\))");

  private Json() {}

  /**
   * The object that a file holds.
   *
   * @param maxBytes larger files are refused before they are read
   * @throws UserException naming the file and what is wrong with it
   */
  public static ObjectNode object(Path file, long maxBytes) {
    JsonNode node;
    try (JsonParser parser = FACTORY.createParser(text(file, maxBytes))) {
      node = parser.nextToken() == null ? NODES.missingNode() : tree(parser);
      if (parser.nextToken() != null) {
        throw new UserException(file + ": goes on after its JSON object" + REMEDY);
      }
    } catch (JacksonException e) {
      throw new UserException(file + ": not valid JSON: " + reason(e) + REMEDY, e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new UserException(file + ": holds " + kind(node) + ", wanted a JSON object {…}" + REMEDY);
  }

  /**
   * The object that a line of a JSONL file holds.
   *
   * @throws UserException saying what is wrong, at which column; it names no file or line
   */
  public static ObjectNode line(String text) {
    return object(text, "a line");
  }

  /**
   * The object that a text holds.
   *
   * @param called the text, at the beginning of a sentence
   * @throws UserException saying what is wrong, at which column
   */
  public static ObjectNode object(String text, String called) {
    JsonNode node;
    try (JsonParser parser = FACTORY.createParser(text)) {
      node = parser.nextToken() == null ? NODES.missingNode() : tree(parser);
      if (parser.nextToken() != null) {
        throw UserException.of(
            "not valid JSON at column %d: it goes on after its end",
            parser.currentTokenLocation().getColumnNr());
      }
    } catch (JacksonException e) {
      int column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
      String where = column > 0 ? " at column " + column : "";
      throw new UserException("not valid JSON" + where + ": " + firstLine(e), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a text is in memory
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new UserException(called + " must be a JSON object, found " + kind(node));
  }

  /**
   * The value at which a parser stands; afterwards it stands at the value's last token. Jackson's
   * own mapper would do it too, but adds 75 ms to a cold opening of a checkpoint (200 to 125 ms,
   * measured on 4 cores).
   */
  public static JsonNode tree(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          object.set(name, tree(parser));
        }
        yield object;
      }
      case START_ARRAY -> {
        ArrayNode array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          array.add(tree(parser));
        }
        yield array;
      }
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT -> NODES.numberNode(parser.getIntValue());
            case LONG -> NODES.numberNode(parser.getLongValue());
            default -> NODES.numberNode(parser.getBigIntegerValue());
          };
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      default -> NODES.nullNode();
    };
  }

  /**
   * The whole of a UTF-8 file that is no larger than {@code maxBytes}, without the byte order mark
   * that some editors put before it.
   */
  public static String text(Path file, long maxBytes) {
    requireRegularFile(file);
    try {
      long bytes = Files.size(file);
      if (bytes > maxBytes) {
        throw UserException.of(
            "%s: is %,d bytes, wanted at most %,d; this is not a file of that kind: download it"
                + " again",
            file, bytes, maxBytes);
      }
      byte[] content = Text.withoutMark(Files.readAllBytes(file));
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw new UserException(file + ": is not UTF-8 text" + REMEDY, e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Refuses what is missing, and what could block or never end: folders, pipes, devices. */
  public static void requireRegularFile(Path file) {
    if (!Files.exists(file)) {
      throw new UserException(
          file + ": no such file; download the whole checkpoint folder, this file included");
    }
    if (!Files.isRegularFile(file)) {
      throw new UserException(
          file + ": is not a regular file; put the checkpoint's own file there");
    }
    OtherFile.refuse(file);
  }

  /** Of a file that the system refuses to read. */
  public static UserException unreadable(Path file, IOException e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new UserException(
        file + ": cannot be read (" + why + "); check its permissions and the disk", e);
  }

  /** Jackson's reason on one line, with line and column where it knows them. */
  public static String reason(JacksonException e) {
    String first = firstLine(e);
    var at = e.getLocation();
    return at == null || at.getLineNr() <= 0
        ? first
        : first + " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
  }

  /** Without what Jackson says of itself, which tells nobody anything. */
  private static String firstLine(JacksonException e) {
    String message = e.getOriginalMessage();
    String first =
        message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable");
    return shortened(OF_ITSELF.matcher(first).replaceFirst(""));
  }

  /** What a node is, in words, for "found …" in a sentence. */
  public static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "an object";
      case STRING -> "the text " + shortened(node.toString());
      case NUMBER, BOOLEAN -> shortened(node.toString());
      case NULL -> "null";
      case MISSING -> "nothing";
      default -> "something else";
    };
  }

  /**
   * At most 120 characters of text from a file, none a control character, so that a message stays
   * one line.
   */
  public static String shortened(String text) {
    String cut = text.length() <= 120 ? text : text.substring(0, 120) + "…";
    return cut.replaceAll("[\\p{Cc}\\p{Cf}\\x{2028}\\x{2029}]", "?");
  }
}

package muninn.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import muninn.UserException;
import muninn.files.Json;
import muninn.text.regex.Regex;
import muninn.text.regex.RegexException;

/**
 * A value in {@code tokenizer.json}, such as a normalizer, and where it stands. Each getter checks
 * the type, and its refusal names file, field, what was found and wanted, and the remedy.
 *
 * @param place the field's name, with those of the fields around it
 */
record Part(Path file, String place, JsonNode node) {
  /** Most entries of a list of parts; published files have up to ten. */
  private static final int MOST_PARTS = 100;

  /** Characters of a place that is no more of use to a reader. */
  private static final int MOST_PLACE = 400;

  private static final String REMEDY =
      "use a checkpoint whose tokenizer is a BPE of the ByteLevel or the SentencePiece kind, or"
          + " download the file again";

  boolean isNull() {
    return node.isNull() || node.isMissingNode();
  }

  Part field(String name) {
    return new Part(file, place + "." + name, node.path(name));
  }

  /** The kind of part it is, by its field {@code type}. */
  String type() {
    if (!node.isObject()) {
      throw wrong("an object with a type");
    }
    return field("type").text();
  }

  /** Says that the type of this part is none that is known. */
  UserException unknown(String... known) {
    return field("type").wrong("one of " + String.join(", ", known));
  }

  String text() {
    if (!node.isTextual()) {
      throw wrong("a text");
    }
    return node.textValue();
  }

  /** A text of one character. */
  int character() {
    String text = text();
    if (text.isEmpty() || text.codePointCount(0, text.length()) != 1) {
      throw wrong("one character");
    }
    return text.codePointAt(0);
  }

  boolean flag() {
    if (!node.isBoolean()) {
      throw wrong("true or false");
    }
    return node.booleanValue();
  }

  boolean flag(boolean ifMissing) {
    return isNull() ? ifMissing : flag();
  }

  int count(int most) {
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < 0
        || node.intValue() > most) {
      throw wrong("a whole number from 0 to " + most);
    }
    return node.intValue();
  }

  /** The entries of a list. */
  List<Part> list() {
    if (!node.isArray() || node.size() > MOST_PARTS) {
      throw wrong("a list of at most " + MOST_PARTS + " entries");
    }
    if (place.length() > MOST_PLACE) {
      throw wrong("parts that stand in each other less deep");
    }
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      parts.add(new Part(file, place + "[" + i + "]", node.get(i)));
    }
    return List.copyOf(parts);
  }

  /** A pattern: {@code {"String": …}}, which stands for itself, or {@code {"Regex": …}}. */
  Regex pattern() {
    if (node.size() == 1 && node.has("String")) {
      return Regex.literal(field("String").text());
    }
    if (node.size() != 1 || !node.has("Regex")) {
      throw wrong("an object with one field, String or Regex");
    }
    Part pattern = field("Regex");
    try {
      return Regex.of(pattern.text());
    } catch (RegexException e) {
      throw pattern.wrong("a pattern that is supported (" + Json.shortened(e.getMessage()) + ")");
    }
  }

  /** A refusal of this value. */
  UserException wrong(String wanted) {
    String found = node.isTextual() ? Json.shortened(node.textValue()) : Json.kind(node);
    return UserException.of(
        "%s: field %s is %s, wanted %s; %s", file, Json.shortened(place), found, wanted, REMEDY);
  }
}

package muninn.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.files.Json;

/** Values of JSON: as plain Java ones, and as a message calls them. */
public final class Values {
  private static final int MOST_CHARACTERS = 40;

  private Values() {}

  /**
   * A value as {@link muninn.engine.request.OptionType#plain} takes it; null is null.
   *
   * @param name what a message calls it
   * @throws UserException when a text in it is none
   */
  public static Object plain(String name, JsonNode value) {
    return switch (value.getNodeType()) {
      case BOOLEAN -> value.booleanValue();
      case STRING -> string(name, value);
      case NUMBER ->
          value.isIntegralNumber() && value.canConvertToLong()
              ? (Object) value.longValue()
              : (Object) value.doubleValue();
      case ARRAY -> {
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < value.size(); i++) {
          list.add(plain(name + "[" + i + "]", value.get(i)));
        }
        yield list;
      }
      case OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : value.properties()) {
          map.put(field.getKey(), plain(name + "." + field.getKey(), field.getValue()));
        }
        yield map;
      }
      default -> null;
    };
  }

  /** A value as an error names it: small ones as they stand, others by their kind. */
  public static String found(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> value.isEmpty() ? "an empty list" : "a list";
      case NULL -> "null";
      case MISSING -> "missing";
      case STRING ->
          value.textValue().length() > MOST_CHARACTERS
              ? "a text"
              : '"' + Json.shortened(value.textValue()) + '"';
      default -> value.asText();
    };
  }

  /**
   * A text.
   *
   * @throws UserException when it is none, or holds half a character
   */
  public static String string(String name, JsonNode value) {
    if (!value.isTextual()) {
      throw UserException.of("%s is %s, wanted a text", name, found(value));
    }
    String text = value.textValue();
    if (text.codePoints()
        .anyMatch(c -> Character.isBmpCodePoint(c) && Character.isSurrogate((char) c))) {
      throw UserException.of("%s holds half a character (a lone UTF-16 surrogate)", name);
    }
    return text;
  }

  /**
   * A whole number of 32 bits.
   *
   * @throws UserException when it is none, or too large
   */
  public static int integer(String name, JsonNode value) {
    if (value.isNumber() && value.doubleValue() == value.intValue()) {
      return value.intValue();
    }
    throw UserException.of("%s is %s, wanted a whole number below 2^31", name, found(value));
  }
}

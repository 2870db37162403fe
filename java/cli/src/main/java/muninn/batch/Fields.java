package muninn.batch;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Reads values of one expected type; anything else is refused with its name and what was found. */
final class Fields {
  private Fields() {}

  static int integer(String name, JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new LineException("%s must be a whole number below 2^31, found %s", name, kind(value));
    }
    return value.intValue();
  }

  static long whole(String name, JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new LineException("%s must be a whole number below 2^63, found %s", name, kind(value));
    }
    return value.longValue();
  }

  static float number(String name, JsonNode value) {
    if (!value.isNumber() || !Float.isFinite(value.floatValue())) {
      throw new LineException("%s must be a number, found %s", name, kind(value));
    }
    return value.floatValue();
  }

  static boolean bool(String name, JsonNode value) {
    if (!value.isBoolean()) {
      throw new LineException("%s must be true or false, found %s", name, kind(value));
    }
    return value.booleanValue();
  }

  static List<String> strings(String name, JsonNode value) {
    if (value.isTextual()) {
      return List.of(string(name, value));
    }
    if (!value.isArray()) {
      throw new LineException(
          "%s must be a string or a list of strings, found %s", name, kind(value));
    }
    List<String> strings = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      strings.add(string(name + "[" + i + "]", value.get(i)));
    }
    return List.copyOf(strings);
  }

  static String string(String name, JsonNode value) {
    if (value == null) {
      throw new LineException("%s is missing", name);
    }
    if (!value.isTextual()) {
      throw new LineException("%s must be a string, found %s", name, kind(value));
    }
    String text = value.textValue();
    if (!wellFormed(text)) {
      throw new LineException("%s holds half a character (a lone UTF-16 surrogate)", name);
    }
    return text;
  }

  private static boolean wellFormed(String text) {
    return text.codePoints()
        .noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  /** A value as an error names it: small ones as they stand, others by their type. */
  static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "a list";
      case NULL -> "null";
      case STRING -> value.textValue().length() > 40 ? "a string" : "\"" + value.textValue() + "\"";
      default -> value.asText();
    };
  }
}

package muninn.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Collectors;
import muninn.UserException;

/**
 * Typed access to the fields of one JSON file, or of an object within it. Each getter checks type
 * and range, and its refusal names file, field, what was found, what was wanted and the remedy. A
 * field that is {@code null} counts as missing, as it does in the published code.
 *
 * @param at what stands before a field's name in messages: where the object is within the file
 */
public record Fields(Path file, ObjectNode object, String at) {
  private static final String REMEDY = "correct the field, or download the file again";
  private static final String NO_OTHER =
      "no other value is implemented, so the model would answer wrongly: use a checkpoint with it";

  public Fields(Path file, ObjectNode object) {
    this(file, object, "");
  }

  /** The fields of an object that is a field of this one. */
  public Fields inner(String field) {
    if (object.get(field) instanceof ObjectNode inner) {
      return new Fields(file, inner, name(field) + ".");
    }
    throw wrong(field, "an object {…}", REMEDY);
  }

  /** A field's name as messages have it. */
  public String name(String field) {
    return at + field;
  }

  /** Whether the field is there, and not null. */
  public boolean has(String field) {
    return object.hasNonNull(field);
  }

  /** A whole number within bounds that must be there. */
  public int integer(String field, int min, int max) {
    JsonNode node = object.get(field);
    String wanted = "a whole number from " + min + " to " + max;
    if (node == null || node.isNull()) {
      throw missing(field, wanted);
    }
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < min
        || node.intValue() > max) {
      throw wrong(field, wanted, REMEDY);
    }
    return node.intValue();
  }

  /** The same, or what stands for a field that is missing. */
  public int integer(String field, int min, int max, int ifMissing) {
    return has(field) ? integer(field, min, max) : ifMissing;
  }

  /**
   * A number above zero and at most {@code max}, as a float32 that is neither zero nor infinite.
   */
  public float positive(String field, float max, float ifMissing) {
    return has(field) ? positive(field, max) : ifMissing;
  }

  /** The same of a field that must be there. */
  public float positive(String field, float max) {
    if (!has(field)) {
      throw missing(field, "a number above 0");
    }
    float value = object.get(field).isNumber() ? object.get(field).floatValue() : Float.NaN;
    if (!(value > 0f && value <= max)) {
      throw wrong(field, "a number above 0 and at most " + max, REMEDY);
    }
    return value;
  }

  /** A truth value. */
  public boolean flag(String field, boolean ifMissing) {
    if (!has(field)) {
      return ifMissing;
    }
    if (!object.get(field).isBoolean()) {
      throw wrong(field, "true or false", REMEDY);
    }
    return object.get(field).booleanValue();
  }

  /** A text that must be there. */
  public String string(String field) {
    JsonNode node = object.get(field);
    if (node == null || node.isNull()) {
      throw missing(field, "a text");
    }
    if (!node.isTextual()) {
      throw wrong(field, "a text", REMEDY);
    }
    return node.textValue();
  }

  /** Refuses a field that is there with another value than the one implemented. */
  public void only(String field, Object implemented, String meaning) {
    if (!has(field)) {
      return;
    }
    JsonNode node = object.get(field);
    boolean same =
        switch (implemented) {
          case Integer n -> node.isNumber() && node.doubleValue() == n;
          case Float f -> node.isNumber() && node.floatValue() == f;
          case Boolean b -> node.isBoolean() && node.booleanValue() == b;
          default -> node.isTextual() && node.textValue().equals(implemented);
        };
    if (!same) {
      throw wrong(field, implemented + " (" + meaning + ")", NO_OTHER);
    }
  }

  /** Refuses a field that is there with a text that is not among these. */
  public void oneOf(String field, Collection<String> implemented, String meaning) {
    if (has(field) && !implemented.contains(object.get(field).asText())) {
      String values = implemented.stream().sorted().collect(Collectors.joining(", "));
      throw wrong(field, "one of " + values + " (" + meaning + ")", NO_OTHER);
    }
  }

  /** Of a field with another value than wanted: names file, field, both, and the remedy. */
  public UserException wrong(String field, String wanted, String remedy) {
    return UserException.of(
        "%s: field %s is %s, wanted %s; %s",
        file, name(field), Json.kind(object.path(field)), wanted, remedy);
  }

  /** Of a field that is not there. */
  public UserException missing(String field, String wanted) {
    return UserException.of(
        "%s: field %s is missing, wanted %s; download the file again", file, name(field), wanted);
  }
}

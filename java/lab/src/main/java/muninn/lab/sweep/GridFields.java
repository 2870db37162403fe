package muninn.lab.sweep;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;
import muninn.wire.Values;

/**
 * The keys of one object of a grid, read with their types; every refusal names file, key, what was
 * found and what is wanted. Where a grid may vary a value, one stands for a list of one.
 */
final class GridFields {
  private final JsonNode object;
  private final String place;

  /**
   * @param place how a message begins: the file and, below its top, the key of the object
   */
  GridFields(JsonNode object, String place, List<String> keys) {
    this.object = object;
    this.place = place;
    if (!object.isObject()) {
      throw UserException.of("%s: wanted keys and values, found %s", place, found(object));
    }
    for (String name : (Iterable<String>) object::fieldNames) {
      if (!keys.contains(name)) {
        throw UserException.of(
            "%s: unknown key '%s', wanted one of %s", place, name, String.join(", ", keys));
      }
    }
  }

  boolean has(String key) {
    return object.has(key);
  }

  UserException refused(String key, String found, String wanted) {
    return UserException.of("%s: %s is %s, wanted %s", place, key, found, wanted);
  }

  UserException without(String key, String what) {
    return UserException.of("%s: %s is stated without %s", place, key, what);
  }

  int integer(String key, int otherwise, int least) {
    return has(key) ? integer(key, object.get(key), least) : otherwise;
  }

  /** Options of requests, over the usual ones. */
  Options options(List<RequestOption<?>> options) {
    List<RequestOption.Stated<?>> stated = new ArrayList<>();
    for (RequestOption<?> option : options) {
      if (has(option.name())) {
        stated.add(stated(option));
      }
    }
    return RequestOptions.over(Options.DEFAULT, stated);
  }

  private <T> RequestOption.Stated<T> stated(RequestOption<T> option) {
    return stated(option, option.name(), object.get(option.name()));
  }

  private <T> RequestOption.Stated<T> stated(RequestOption<T> option, String key, JsonNode value) {
    try {
      return option.stated(Values.plain(key, value), found(value));
    } catch (UserException e) {
      throw new UserException(place + ": " + e.getMessage(), e);
    }
  }

  /** The values of an option of requests, as a line of a batch may state them. */
  <T> List<T> values(RequestOption<T> option, T otherwise) {
    List<T> values = new ArrayList<>();
    each(option.name()).forEach(value -> values.add(stated(option, option.name(), value).value()));
    return values.isEmpty() ? List.of(otherwise) : List.copyOf(values);
  }

  boolean bool(String key, boolean otherwise) {
    return has(key) ? bool(key, object.get(key)) : otherwise;
  }

  List<Boolean> bools(String key, boolean otherwise) {
    List<Boolean> values = new ArrayList<>();
    each(key).forEach(value -> values.add(bool(key, value)));
    return values.isEmpty() ? List.of(otherwise) : List.copyOf(values);
  }

  Optional<String> string(String key) {
    return has(key) ? Optional.of(string(key, object.get(key))) : Optional.empty();
  }

  List<Integer> integers(String key, int otherwise, int least) {
    List<Integer> values = new ArrayList<>();
    each(key).forEach(value -> values.add(integer(key, value, least)));
    return values.isEmpty() ? List.of(otherwise) : List.copyOf(values);
  }

  List<Float> numbers(String key) {
    List<Float> values = new ArrayList<>();
    each(key).forEach(value -> values.add(number(key, value)));
    return List.copyOf(values);
  }

  /** Words; numbers count as such too. */
  List<String> words(String key, String otherwise) {
    List<String> values = new ArrayList<>();
    each(key)
        .forEach(
            value -> values.add(value.isIntegralNumber() ? value.asText() : string(key, value)));
    return values.isEmpty() ? List.of(otherwise) : List.copyOf(values);
  }

  /** Objects with these keys, at least one. */
  List<GridFields> blocks(String key, List<String> keys) {
    if (!has(key)) {
      throw UserException.of("%s: the key %s is missing, which says what to try", place, key);
    }
    List<GridFields> blocks = new ArrayList<>();
    int number = 0;
    for (JsonNode value : each(key)) {
      String at =
          object.get(key).isArray() ? String.format(Locale.ROOT, "%s[%d]", key, number++) : key;
      blocks.add(new GridFields(value, place + ": " + at, keys));
    }
    return blocks;
  }

  private List<JsonNode> each(String key) {
    JsonNode value = object.path(key);
    if (!has(key)) {
      return List.of();
    }
    if (!value.isArray()) {
      return List.of(value);
    }
    if (value.isEmpty()) {
      throw refused(key, "an empty list", "at least one value, or no such key");
    }
    List<JsonNode> values = new ArrayList<>();
    value.forEach(values::add);
    return values;
  }

  private int integer(String key, JsonNode value, int least) {
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least) {
      throw refused(
          key, found(value), String.format(Locale.ROOT, "a whole number from %d on", least));
    }
    return value.intValue();
  }

  private float number(String key, JsonNode value) {
    float number = value.floatValue();
    if (!value.isNumber() || !Float.isFinite(number) || number < 0) {
      throw refused(key, found(value), "a number from 0 on");
    }
    return number;
  }

  private boolean bool(String key, JsonNode value) {
    if (!value.isBoolean()) {
      throw refused(key, found(value), "true or false");
    }
    return value.booleanValue();
  }

  private String string(String key, JsonNode value) {
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw refused(key, found(value), "a word");
    }
    return value.textValue();
  }

  private static String found(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "a list";
      case NULL -> "nothing";
      case STRING -> value.textValue().length() > 40 ? "a text" : "'" + value.textValue() + "'";
      default -> value.asText();
    };
  }
}

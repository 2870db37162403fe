package muninn.cli.args;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What was given on a command line: a value for each option of the command that was there, and the
 * default of every other one.
 */
public final class Arguments {
  private final List<String> line;
  private final Map<String, Given> given; // by the option's usual name

  /** A value, and the name before it as it was typed. */
  record Given(String name, String text, Object value) {}

  Arguments(List<String> line, Map<String, Given> given) {
    this.line = List.copyOf(line);
    this.given = Map.copyOf(given);
  }

  /** The value given, or else the default; null where there is neither. */
  @SuppressWarnings("unchecked") // read by the option of this name
  public <T> T get(Option<T> option) {
    Given found = given.get(option.name());
    return found == null ? option.standard() : (T) found.value();
  }

  /** Whether it was given. */
  public boolean has(Option<?> option) {
    return given.containsKey(option.name());
  }

  /** The name of an option as it was typed, or its usual one. */
  public String name(Option<?> option) {
    Given found = given.get(option.name());
    return found == null ? option.name() : found.name();
  }

  /** Everything that was typed, the command's name first. */
  public List<String> line() {
    return line;
  }

  /** Refuses the value of an option unless {@code holds}; {@code wanted} completes "must be …". */
  public void require(boolean holds, Option<?> option, String wanted) {
    if (!holds) {
      throw UsageException.of("%s: must be %s", said(option), wanted);
    }
  }

  /** Refuses all but the first of some options, which say the same thing in different ways. */
  public void atMostOne(Option<?>... options) {
    List<String> names = Stream.of(options).filter(this::has).map(this::name).toList();
    if (names.size() > 1) {
      throw UsageException.of(
          "%s exclude each other: give one of them", String.join(" and ", names));
    }
  }

  /** Refuses an option without the other, which it belongs to. */
  public void needs(Option<?> option, Option<?> other) {
    if (has(option) && !has(other)) {
      throw UsageException.of("%s needs %s %s", name(option), other.name(), other.value().label());
    }
  }

  private String said(Option<?> option) {
    Given found = given.get(option.name());
    if (found == null) {
      return option.standard() == null
          ? option.name()
          : option.name() + " " + option.standard() + ", the default";
    }
    return found.text() == null ? found.name() : found.name() + " " + found.text();
  }
}

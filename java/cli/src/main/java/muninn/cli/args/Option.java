package muninn.cli.args;

import java.util.List;

/**
 * An option of a command, or an operand of it, which has no dash: its names, what its value is and
 * what it is for, as data. Parser, help and shell completion all read the same constants.
 *
 * @param names as typed, the one that messages use first
 * @param standard the value where none is given; null where the command decides
 * @param help what it is for, the default included
 * @param common whether {@code --help} shows it; {@code --help-all} shows all
 * @param required whether the command cannot do without
 */
public record Option<T>(
    List<String> names, Value<T> value, T standard, String help, boolean common, boolean required) {

  /** An option with a value. */
  public static <T> Option<T> of(String name, Value<T> value, String help) {
    return new Option<>(List.of(name), value, null, help, false, false);
  }

  /** An option that is there or not. */
  public static Option<Boolean> flag(String name, String help) {
    return of(name, Value.flag(), help).or(false);
  }

  /** What stands on the command line without an option before it. */
  public static <T> Option<T> operand(String name, Value<T> value, String help) {
    return of(name, value, help).shown();
  }

  /** The same with a letter as a second name. */
  public Option<T> letter(char letter) {
    return new Option<>(List.of(name(), "-" + letter), value, standard, help, common, required);
  }

  /** The same with a longer second name, as other programs have it. */
  public Option<T> also(String name) {
    return new Option<>(List.of(name(), name), value, standard, help, common, required);
  }

  /** The same with a value where none is given. */
  public Option<T> or(T value) {
    return new Option<>(names, this.value, value, help, common, required);
  }

  /** The same with a value where none is given, which help tells. */
  public Option<T> byDefault(T value) {
    return or(value).byDefaultSaid(value.toString());
  }

  /** The same with a default that help tells in these words. */
  public Option<T> byDefaultSaid(String words) {
    return new Option<>(
        names, value, standard, help + " Default: " + words + ".", common, required);
  }

  /** The same with other words of help. */
  public Option<T> helping(String help) {
    return new Option<>(names, value, standard, help, common, required);
  }

  /** The same as one that most people want to know. */
  public Option<T> shown() {
    return new Option<>(names, value, standard, help, true, required);
  }

  /** The same as one that must be given. */
  public Option<T> needed() {
    return new Option<>(names, value, standard, help, true, true);
  }

  /** The name that help and messages use. */
  public String name() {
    return names.getFirst();
  }

  /** Whether it stands without a name. */
  boolean isOperand() {
    return !name().startsWith("-");
  }
}

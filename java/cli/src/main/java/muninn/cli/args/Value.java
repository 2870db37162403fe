package muninn.cli.args;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.DoublePredicate;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import muninn.UserException;

/**
 * What the text behind an option means: how it is called in help, how it is read, what a shell
 * offers for it. Numbers are read in ASCII digits, whatever the locale.
 *
 * @param label how help calls the value; null for a flag, which has none
 * @param wanted what the text has to be; completes "must be …"
 * @param reader empty where the text is no such value; a {@link UserException} says why itself
 * @param join of two values given one after the other; null where only one may be given
 */
public record Value<T>(
    String label,
    String wanted,
    Function<String, Optional<T>> reader,
    ShellCompletion completion,
    BinaryOperator<T> join) {

  private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,19}");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  /** An option that is there or not. */
  static Value<Boolean> flag() {
    return new Value<>(
        null, "left alone", text -> Optional.of(true), ShellCompletion.NOTHING, null);
  }

  /** Any text. */
  public static Value<String> text(String label) {
    return new Value<>(label, "text", Optional::of, ShellCompletion.NOTHING, null);
  }

  /** One of a few words. */
  public static Value<String> oneOf(List<String> words) {
    String wanted =
        words.size() == 1
            ? words.getFirst()
            : String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
    return new Value<>(
        String.join("|", words),
        wanted,
        text -> Optional.of(text).filter(words::contains),
        new ShellCompletion.Words(words),
        null);
  }

  /** A whole number in a range. */
  public static Value<Integer> whole(String label, int least, int most) {
    return longs(label, least, most).read(text -> wholeIn(text, least, most).map(Long::intValue));
  }

  /** A whole number from {@code least} on. */
  public static Value<Integer> whole(String label, int least) {
    return whole(label, least, Integer.MAX_VALUE);
  }

  /** Any whole number of 64 bits. */
  public static Value<Long> longs(String label) {
    return longs(label, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private static Value<Long> longs(String label, long least, long most) {
    String wanted =
        least == Long.MIN_VALUE
            ? "a whole number"
            : most >= Integer.MAX_VALUE
                ? "a whole number, at least " + least
                : String.format(Locale.ROOT, "a whole number from %d to %d", least, most);
    return new Value<>(
        label, wanted, text -> wholeIn(text, least, most), ShellCompletion.NOTHING, null);
  }

  private static Optional<Long> wholeIn(String text, long least, long most) {
    if (!WHOLE.matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseLong(text)).filter(n -> n >= least && n <= most);
    } catch (NumberFormatException e) {
      return Optional.empty(); // 19 digits, and too many
    }
  }

  /** A finite number that holds to a condition; {@code wanted} completes "must be a number …". */
  public static Value<Double> number(String label, String wanted, DoublePredicate holds) {
    return new Value<>(
        label,
        "a number " + wanted,
        text ->
            NUMBER.matcher(text).matches()
                ? Optional.of(Double.parseDouble(text))
                    .filter(x -> Double.isFinite(x) && holds.test(x))
                : Optional.empty(),
        ShellCompletion.NOTHING,
        null);
  }

  /** The same in 32 bits. */
  public static Value<Float> real(String label, String wanted, DoublePredicate holds) {
    Value<Double> number =
        number(label, wanted, x -> Float.isFinite((float) x) && holds.test((float) x));
    return number.read(text -> number.reader().apply(text).map(Double::floatValue));
  }

  /** A file, there or not. */
  public static Value<Path> file(String label) {
    return path(label, ShellCompletion.FILES);
  }

  private static Value<Path> path(String label, ShellCompletion completion) {
    return new Value<>(label, "a path", Value::path, completion, null);
  }

  private static Optional<Path> path(String text) {
    try {
      return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
    } catch (InvalidPathException e) {
      throw UserException.because(e, "'%s' is no path here: %s", text, e.getReason());
    }
  }

  /** The same kind of value, read otherwise. */
  public <U> Value<U> read(Function<String, Optional<U>> reader) {
    return new Value<>(label, wanted, reader, completion, null);
  }

  /** The same kind of value, with these words to complete. */
  public Value<T> offering(ShellCompletion completion) {
    return new Value<>(label, wanted, reader, completion, join);
  }

  /** Several of them, separated by commas. */
  public Value<List<T>> list() {
    return new Value<>(
        label + ",…",
        "one or more of these, separated by commas: " + wanted,
        text -> {
          List<Optional<T>> parts = Stream.of(text.split(",", -1)).map(reader).toList();
          return parts.stream().allMatch(Optional::isPresent)
              ? Optional.of(parts.stream().flatMap(Optional::stream).toList())
              : Optional.empty();
        },
        completion,
        null);
  }

  /** As often as the option is repeated. */
  public Value<List<T>> repeated() {
    return new Value<>(
        label,
        wanted,
        text -> reader.apply(text).map(List::of),
        completion,
        (before, last) -> {
          List<T> all = new ArrayList<>(before);
          all.addAll(last);
          return List.copyOf(all);
        });
  }

  boolean isFlag() {
    return label == null;
  }

  /** The value that this text is, as it was typed behind {@code name}. */
  T of(String name, String text) {
    try {
      return reader
          .apply(text)
          .orElseThrow(() -> UsageException.of("%s %s: must be %s", name, shown(text), wanted));
    } catch (UserException e) {
      throw new UsageException(String.format(Locale.ROOT, "%s: %s", name, e.getMessage()), e);
    }
  }

  private static String shown(String text) {
    return text.isEmpty() || text.chars().anyMatch(Character::isWhitespace)
        ? "'" + text + "'"
        : text;
  }
}

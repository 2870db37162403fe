package muninn.engine.request;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.DoublePredicate;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import muninn.UserException;

/**
 * What the values of an option are: how they are read from a command line and from JSON, which of
 * them hold, and how they are told.
 *
 * @param label how help calls the value; empty for an option that is there or not
 * @param wanted what a value has to be; completes "must be …"
 * @param text reads what was typed; empty where it is no such value; a {@link UserException} says
 *     why itself
 * @param plain reads what stands in JSON, as {@link Boolean}, {@link Long}, {@link Double}, {@link
 *     String}, {@link List} or {@link java.util.Map}; empty where it is no such value
 * @param holds whether a value is in range; null, for what is not there, is never asked about
 * @param told as a record of options keeps it
 * @param join of two values given one after the other; null where only one may be given
 */
public record OptionType<T>(
    String label,
    String wanted,
    Function<String, Optional<T>> text,
    Function<Object, Optional<T>> plain,
    Predicate<T> holds,
    Function<T, String> told,
    BinaryOperator<T> join) {

  private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,19}");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");
  private static final double EXACT = 0x1p53; // whole numbers up to here are doubles

  /** A whole number of 32 bits; the hint, if any, follows its range. */
  static OptionType<Integer> whole(String label, int least, int most, String hint) {
    String range =
        most >= 1 << 30
            ? "a whole number, at least " + least
            : String.format(Locale.ROOT, "a whole number from %d to %d", least, most);
    return longs(label, range + hint, n -> n >= least && n <= most)
        .as(Long::intValue, Integer::longValue);
  }

  /** How many are kept, 0 for all; −1, which other programs write for that, is read as 0. */
  static OptionType<Integer> kept(String label) {
    OptionType<Integer> whole = whole(label, 0, Integer.MAX_VALUE, " (0 keeps all)");
    Function<Long, Integer> read = n -> n == -1 ? 0 : n.intValue();
    Predicate<Long> in = n -> n >= -1 && n <= Integer.MAX_VALUE;
    return new OptionType<>(
        label,
        whole.wanted,
        typed -> wholeOf(typed).filter(in).map(read),
        stated -> wholeOf(stated).filter(in).map(read),
        whole.holds,
        whole.told,
        null);
  }

  /** Any whole number of 64 bits. */
  static OptionType<Long> longs(String label) {
    return longs(label, "a whole number below 2^63", _ -> true);
  }

  private static OptionType<Long> longs(String label, String wanted, LongPredicate holds) {
    return new OptionType<>(
        label,
        wanted,
        OptionType::wholeOf,
        OptionType::wholeOf,
        holds::test,
        String::valueOf,
        null);
  }

  /** A number of 32 bits; {@code wanted} completes "a number …". */
  static OptionType<Float> real(String label, String wanted, DoublePredicate holds) {
    Predicate<Float> in = x -> Float.isFinite(x) && holds.test(x);
    return new OptionType<>(
        label,
        "a number " + wanted,
        text ->
            NUMBER.matcher(text).matches() ? Optional.of(Float.parseFloat(text)) : Optional.empty(),
        value -> value instanceof Number n ? Optional.of(n.floatValue()) : Optional.empty(),
        in,
        x -> x == null ? "" : x.toString(),
        null);
  }

  /** There or not. */
  static OptionType<Boolean> flag() {
    return new OptionType<>(
        "",
        "true or false",
        _ -> Optional.of(true),
        value -> value instanceof Boolean b ? Optional.of(b) : Optional.empty(),
        _ -> true,
        String::valueOf,
        null);
  }

  /**
   * A form of words.
   *
   * @param parse throws an {@link IllegalArgumentException} saying what is wrong and wanted
   */
  static <T> OptionType<T> words(
      String label, String wanted, Function<String, T> parse, Function<T, String> told) {
    Function<String, Optional<T>> read =
        text -> {
          try {
            return Optional.of(parse.apply(text));
          } catch (IllegalArgumentException e) {
            throw new UserException(e.getMessage(), e);
          }
        };
    return new OptionType<>(
        label,
        wanted,
        read,
        value -> value instanceof String text ? read.apply(text) : Optional.empty(),
        _ -> true,
        told,
        null);
  }

  /** Texts, none of them empty; one alone stands for a list. */
  static OptionType<List<String>> texts(String label) {
    return new OptionType<>(
        label,
        "a text that is not empty, or a list of such",
        text -> Optional.of(List.of(text)),
        OptionType::textsOf,
        texts -> texts.stream().noneMatch(String::isEmpty),
        OptionType::quoted,
        OptionType::both);
  }

  /** The same values as another type's, seen otherwise. */
  private <U> OptionType<U> as(Function<T, U> there, Function<U, T> back) {
    return new OptionType<>(
        label,
        wanted,
        typed -> text.apply(typed).filter(holds).map(there),
        value -> plain.apply(value).filter(holds).map(there),
        value -> holds.test(back.apply(value)),
        value -> value == null ? "" : told.apply(back.apply(value)),
        null);
  }

  /** Whether it is there or not, and has no value. */
  public boolean isFlag() {
    return label.isEmpty();
  }

  private static Optional<Long> wholeOf(String text) {
    if (!WHOLE.matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return Optional.empty(); // 19 digits, and too many
    }
  }

  /** 4.0 is a whole number too: so data frames write a column that has gaps. */
  private static Optional<Long> wholeOf(Object value) {
    return switch (value) {
      case Long n -> Optional.of(n);
      case Double d when d == Math.rint(d) && Math.abs(d) <= EXACT -> Optional.of(d.longValue());
      default -> Optional.empty();
    };
  }

  private static Optional<List<String>> textsOf(Object value) {
    if (value instanceof String text) {
      return Optional.of(List.of(text));
    }
    if (!(value instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
      return Optional.empty();
    }
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add((String) text));
    return Optional.of(List.copyOf(texts));
  }

  private static List<String> both(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return List.copyOf(all);
  }

  /** Told apart however they are put together. */
  private static String quoted(List<String> texts) {
    StringBuilder all = new StringBuilder("[");
    for (String text : texts) {
      all.append(all.length() == 1 ? "" : ",").append('"');
      all.append(text.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
    }
    return all.append(']').toString();
  }
}

package muninn.lab.report;

import java.util.function.DoubleFunction;

/** How people read the values of a column; programs get them as they are. */
public enum ColumnFormat {
  /** Texts and whole numbers as they are, others with three digits. */
  PLAIN(Numbers::three),
  /** A share, in per cent. */
  PERCENT(Numbers::percent),
  /** Nanoseconds, each in the unit that suits it. */
  TIME(Numbers::time),
  /** Nanoseconds, in milliseconds, as the heading says. */
  MILLIS(nanos -> Numbers.three(nanos / 1e6)),
  /** Nanoseconds, in microseconds, as the heading says. */
  MICROS(nanos -> Numbers.three(nanos / 1e3)),
  /** Bytes, each in the unit that suits it. */
  BYTES(Numbers::bytes),
  /** A billion of them, as the heading says. */
  GIGA(value -> Numbers.three(value / 1e9));

  private final DoubleFunction<String> number;

  ColumnFormat(DoubleFunction<String> number) {
    this.number = number;
  }

  /** The value as text; a dash where there is none. */
  String shown(Object value) {
    boolean whole = value instanceof Integer || value instanceof Long;
    return switch (value) {
      case null -> "–";
      case Number n when this == PLAIN && whole -> n.toString();
      case Number n -> number.apply(n.doubleValue());
      case Boolean b -> b ? "yes" : "no";
      default -> value.toString();
    };
  }
}

package muninn.lab.report;

import java.util.function.Function;

/**
 * A column of a table before its rows are there: where its values come from, and under which name
 * programs and people find them.
 *
 * @param name for JSON and CSV: lower case, words joined by {@code _}, the unit included; empty
 *     where only people want it
 * @param heading for pages and terminals, the unit included; empty where only programs want it
 * @param value of a row: String, Boolean, Number, or null where there is none
 */
public record Column<R>(
    String name, String heading, ColumnFormat format, Function<? super R, ?> value) {

  /** For programs, until {@link #as} gives it a heading. */
  public static <R> Column<R> of(String name, Function<? super R, ?> value) {
    return new Column<>(name, "", ColumnFormat.PLAIN, value);
  }

  /** For people alone. */
  public static <R> Column<R> read(
      String heading, ColumnFormat format, Function<? super R, ?> value) {
    return new Column<>("", heading, format, value);
  }

  /** For people too, under that heading. */
  public Column<R> as(String heading) {
    return as(heading, ColumnFormat.PLAIN);
  }

  /** For people too, under that heading, in that format. */
  public Column<R> as(String heading, ColumnFormat format) {
    return new Column<>(name, heading, format, value);
  }
}

package muninn.lab.report;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Numbers in long form, a row an observation: one CSV file, one list of objects in the JSON, and,
 * where its columns have headings, a table to be read.
 *
 * @param name for file names and JSON keys: lower case, words joined by {@code _}
 * @param note what a row is
 * @param rows values in the order of heads: String, Boolean, Number, or null where there is none
 */
public record Table(String name, String note, List<Head> heads, List<List<Object>> rows) {

  /** What {@link Column} says of a column. */
  public record Head(String name, String heading, ColumnFormat format) {}

  public Table {
    heads = List.copyOf(heads);
    rows = List.copyOf(rows);
    for (List<Object> row : rows) {
      if (row.size() != heads.size()) {
        throw new IllegalArgumentException(name + ": a row has not a value a column: " + row);
      }
    }
  }

  /** A row for each of these things. */
  public static <R> Table of(
      String name, String note, List<Column<R>> columns, List<? extends R> things) {
    return new Table(
        name,
        note,
        columns.stream().map(c -> new Head(c.name(), c.heading(), c.format())).toList(),
        things.stream().map(thing -> row(columns, thing)).toList());
  }

  private static <R> List<Object> row(List<Column<R>> columns, R thing) {
    Object[] row = columns.stream().map(column -> column.value().apply(thing)).toArray();
    return Collections.unmodifiableList(Arrays.asList(row));
  }

  /** The first rows alone. */
  public Table first(int most) {
    return new Table(name, note, heads, rows.subList(0, Math.min(most, rows.size())));
  }

  /** Places of the columns for programs. */
  List<Integer> named() {
    return places(false);
  }

  /** Places of the columns for people. */
  List<Integer> headed() {
    return places(true);
  }

  private List<Integer> places(boolean forPeople) {
    return IntStream.range(0, heads.size())
        .filter(c -> !(forPeople ? heads.get(c).heading() : heads.get(c).name()).isEmpty())
        .boxed()
        .toList();
  }

  /** A value as people read it. */
  String shown(List<Object> row, int column) {
    return heads.get(column).format().shown(row.get(column));
  }

  /** Whether a column holds numbers, which stand to the right. */
  boolean isNumber(int column) {
    return rows.stream().map(row -> row.get(column)).anyMatch(Number.class::isInstance);
  }
}

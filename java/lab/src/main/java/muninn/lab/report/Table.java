package muninn.lab.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Numbers in long form, a row an observation: one CSV file, one list of objects in the JSON.
 *
 * @param name for file names and JSON keys: lower case, words joined by {@code _}
 * @param note what a row is
 * @param columns names as in JSON: lower case, units in them
 * @param rows values in the order of columns: String, Boolean, Number, or null where there is none
 */
public record Table(String name, String note, List<String> columns, List<List<Object>> rows) {

  public Table {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
    for (List<Object> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(name + ": a row has not a value a column: " + row);
      }
    }
  }

  /** Starts a table to which rows are added. */
  public static Builder named(String name, String note, String... columns) {
    return new Builder(name, note, List.of(columns));
  }

  /** Collects rows. */
  public static final class Builder {
    private final String name;
    private final String note;
    private final List<String> columns;
    private final List<List<Object>> rows = new ArrayList<>();

    private Builder(String name, String note, List<String> columns) {
      this.name = name;
      this.note = note;
      this.columns = columns;
    }

    /** One row, a value a column. */
    public Builder row(Object... values) {
      rows.add(Collections.unmodifiableList(Arrays.asList(values.clone())));
      return this;
    }

    public Table build() {
      return new Table(name, note, columns, rows);
    }
  }
}

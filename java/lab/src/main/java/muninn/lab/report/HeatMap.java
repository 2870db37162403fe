package muninn.lab.report;

import java.util.List;

/**
 * A field of cells, each with its number or a text of its own. Cells without a value (NaN) stay
 * empty.
 *
 * @param values by row, then column
 * @param valueLabel what the colour stands for, with its unit
 * @param texts what cells say, by row; empty lets them say their values
 * @param scale how values become colours
 */
public record HeatMap(
    String rowLabel,
    List<String> rows,
    String columnLabel,
    List<String> columns,
    List<List<Double>> values,
    String valueLabel,
    List<List<String>> texts,
    Axis.Scale scale)
    implements Chart {

  public HeatMap {
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    values = values.stream().map(List::copyOf).toList();
    texts = texts.stream().map(List::copyOf).toList();
    int width = columns.size();
    if (values.size() != rows.size() || values.stream().anyMatch(row -> row.size() != width)) {
      throw new IllegalArgumentException("values need a row a name and a column a name");
    }
  }

  /** Cells say their values. */
  public static HeatMap of(
      String rowLabel,
      List<String> rows,
      String columnLabel,
      List<String> columns,
      List<List<Double>> values,
      String valueLabel) {
    return new HeatMap(
        rowLabel, rows, columnLabel, columns, values, valueLabel, List.of(), Axis.Scale.LINEAR);
  }
}

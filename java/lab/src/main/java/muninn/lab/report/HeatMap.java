package muninn.lab.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A field of cells, each with its number or a text of its own. Cells without a value (NaN) stay
 * empty.
 *
 * @param values by row, then column
 * @param valueLabel what the colour stands for, with its unit
 * @param texts what cells say, by row; empty lets them say their values
 */
public record HeatMap(
    String rowLabel,
    List<String> rows,
    String columnLabel,
    List<String> columns,
    List<List<Double>> values,
    String valueLabel,
    List<List<String>> texts)
    implements Chart {
  private static final int ROW = 26;
  private static final int MANY_COLUMNS = 9;

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
    return new HeatMap(rowLabel, rows, columnLabel, columns, values, valueLabel, List.of());
  }

  @Override
  public Map<String, Object> option() {
    List<Object> cells = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      for (int c = 0; c < columns.size(); c++) {
        if (Double.isFinite(values.get(r).get(c))) {
          cells.add(Arrays.asList(c, r, values.get(r).get(c), text(r, c)));
        }
      }
    }
    DoubleSummaryStatistics range =
        values.stream()
            .flatMap(List::stream)
            .mapToDouble(Double::doubleValue)
            .filter(Double::isFinite)
            .summaryStatistics();
    boolean empty = range.getCount() == 0;
    return ChartOption.of(
        "xAxis",
        Axis.names(columnLabel, columns),
        "yAxis",
        Axis.rows(rowLabel, rows),
        "visualMap",
        ChartOption.of(
            "min",
            empty ? 0 : range.getMin(),
            "max",
            empty ? 1 : range.getMax(),
            "name",
            valueLabel),
        "series",
        List.of(ChartOption.of("type", "heatmap", "name", valueLabel, "data", cells)));
  }

  private String text(int row, int column) {
    return texts.isEmpty()
        ? Numbers.shown(values.get(row).get(column))
        : texts.get(row).get(column);
  }

  @Override
  public int height() {
    return ROW * rows.size() + 96;
  }

  @Override
  public boolean wide() {
    return columns.size() > MANY_COLUMNS;
  }

  @Override
  public Table numbers() {
    List<Column<Integer>> all = new ArrayList<>();
    String corner = rowLabel.isEmpty() ? columnLabel : rowLabel + " \\ " + columnLabel;
    all.add(Column.read(corner, ColumnFormat.PLAIN, rows::get));
    for (int c = 0; c < columns.size(); c++) {
      int column = c;
      all.add(Column.read(columns.get(c), ColumnFormat.PLAIN, row -> cell(row, column)));
    }
    return Table.of("", "", all, IntStream.range(0, rows.size()).boxed().toList());
  }

  private Object cell(int row, int column) {
    double value = values.get(row).get(column);
    return texts.isEmpty() ? value : text(row, column) + " (" + Numbers.shown(value) + ")";
  }
}

package muninn.cli;

import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.lab.report.Numbers;
import muninn.lab.report.Report;
import muninn.lab.report.Table;

/** A profile in a few lines of at most 100 columns; the report has it all. */
final class ProfileTable {
  private static final int COLUMNS = 100;
  private static final int OPERATIONS = 12;
  private static final double MILLI = 1e6;
  private static final double MICRO = 1e3;

  private final PrintWriter out;
  private final Report report;

  private ProfileTable(PrintWriter out, Report report) {
    this.out = out;
    this.report = report;
  }

  static void print(PrintWriter out, Report report) {
    new ProfileTable(out, report).print();
    out.flush();
  }

  private void print() {
    wrapped(report.summary());
    line("");
    line("%-34s %8s %10s %10s %10s %10s", "ms", "count", "mean", "50 %", "99 %", "most");
    for (Map<String, Object> row : rows("latencies")) {
      line(
          "%-34s %8s %10s %10s %10s %10s",
          row.get("wait").toString().replace('_', ' '),
          row.get("count"),
          shown(row, "mean_nanos", MILLI),
          shown(row, "p50_nanos", MILLI),
          shown(row, "p99_nanos", MILLI),
          shown(row, "most_nanos", MILLI));
    }
    line("");
    line("%-34s %8s %10s %10s %10s", "stage", "calls", "µs/token", "of wall", "of ceiling");
    for (Map<String, Object> row : rows("stages")) {
      line(
          "%-34s %8s %10s %10s %10s",
          row.get("stage"),
          row.get("calls") == null ? "" : row.get("calls"),
          shown(row, "nanos_per_token", MICRO),
          percent(row, "share_of_wall"),
          percent(row, "of_ceiling"));
    }
    line("");
    line(
        "%-34s %8s %10s %10s %10s %10s %10s",
        "operation", "calls", "µs/token", "share", "of ceiling", "B/s", "FLOP/s");
    for (Map<String, Object> row : rows("operations").stream().limit(OPERATIONS).toList()) {
      line(
          "%-34s %8s %10s %10s %10s %10s %10s",
          row.get("stage") + " " + row.get("operation"),
          row.get("calls"),
          shown(row, "nanos_per_token", MICRO),
          percent(row, "share_of_operations"),
          percent(row, "of_ceiling"),
          shown(row, "bytes_per_second", 1),
          shown(row, "flop_per_second", 1));
    }
    line("");
    for (Map<String, Object> row : rows("overhead")) {
      line(
          "timing %s cost %s of a token's time (%s to %s)",
          row.get("timed"), percent(row, "median"), percent(row, "low"), percent(row, "high"));
    }
  }

  /** Rows of one of the report's tables, by column. */
  private List<Map<String, Object>> rows(String name) {
    Table table =
        report.tables().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
    return table.rows().stream().map(row -> byColumn(table.columns(), row)).toList();
  }

  private static Map<String, Object> byColumn(List<String> columns, List<Object> row) {
    Map<String, Object> named = new HashMap<>();
    for (int i = 0; i < row.size(); i++) {
      named.put(columns.get(i), row.get(i));
    }
    return named;
  }

  private static String shown(Map<String, Object> row, String column, double unit) {
    return Numbers.shown(((Number) row.get(column)).doubleValue() / unit);
  }

  private static String percent(Map<String, Object> row, String column) {
    return row.get(column) instanceof Number share
        ? String.format(Locale.ROOT, "%.1f %%", Math.round(1000 * share.doubleValue()) / 10.0)
        : "";
  }

  private void wrapped(String text) {
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (line.length() + 1 + word.length() > COLUMNS) {
        line("%s", line);
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    line("%s", line);
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}

package muninn.lab.report;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A table as CSV (RFC 4180): a line of names, then a line a row; what is no number is empty. */
final class Csv {
  private Csv() {}

  static String of(Table table) {
    StringBuilder out = new StringBuilder();
    List<Integer> columns = table.named();
    line(out, columns.stream().map(c -> table.heads().get(c).name()));
    for (List<Object> row : table.rows()) {
      line(out, columns.stream().map(row::get));
    }
    return out.toString();
  }

  private static void line(StringBuilder out, Stream<?> values) {
    out.append(values.map(Csv::field).collect(Collectors.joining(","))).append("\r\n");
  }

  private static String field(Object value) {
    String text =
        switch (value) {
          case null -> "";
          case Double d -> Double.isFinite(d) ? d.toString() : "";
          case Float f -> Float.isFinite(f) ? f.toString() : "";
          default -> value.toString();
        };
    return text.matches("(?s).*[\",\r\n].*") || !text.equals(text.strip())
        ? '"' + text.replace("\"", "\"\"") + '"'
        : text;
  }
}

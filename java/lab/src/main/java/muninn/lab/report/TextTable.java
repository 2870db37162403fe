package muninn.lab.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A table as plain text, for a terminal or for a document in Markdown. */
public final class TextTable {
  private final Table table;
  private final List<Integer> columns;
  private final List<List<String>> lines = new ArrayList<>();
  private final List<Integer> widths = new ArrayList<>();

  private TextTable(Table table) {
    this.table = table;
    columns = table.headed();
    lines.add(columns.stream().map(c -> table.heads().get(c).heading()).toList());
    for (List<Object> row : table.rows()) {
      lines.add(columns.stream().map(c -> visible(table.shown(row, c))).toList());
    }
    for (int c = 0; c < columns.size(); c++) {
      int column = c;
      widths.add(lines.stream().mapToInt(line -> length(line.get(column))).max().orElse(0));
    }
  }

  /** Columns two spaces apart, texts to the left and numbers to the right; a line end each. */
  public static String plain(Table table) {
    TextTable text = new TextTable(table);
    return text.lines.stream()
        .map(line -> text.joined(line, "", "  ", "").stripTrailing() + "\n")
        .collect(Collectors.joining());
  }

  /** A table of Markdown. */
  public static String markdown(Table table) {
    TextTable text = new TextTable(table);
    List<String> lines = new ArrayList<>();
    for (List<String> line : text.lines) {
      List<String> safe = line.stream().map(cell -> cell.replace("|", "\\|")).toList();
      lines.add(text.joined(safe, "| ", " | ", " |"));
    }
    lines.add(1, text.rule());
    return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
  }

  private String rule() {
    List<String> rules = new ArrayList<>();
    for (int c = 0; c < columns.size(); c++) {
      boolean number = table.isNumber(columns.get(c));
      rules.add("-".repeat(Math.max(3, widths.get(c)) - (number ? 1 : 0)) + (number ? ":" : ""));
    }
    return rules.stream().collect(Collectors.joining(" | ", "| ", " |"));
  }

  private String joined(List<String> cells, String before, String between, String after) {
    List<String> padded = new ArrayList<>();
    for (int c = 0; c < cells.size(); c++) {
      String space = " ".repeat(Math.max(0, widths.get(c) - length(cells.get(c))));
      padded.add(table.isNumber(columns.get(c)) ? space + cells.get(c) : cells.get(c) + space);
    }
    return padded.stream().collect(Collectors.joining(between, before, after));
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** A cell is one line, whatever a token holds. */
  private static String visible(String text) {
    return text.replace("\r", "␍").replace("\n", "⏎").replace("\t", "⇥");
  }
}

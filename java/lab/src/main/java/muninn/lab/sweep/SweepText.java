package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import muninn.lab.report.Numbers;
import muninn.lab.report.Table;

/** A sweep for the terminal, and for documents: tables in Markdown, then the best in words. */
public final class SweepText {
  private SweepText() {}

  /** All of it. */
  public static String of(Findings findings) {
    StringBuilder text = new StringBuilder();
    for (Family family : Family.values()) {
      Table table = table(findings, family::holds);
      if (!table.rows().isEmpty()) {
        text.append("**").append(family.title()).append("**\n\n").append(markdown(table));
        text.append('\n');
      }
    }
    List<Finding> refused = findings.all().stream().filter(Finding::refused).toList();
    for (Finding finding : refused) {
      text.append(
          String.format(
              Locale.ROOT,
              "Refused: %s: %s\n",
              finding.setting().key(),
              finding.counts().refused()));
    }
    text.append(refused.isEmpty() ? "" : "\n");
    for (Findings.Best best : findings.best()) {
      text.append(
          String.format(
              Locale.ROOT,
              "- %s `%s`\n",
              sentence(best, findings),
              best.finding().setting().flags()));
    }
    return text.toString();
  }

  private static Table table(Findings findings, Predicate<Setting> which) {
    return new SweepTables(findings).shown("shown", "", f -> which.test(f.setting()));
  }

  /** What is best, and how much better it is. */
  static String sentence(Findings.Best best, Findings findings) {
    return String.format(
        Locale.ROOT,
        "%s: %s, with %s %s against %s for plain decoding at full depth (%s × that), %s %s %%.",
        best.objective(),
        best.finding().setting().key(),
        Numbers.shown(best.value()),
        best.unit(),
        Numbers.shown(best.plain()),
        Numbers.shown(best.value() / best.plain()),
        findings.qualityName(),
        Numbers.shown(100 * best.finding().quality()));
  }

  private static String markdown(Table table) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(table.columns().stream().map(String::strip).toList());
    for (List<Object> row : table.rows()) {
      rows.add(row.stream().map(SweepText::shown).toList());
    }
    int columns = table.columns().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < rows.size(); r++) {
      for (int c = 0; c < columns; c++) {
        String cell = rows.get(r).get(c);
        String space = " ".repeat(widths[c] - cell.length());
        text.append(c == 0 ? "| " + cell + space : " | " + space + cell);
      }
      text.append(" |\n");
      if (r == 0) {
        for (int c = 0; c < columns; c++) {
          text.append(
              c == 0 ? "| " + "-".repeat(widths[c]) : " | " + "-".repeat(widths[c] - 1) + ":");
        }
        text.append(" |\n");
      }
    }
    return text.toString();
  }

  private static String shown(Object value) {
    return switch (value) {
      case Double d -> Numbers.shown(d);
      case Number n -> n.toString();
      default -> value.toString();
    };
  }
}

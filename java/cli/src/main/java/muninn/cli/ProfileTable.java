package muninn.cli;

import java.io.PrintWriter;
import java.util.List;
import muninn.lab.report.Report;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;

/** A profile in a few lines of at most 100 columns; the report has it all. */
final class ProfileTable {
  private static final int COLUMNS = 100;
  private static final int MOST_ROWS = 12;

  private ProfileTable() {}

  static void print(PrintWriter out, Report report) {
    out.print(wrapped(report.summary()));
    for (String name : List.of("latencies", "stages", "operations", "overhead")) {
      Table table = report.table(name);
      out.println();
      out.println(table.note());
      out.print(TextTable.plain(table.first(MOST_ROWS)));
    }
    out.flush();
  }

  private static String wrapped(String text) {
    StringBuilder all = new StringBuilder();
    int used = 0;
    for (String word : text.split(" ", -1)) {
      boolean fits = used + 1 + word.length() <= COLUMNS;
      all.append(used == 0 ? "" : fits ? " " : "\n").append(word);
      used = used > 0 && fits ? used + 1 + word.length() : word.length();
    }
    return all.append('\n').toString();
  }
}

package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.lab.eval.Evaluation;
import muninn.lab.eval.Score;
import muninn.lab.report.Column;
import muninn.lab.report.ColumnFormat;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;

/** Accuracy by depth and kind, as a table or as JSON. */
final class EvalReport {
  private EvalReport() {}

  /** A row for each kind, a column for each depth: per cent right and its interval. */
  static void table(PrintWriter out, List<Evaluation.Depth> depths) {
    List<Column<String>> columns = new ArrayList<>();
    columns.add(Column.read("steps", ColumnFormat.PLAIN, kind -> kind.isEmpty() ? "all" : kind));
    columns.add(
        Column.read("tasks", ColumnFormat.PLAIN, kind -> score(depths.getFirst(), kind).total()));
    for (Evaluation.Depth depth : depths) {
      String steps = Integer.toString(depth.steps());
      columns.add(Column.read(steps, ColumnFormat.PLAIN, kind -> cell(score(depth, kind))));
    }
    List<String> kinds = new ArrayList<>(depths.getFirst().kinds().keySet());
    kinds.add("");
    out.print(TextTable.plain(Table.of("", "", columns, kinds)));
    out.println("Exact answers in per cent (95 % interval).");
    out.flush();
  }

  /** Of a kind of task; the empty one stands for all. */
  private static Score score(Evaluation.Depth depth, String kind) {
    return kind.isEmpty() ? depth.all() : depth.kinds().get(kind);
  }

  private static String cell(Score score) {
    return String.format(
        Locale.ROOT,
        "%.1f (%.0f–%.0f)",
        100 * score.accuracy(),
        100 * score.low(),
        100 * score.high());
  }

  static void json(PrintWriter out, Path file, int tasks, List<Evaluation.Depth> depths) {
    JsonOutput.print(
        out,
        json -> {
          json.writeStringField("tasks_file", file.toString());
          json.writeNumberField("tasks", tasks);
          json.writeArrayFieldStart("depths");
          for (Evaluation.Depth depth : depths) {
            json.writeStartObject();
            json.writeNumberField("steps", depth.steps());
            writeScore(json, depth.all());
            json.writeNumberField("new_tokens", depth.tokens());
            json.writeNumberField("seconds", depth.nanos() / 1e9);
            json.writeObjectFieldStart("kinds");
            for (Map.Entry<String, Score> kind : depth.kinds().entrySet()) {
              json.writeObjectFieldStart(kind.getKey());
              writeScore(json, kind.getValue());
              json.writeEndObject();
            }
            json.writeEndObject();
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }

  private static void writeScore(JsonGenerator json, Score score) throws IOException {
    json.writeNumberField("correct", score.correct());
    json.writeNumberField("total", score.total());
    json.writeNumberField("accuracy", score.accuracy());
    json.writeNumberField("low", score.low());
    json.writeNumberField("high", score.high());
  }
}

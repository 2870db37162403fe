package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.lab.Evaluation;
import muninn.lab.Score;

/** Accuracy by depth and kind, as a table or as JSON. */
final class EvalReport {
  private EvalReport() {}

  /** A row for each kind, a column for each depth: per cent right and its interval. */
  static void table(PrintWriter out, List<Evaluation.Depth> depths) {
    StringBuilder header =
        new StringBuilder(String.format(Locale.ROOT, "%-10s %6s", "steps", "tasks"));
    depths.forEach(depth -> header.append(String.format(Locale.ROOT, "  %14s", depth.steps())));
    out.println(header);
    for (String kind : depths.getFirst().kinds().keySet()) {
      out.println(row(kind, depths.stream().map(depth -> depth.kinds().get(kind)).toList()));
    }
    out.println(row("all", depths.stream().map(Evaluation.Depth::all).toList()));
    out.println("Exact answers in per cent (95 % interval).");
    out.flush();
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

  private static String row(String name, List<Score> scores) {
    StringBuilder row =
        new StringBuilder(String.format(Locale.ROOT, "%-10s %6d", name, scores.getFirst().total()));
    for (Score score : scores) {
      String cell =
          String.format(
              Locale.ROOT,
              "%.1f (%.0f–%.0f)",
              100 * score.accuracy(),
              100 * score.low(),
              100 * score.high());
      row.append(String.format(Locale.ROOT, "  %14s", cell));
    }
    return row.toString();
  }
}

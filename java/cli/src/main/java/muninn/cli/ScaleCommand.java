package muninn.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import muninn.cli.args.Arguments;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.engine.Engine;
import muninn.lab.eval.Evaluation;
import muninn.lab.eval.ScaleReport;
import muninn.lab.eval.Task;
import muninn.lab.report.Header;
import muninn.lab.report.Report;

/** {@code muninn scale}: how much thinking buys. */
final class ScaleCommand implements Command {
  private static final Option<List<Integer>> STEPS =
      TaskOptions.depths(List.of(1, 2, 3, 4, 6, 8, 12, 16, 32, 64));

  private final Console console;

  ScaleCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("scale", "Measures accuracy against recurrence steps.")
        .details(
            "Asks a file of tasks greedily at several depths and counts the answers that are"
                + " exactly right, with 95 % intervals (Wilson). The same tasks as 'muninn eval',"
                + " as a report to cite; docs/scale.md tells how to read it.")
        .groups(TaskOptions.group(STEPS), ModelOptions.group(), ReportOptions.GROUP)
        .examples(
            "muninn scale --report scale.html",
            "muninn scale --steps 1,2,4,8 --json",
            "muninn scale --model DIR --tasks my-tasks.jsonl   lines {\"prompt\", \"answer\","
                + " \"kind\"}");
  }

  @Override
  public int run(Arguments given) {
    TaskOptions tasks = new TaskOptions(given);
    ReportOptions report = new ReportOptions(given);
    List<Integer> ascending = given.get(STEPS).stream().distinct().sorted().toList();
    Path file = tasks.file();
    tasks.outputs().writes(report).check();
    List<Task> questions = Task.read(file);
    try (Engine engine = tasks.open(console, ascending.getLast())) {
      List<Evaluation.Depth> depths = tasks.ask(engine, console, questions, ascending);
      Header header =
          report.header(engine, tasks.seed(), settings(tasks, questions.size(), ascending));
      Report found = ScaleReport.of(depths, file.getFileName().toString(), header);
      if (!report.json()) {
        EvalReport.table(console.out(), depths);
        console.out().println(found.summary());
        console.out().flush();
      }
      report.write(console, found);
    }
    return 0;
  }

  private static Map<String, String> settings(
      TaskOptions tasks, int questions, List<Integer> ascending) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("tasks", tasks.file() + ", " + questions);
    settings.put(
        "steps", ascending.stream().map(n -> Integer.toString(n)).collect(Collectors.joining(",")));
    settings.put("init-scale", Float.toString(tasks.initScale()));
    return settings;
  }
}

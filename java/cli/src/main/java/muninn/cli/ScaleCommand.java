package muninn.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import muninn.engine.Engine;
import muninn.lab.Evaluation;
import muninn.lab.ScaleReport;
import muninn.lab.Task;
import muninn.lab.report.Header;
import muninn.lab.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code muninn scale}: how much thinking buys. */
@Command(
    name = "scale",
    mixinStandardHelpOptions = true,
    header = "Measures accuracy against recurrence steps.",
    description = {
      "",
      "Asks a file of tasks greedily at several depths and counts the answers that are exactly"
          + " right, with 95 % intervals (Wilson). The same tasks as 'muninn eval', as a report to"
          + " cite; docs/scale.md tells how to read it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn scale --report scale.html",
      "  muninn scale --steps 1,2,4,8 --json",
      "  muninn scale --model DIR --tasks my-tasks.jsonl   lines {\"prompt\", \"answer\", \"kind\"}"
    })
final class ScaleCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private TaskOptions tasks;
  @Mixin private ReportOptions report;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      split = ",",
      defaultValue = "1,2,3,4,6,8,12,16,32,64",
      description = "Depths to try. Default: 1,2,3,4,6,8,12,16,32,64.")
  private List<Integer> steps;

  ScaleCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    tasks.check(steps);
    report.check();
    Path file = tasks.file();
    List<Task> questions = Task.read(file);
    List<Integer> ascending = steps.stream().distinct().sorted().toList();
    try (Engine engine = tasks.open(console, ascending.getLast())) {
      List<Evaluation.Depth> depths = tasks.ask(engine, console, questions, ascending);
      Header header =
          report.header(engine, tasks.seed(), settings(file, questions.size(), ascending));
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

  private Map<String, String> settings(Path file, int questions, List<Integer> ascending) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("tasks", file + ", " + questions);
    settings.put(
        "steps", ascending.stream().map(n -> Integer.toString(n)).collect(Collectors.joining(",")));
    settings.put("init-scale", Float.toString(tasks.initScale()));
    return settings;
  }
}

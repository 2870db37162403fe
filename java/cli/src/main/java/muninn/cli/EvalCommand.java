package muninn.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import muninn.engine.Engine;
import muninn.lab.Evaluation;
import muninn.lab.Task;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code muninn eval}: accuracy by depth of thought. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    description =
        "Asks a file of tasks at several depths and counts the answers that are exactly right.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn eval",
      "  muninn eval --steps 1,2,4,8 --json",
      "  muninn eval --model DIR --tasks my-tasks.jsonl   lines {\"prompt\", \"answer\", \"kind\"}"
    })
final class EvalCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private TaskOptions tasks;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      split = ",",
      defaultValue = "1,2,4,8,16,32",
      description = "Depths to try. Default: 1,2,4,8,16,32.")
  private List<Integer> steps;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  EvalCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    tasks.check(steps);
    Path file = tasks.file();
    List<Task> questions = Task.read(file);
    int deepest = steps.stream().mapToInt(Integer::intValue).max().orElse(1);
    List<Evaluation.Depth> depths;
    try (Engine engine = tasks.open(console, deepest)) {
      depths = tasks.ask(engine, console, questions, steps);
    }
    if (json) {
      EvalReport.json(console.out(), file, questions.size(), depths);
    } else {
      EvalReport.table(console.out(), depths);
    }
    return 0;
  }
}

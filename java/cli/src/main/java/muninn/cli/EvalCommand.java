package muninn.cli;

import java.nio.file.Path;
import java.util.List;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.engine.Engine;
import muninn.lab.eval.Evaluation;
import muninn.lab.eval.Task;

/** {@code muninn eval}: accuracy by depth of thought. */
final class EvalCommand implements Command {
  private static final Option<List<Integer>> STEPS =
      TaskOptions.depths(List.of(1, 2, 4, 8, 16, 32));
  private static final Option<Boolean> JSON =
      Option.flag("--json", "Print one JSON object.").shown();

  private final Console console;

  EvalCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of(
            "eval",
            "Asks a file of tasks at several depths and counts the answers that are exactly right.")
        .groups(TaskOptions.group(STEPS), ModelOptions.group(), Group.of("Output", JSON))
        .examples(
            "muninn eval",
            "muninn eval --steps 1,2,4,8 --json",
            "muninn eval --model DIR --tasks my-tasks.jsonl   lines {\"prompt\", \"answer\","
                + " \"kind\"}");
  }

  @Override
  public int run(Arguments given) {
    TaskOptions tasks = new TaskOptions(given);
    List<Integer> steps = given.get(STEPS);
    Path file = tasks.file();
    List<Task> questions = Task.read(file);
    int deepest = steps.stream().mapToInt(Integer::intValue).max().orElse(1);
    List<Evaluation.Depth> depths;
    try (Engine engine = tasks.open(console, deepest)) {
      depths = tasks.ask(engine, console, questions, steps);
    }
    if (given.get(JSON)) {
      EvalReport.json(console.out(), file, questions.size(), depths);
    } else {
      EvalReport.table(console.out(), depths);
    }
    return 0;
  }
}

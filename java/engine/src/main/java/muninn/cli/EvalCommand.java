package muninn.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import muninn.batch.Responder;
import muninn.engine.Engine;
import muninn.lab.Evaluation;
import muninn.lab.Task;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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
  private static final int QUEUE_FACTOR = 4;

  private final Console console;

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Option(
      names = "--tasks",
      paramLabel = "FILE",
      description = "JSONL file of tasks. Default: eval.jsonl in the model's folder.")
  private Path tasks;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      split = ",",
      defaultValue = "1,2,4,8,16,32",
      description = "Depths to try. Default: 1,2,4,8,16,32.")
  private List<Integer> steps;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the states that thinking starts from. Default: 0.")
  private long seed;

  @Option(
      names = "--init-scale",
      paramLabel = "X",
      defaultValue = "1",
      description = "Scale of the random state that thinking starts from; 0 is none. Default: 1.")
  private float initScale;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  EvalCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    model.check();
    for (int depth : steps) {
      Range.require(spec, depth >= 1, "--steps", depth, "at least 1");
    }
    Range.requireInitScale(spec, initScale);
    Path file = tasks == null ? Path.of(model.name()).resolve("eval.jsonl") : tasks;
    List<Task> questions = Task.read(file);
    int deepest = steps.stream().mapToInt(Integer::intValue).max().orElse(1);
    List<Evaluation.Depth> depths;
    try (Engine engine = model.open(console, deepest)) {
      Responder responder = Responder.of(engine);
      Evaluation evaluation =
          new Evaluation(responder::prompt, responder::submit, QUEUE_FACTOR * model.maxSequences());
      depths = evaluation.run(questions, steps, initScale, seed, ProgressDisplay.of(console));
    }
    if (json) {
      EvalReport.json(console.out(), file, questions.size(), depths);
    } else {
      EvalReport.table(console.out(), depths);
    }
    return 0;
  }
}

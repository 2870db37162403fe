package muninn.cli;

import java.nio.file.Path;
import java.util.List;
import muninn.batch.Responder;
import muninn.engine.Engine;
import muninn.lab.Evaluation;
import muninn.lab.Task;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which tasks a model is asked, and from where its thinking starts. */
final class TaskOptions {
  private static final int QUEUE_FACTOR = 4;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private ModelOptions model;

  @Option(
      names = "--tasks",
      paramLabel = "FILE",
      description = "JSONL file of tasks. Default: eval.jsonl in the model's folder.")
  private Path tasks;

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

  /** Refuses values out of range, the depths' among them. */
  void check(List<Integer> steps) {
    model.check();
    for (int depth : steps) {
      Range.require(spec, depth >= 1, "--steps", depth, "at least 1");
    }
    Range.requireInitScale(spec, initScale);
  }

  /** Where the tasks are. */
  Path file() {
    return tasks == null ? Path.of(model.name()).resolve("eval.jsonl") : tasks;
  }

  long seed() {
    return seed;
  }

  float initScale() {
    return initScale;
  }

  /** Opens the model for requests of up to this depth. */
  Engine open(Console console, int deepest) {
    return model.open(console, deepest);
  }

  /** Asks all tasks at every depth. */
  List<Evaluation.Depth> ask(
      Engine engine, Console console, List<Task> questions, List<Integer> steps) {
    Responder responder = Responder.of(engine);
    return new Evaluation(responder::prompt, responder::submit, QUEUE_FACTOR * model.maxSequences())
        .run(questions, steps, initScale, seed, ProgressDisplay.of(console));
  }
}

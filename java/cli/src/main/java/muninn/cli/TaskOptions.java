package muninn.cli;

import java.nio.file.Path;
import java.util.List;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Value;
import muninn.engine.Engine;
import muninn.lab.eval.Evaluation;
import muninn.lab.eval.Task;
import muninn.wire.Responder;

/** Which tasks a model is asked, and from where its thinking starts. */
final class TaskOptions {
  private static final int QUEUE_FACTOR = 4;

  private static final Option<Path> TASKS =
      Option.of("--tasks", Value.file("FILE"), "JSONL file of tasks.")
          .byDefaultSaid("eval.jsonl in the model's folder")
          .shown();
  private static final Option<Long> SEED =
      RequestFlags.SEED.helping("Seed of the states that thinking starts from. Default: 0.");

  private final Arguments given;
  private final ModelOptions model;

  TaskOptions(Arguments given) {
    this.given = given;
    this.model = new ModelOptions(given);
  }

  /** The depths to try. */
  static Option<List<Integer>> depths(List<Integer> byDefault) {
    String said = String.join(",", byDefault.stream().map(String::valueOf).toList());
    return Option.of("--steps", Value.whole("N", 1).list(), "Depths to try.")
        .letter('s')
        .or(byDefault)
        .byDefaultSaid(said)
        .shown();
  }

  static Group group(Option<List<Integer>> depths) {
    return Group.of("Tasks", depths, TASKS, SEED, RequestFlags.INIT_SCALE);
  }

  /** Where the tasks are. */
  Path file() {
    return given.has(TASKS) ? given.get(TASKS) : Path.of(model.name()).resolve("eval.jsonl");
  }

  /** What the command may write, beside the model and the tasks. */
  OutputFiles outputs() {
    return new OutputFiles(model).reads("the tasks", file());
  }

  long seed() {
    return given.get(SEED);
  }

  float initScale() {
    return given.get(RequestFlags.INIT_SCALE);
  }

  /** Opens the model for requests of up to this depth. */
  Engine open(Console console, int deepest) {
    LateEngine late = model.late(console, deepest);
    try {
      late.responder().prompt(""); // tasks are text: without a tokenizer this is the end
      return late.engine();
    } catch (RuntimeException e) {
      late.close();
      throw e;
    }
  }

  /** Asks all tasks at every depth. */
  List<Evaluation.Depth> ask(
      Engine engine, Console console, List<Task> questions, List<Integer> steps) {
    Responder responder = Responder.of(engine);
    return new Evaluation(
            responder::prompt, responder::submit, QUEUE_FACTOR * model.mostSequences())
        .run(questions, steps, initScale(), seed(), ProgressDisplay.of(console));
  }
}

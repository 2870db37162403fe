package muninn.cli;

import java.nio.file.Path;
import java.util.Locale;
import muninn.Progress;
import muninn.batch.BatchJob;
import muninn.batch.Digest;
import muninn.batch.Responder;
import muninn.batch.Summary;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.engine.Engine;

/** {@code muninn batch}: a file of requests into a file of answers, resumable. */
final class BatchCommand implements Command {
  /**
   * Requests handed over for each that can be in work, so that none of those places waits for us.
   */
  private static final int QUEUE_FACTOR = 4;

  private static final Option<Path> INPUT =
      Option.operand("INPUT", Value.file("FILE"), "JSONL file of requests.").needed();
  private static final Option<Path> OUTPUT =
      Option.operand("OUTPUT", Value.file("FILE"), "JSONL file of answers.").needed();
  private static final Option<Boolean> OVERWRITE =
      Option.flag("--overwrite", "Throw away what the output holds and start over.").shown();

  private final Console console;

  BatchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("batch", "Answers a JSONL file of requests, and goes on where it was ended.")
        .details(
            "Each line is an object with one of prompt, messages, tokens, and optionally custom_id,"
                + " steps, max_tokens, temperature, top_k, top_p, min_p, repetition_penalty, seed,"
                + " init_scale, stop, ignore_eos, logprobs, exit, exit_threshold, min_steps,"
                + " exit_every, exit_prompt, kv, continuous, speculate; options of the command hold"
                + " for lines that do not state them. Blank lines are counted and have no answer.",
            "Answers are written as they finish, so in any order: custom_id, line, text, tokens,"
                + " steps, finish_reason, approximate where speculation may have changed the text;"
                + " or custom_id, line, error. Errors do not make the job fail: their number is"
                + " printed at the end, and the exit code is 0.",
            "A job that was ended in any way goes on when the same command is given again."
                + " OUTPUT.job, beside the output, says which job that is.")
        .operands(INPUT, OUTPUT)
        .groups(
            Group.of("Job", OVERWRITE),
            SamplingOptions.GROUP,
            ThinkingOptions.withSteps(ThinkingOptions.STEPS),
            ModelOptions.group())
        .examples(
            "muninn batch questions.jsonl answers.jsonl",
            "muninn batch questions.jsonl answers.jsonl --steps 16 --max-tokens 32",
            "muninn batch questions.jsonl answers.jsonl --overwrite");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions model = new ModelOptions(given);
    SamplingOptions sampling = new SamplingOptions(given);
    Progress.Display display = ProgressDisplay.of(console);
    Path output = given.get(OUTPUT);
    Summary summary;
    try (Engine engine = model.open(console, sampling.steps())) {
      BatchJob job =
          new BatchJob(
              given.get(INPUT),
              output,
              Digest.model(engine.model()),
              Responder.of(engine),
              sampling.resolve(engine.model().config()),
              QUEUE_FACTOR * model.maxSequences(),
              display);
      console.interrupt().untilEnd(job::stop);
      summary = job.run(given.get(OVERWRITE));
    }
    console.err().println(describe(output, summary));
    return summary.stopped() ? Interrupt.EXIT_CODE : 0;
  }

  private static String describe(Path output, Summary summary) {
    return String.format(
        Locale.ROOT,
        "%s: %s%d lines answered (%d of them in earlier runs, %d with an error), %d tokens in %.1f"
            + " s, %.0f tokens/s%s",
        output,
        summary.stopped() ? "stopped; " : "",
        summary.answered() + summary.earlier(),
        summary.earlier(),
        summary.errors(),
        summary.tokens(),
        summary.nanos() / 1e9,
        summary.tokensPerSecond(),
        summary.stopped() ? "; give the same command again to continue" : "");
  }
}

package muninn.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import muninn.Progress;
import muninn.batch.BatchJob;
import muninn.batch.Digest;
import muninn.batch.Responder;
import muninn.batch.Summary;
import muninn.engine.Engine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muninn batch}: a file of requests into a file of answers, resumable. */
@Command(
    name = "batch",
    mixinStandardHelpOptions = true,
    header = "Answers a JSONL file of requests, and goes on where it was ended.",
    description = {
      "",
      "Each line is an object with one of prompt, messages, tokens, and optionally custom_id,"
          + " steps, max_tokens, temperature, top_k, top_p, min_p, repetition_penalty, seed,"
          + " init_scale, stop, ignore_eos, logprobs, exit, exit_threshold, min_steps, exit_every,"
          + " exit_prompt, kv, continuous, speculate; options of the command hold for lines that do"
          + " not state them. Blank lines are counted and have no answer.",
      "",
      "Answers are written as they finish, so in any order: custom_id, line, text, tokens, steps,"
          + " finish_reason, approximate where speculation may have changed the text; or custom_id,"
          + " line, error. Errors do not make the job fail: their"
          + " number is printed at the end, and the exit code is 0.",
      "",
      "A job that was ended in any way goes on when the same command is given again. OUTPUT.job,"
          + " beside the output, says which job that is.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn batch questions.jsonl answers.jsonl",
      "  muninn batch questions.jsonl answers.jsonl --steps 16 --max-tokens 32 --max-sequences 128",
      "  muninn batch questions.jsonl answers.jsonl --overwrite"
    })
final class BatchCommand implements Callable<Integer> {
  /**
   * Requests handed over for each that can be in work, so that none of those places waits for us.
   */
  private static final int QUEUE_FACTOR = 4;

  private final Console console;

  @Parameters(index = "0", paramLabel = "INPUT", description = "JSONL file of requests.")
  private Path input;

  @Parameters(index = "1", paramLabel = "OUTPUT", description = "JSONL file of answers.")
  private Path output;

  @Option(names = "--overwrite", description = "Throw away what the output holds and start over.")
  private boolean overwrite;

  @Mixin private ModelOptions model;
  @Mixin private SamplingOptions sampling;

  BatchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    model.check();
    sampling.check();
    Progress.Display display = ProgressDisplay.of(console);
    Summary summary;
    try (Engine engine = model.open(console, sampling.steps())) {
      BatchJob job =
          new BatchJob(
              input,
              output,
              Digest.model(engine.model()),
              Responder.of(engine),
              sampling.resolve(engine.model().config()),
              QUEUE_FACTOR * model.maxSequences(),
              display);
      console.interrupt().untilEnd(job::stop);
      summary = job.run(overwrite);
    }
    console.err().println(describe(summary));
    return summary.stopped() ? Interrupt.EXIT_CODE : 0;
  }

  private String describe(Summary summary) {
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

package muninn.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import muninn.batch.BatchJob;
import muninn.batch.JobInput;
import muninn.batch.JobOutput;
import muninn.batch.JobSetting;
import muninn.batch.Summary;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.engine.request.Options;
import muninn.engine.request.RequestOptions;
import muninn.files.FileUse;
import muninn.model.Model;

/** {@code muninn batch}: a file of requests into a file of answers, resumable. */
final class BatchCommand implements Command {
  /**
   * Requests handed over for each that can be in work, so that none of those places waits for us.
   */
  private static final int QUEUE_FACTOR = 4;

  private static final Option<Path> INPUT =
      Option.operand("INPUT", Value.file("FILE"), "JSONL file of requests; - is standard input.")
          .needed();
  private static final Option<Path> OUTPUT =
      Option.operand("OUTPUT", Value.file("FILE"), "JSONL file of answers; - is standard output.")
          .needed();
  private static final Option<Boolean> OVERWRITE =
      Option.flag("--overwrite", "Throw away what the output holds and start over.").shown();

  private static final Option<Boolean> FAIL_ON_ERROR =
      Option.flag("--fail-on-error", "Exit with 1 when any line was answered by an error.");

  private static final Path STREAM = Path.of("-");

  private final Console console;

  BatchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("batch", "Answers a JSONL file of requests, and goes on where it was ended.")
        .details(
            "Each line is an object with one of prompt, messages, tokens, and optionally custom_id"
                + " and "
                + RequestOptions.names()
                + "; options of the command hold for lines that do not state them. Lines of"
                + " OpenAI's batches (custom_id, method, url, body) are answered in their form."
                + " Blank lines are counted and have no answer.",
            "Answers are written as they finish, so in any order: custom_id, line, text, tokens,"
                + " steps, finish_reason, usage, approximate where speculation may have changed the"
                + " text; or custom_id, line, error. Errors do not make the job fail unless every"
                + " line has one, or --fail-on-error is given: their number is printed at the end.",
            "A job that was ended in any way goes on when the same command is given again."
                + " OUTPUT.job, beside the output, says which job that is. The first Ctrl-C takes"
                + " no further lines and waits for the answers in work, the second waits for"
                + " nothing. With - for standard input or output there is nothing to go on with.")
        .operands(INPUT, OUTPUT)
        .groups(
            Group.of("Job", OVERWRITE, FAIL_ON_ERROR),
            RequestFlags.SAMPLING,
            RequestFlags.ANSWER,
            RequestFlags.THINKING,
            ModelOptions.group())
        .examples(
            "muninn batch questions.jsonl answers.jsonl",
            "muninn batch questions.jsonl answers.jsonl --steps 16 --max-tokens 32",
            "muninn batch questions.jsonl answers.jsonl --overwrite",
            "zcat questions.jsonl.gz | muninn batch - - | gzip > answers.jsonl.gz");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions model = new ModelOptions(given);
    RequestFlags flags = new RequestFlags(given);
    JobInput requests =
        given.get(INPUT).equals(STREAM)
            ? JobInput.stream(console.in())
            : JobInput.file(given.get(INPUT));
    JobOutput answers =
        given.get(OUTPUT).equals(STREAM)
            ? JobOutput.stream(this::print)
            : JobOutput.file(given.get(OUTPUT));
    FileUse use = new FileUse();
    model.claim(use);
    requests.claim(use);
    answers.claim(use);
    use.check();
    Summary summary;
    Function<Model, Options> defaults = of -> flags.over(Options.of(of.config()));
    try (LateEngine engine = model.lateOffline(console, flags.steps(), defaults)) {
      engine.waiting().at("hashing " + engine.model().name() + " for the job's record");
      JobSetting setting = JobSetting.of(engine.model(), engine.options());
      engine.waiting().over();
      BatchJob job =
          new BatchJob(
              requests,
              answers,
              setting,
              engine.responder(),
              defaults.apply(engine.model()),
              QUEUE_FACTOR * engine.mostSequences(),
              ProgressDisplay.of(console));
      console.interrupt().untilEnd(() -> drain(job), job::stop);
      summary = run(job, given.get(OVERWRITE));
    }
    console.err().println(describe(answers.name(), summary));
    return code(summary, given.get(FAIL_ON_ERROR));
  }

  /** An engine that cannot be opened ends the job, for the reason that it was not. */
  private static Summary run(BatchJob job, boolean overwrite) {
    try {
      return job.run(overwrite);
    } catch (IllegalStateException e) {
      throw e.getCause() instanceof LateEngine.NotOpened none ? none.getCause() : e;
    }
  }

  private void print(byte[] line) {
    console.out().print(new String(line, StandardCharsets.UTF_8));
    console.out().flush();
  }

  private void drain(BatchJob job) {
    job.drain();
    console
        .err()
        .println("muninn: waiting for the answers in work; Ctrl-C again ends without them");
  }

  private int code(Summary summary, boolean failOnError) {
    if (summary.stopped()) {
      return Interrupt.EXIT_CODE;
    }
    if (summary.allFailed()) {
      console
          .err()
          .println(
              "muninn: every line was answered by an error"
                  + (summary.firstError().isEmpty() ? "" : ", first " + summary.firstError()));
      return Failures.FAILED;
    }
    return failOnError && summary.errors() > 0 ? Failures.FAILED : 0;
  }

  private static String describe(String output, Summary summary) {
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

package muninn.batch;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import muninn.Progress;
import muninn.UserException;
import muninn.engine.Completion;
import muninn.engine.FinishReason;
import muninn.engine.Generation;
import muninn.engine.Pump;
import muninn.files.FileProblem;
import muninn.files.Line;
import muninn.files.Lines;

/**
 * Answers a file of requests, one JSON object a line, into a file of answers in the order they
 * finish. One thread does everything but the answering itself: it keeps a bounded number of
 * requests in flight and writes each answer as it arrives, so inputs of any length take the same
 * memory. A job that was cut short goes on where its output ends; {@link JobRecord} sees to it that
 * only the same job does.
 */
public final class BatchJob {
  private final Path input;
  private final Path output;
  private final String model;
  private final Responder responder;
  private final JobOptions defaults;
  private final int inFlightLimit;
  private final Progress.Display display;
  private volatile boolean stopped;
  private volatile Pump<Asked, Completion> running;

  /**
   * A job that has not begun.
   *
   * @param model the model's {@link Digest#model}; answers of another one are not mixed into the
   *     output
   * @param inFlightLimit most requests handed to the responder and not yet answered
   */
  public BatchJob(
      Path input,
      Path output,
      String model,
      Responder responder,
      JobOptions defaults,
      int inFlightLimit,
      Progress.Display display) {
    this.input = input;
    this.output = output;
    this.model = model;
    this.responder = responder;
    this.defaults = defaults;
    this.inFlightLimit = inFlightLimit;
    this.display = display;
  }

  /**
   * Runs to the end, or until {@link #stop}.
   *
   * @param overwrite whether answers that are already in the output are thrown away
   * @throws UserException when a file cannot be read or written, or the output belongs to another
   *     job
   */
  public Summary run(boolean overwrite) {
    checkPaths();
    try (OutputFile out = OutputFile.open(output)) {
      Digest.Input digest = Digest.input(input);
      if (digest.lines() >= Integer.MAX_VALUE) {
        throw UserException.of("input %s has %d lines: split it", input, digest.lines());
      }
      Answered answered = begin(out, digest, overwrite);
      return new Run(out, answered, digest.lines()).toEnd();
    } catch (IOException e) {
      throw UserException.because(e, "batch %s %s: %s", input, output, FileProblem.describe(e));
    }
  }

  /**
   * Ends the run soon: what is in flight stays unanswered, for the next run. Safe from any thread.
   */
  public void stop() {
    stopped = true;
    Pump<Asked, Completion> pump = running;
    if (pump != null) {
      pump.stop();
    }
  }

  private void checkPaths() {
    if (!Files.isRegularFile(input)) {
      throw UserException.of("input %s is not a file: name a JSONL file of requests", input);
    }
    if (Files.exists(output) && !Files.isRegularFile(output)) {
      throw UserException.of(
          "output %s is not a file: a job needs one that it can continue, name one", output);
    }
    try {
      if (Files.exists(output) && Files.isSameFile(input, output)) {
        throw UserException.of("%s is both input and output: name another output file", input);
      }
    } catch (IOException e) {
      throw UserException.because(e, "%s: %s", output, FileProblem.describe(e));
    }
  }

  /** Makes sure that the output is this job's, and finds what it answers already. */
  private Answered begin(OutputFile out, Digest.Input digest, boolean overwrite)
      throws IOException {
    JobRecord now = JobRecord.of(digest.sha256(), model, defaults);
    if (overwrite) {
      out.clear();
    }
    if (out.size() > 0) {
      Optional<JobRecord> before = JobRecord.read(output);
      String remedy = "start over with --overwrite, or name another output file";
      if (before.isEmpty()) {
        throw UserException.of(
            "%s has content, but no %s beside it says which job wrote it: %s",
            output, JobRecord.beside(output).getFileName(), remedy);
      }
      List<String> differences = before.get().differences(now);
      if (!differences.isEmpty()) {
        throw UserException.of(
            "%s belongs to another job (%s): repeat that one's options to continue it, %s",
            output, String.join("; ", differences), remedy);
      }
    } else {
      now.write(output);
    }
    return out.recover();
  }

  /** A line that is not answered yet. */
  private record Asked(long line, LineParser.Parsed parsed) {}

  /** One pass over the input. */
  private final class Run {
    private final OutputFile out;
    private final Answered before;
    private final long lines;
    private final LineParser parser = new LineParser(responder, defaults);
    private final boolean hasText = responder.hasText();
    private final long startedAt = System.nanoTime();
    private long answered;
    private long blank;
    private long errors;
    private long tokens;

    Run(OutputFile out, Answered before, long lines) {
      this.out = out;
      this.before = before;
      this.lines = lines;
      this.errors = before.errors();
    }

    Summary toEnd() throws IOException {
      int done = before.lines().cardinality();
      try (Progress progress = display.start(output.getFileName().toString(), done, lines);
          Lines reader = new Lines(Files.newInputStream(input), Lines.MAX_BYTES);
          Pump<Asked, Completion> pump =
              new Pump<>(unanswered(reader), inFlightLimit, Pump.Order.AS_ENDED, this::submit)) {
        running = pump;
        while (!stopped && pump.hasNext()) {
          finish(pump.next());
          progress.at(done + answered + blank, tokens);
        }
        progress.at(done + answered + blank, tokens);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      } finally {
        running = null;
      }
      return summary();
    }

    /** Lines that have something to be asked, and no answer yet. */
    private Iterator<Asked> unanswered(Lines reader) {
      return Stream.generate(() -> next(reader))
          .takeWhile(Objects::nonNull)
          .filter(line -> !line.blank() && !before.lines().get(Math.toIntExact(line.number())))
          .map(line -> new Asked(line.number(), parser.parse(line)))
          .iterator();
    }

    private Line next(Lines reader) {
      try {
        Line line = reader.next();
        blank += line != null && line.blank() ? 1 : 0;
        return line;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private Generation submit(Asked asked) {
      if (asked.parsed.error() != null) {
        throw new UserException(asked.parsed.error());
      }
      return responder.submit(asked.parsed.request());
    }

    private void finish(Pump.Outcome<Asked, Completion> outcome) {
      long line = outcome.job().line;
      JsonNode customId = outcome.job().parsed.customId();
      Completion completion = outcome.answer();
      if (outcome.failure() instanceof UserException mistake) {
        out.append(Answers.error(line, customId, mistake.getMessage()));
        errors++;
      } else if (outcome.failure() != null) {
        throw new IllegalStateException(
            String.format(Locale.ROOT, "the engine failed while line %d was in work", line),
            outcome.failure());
      } else if (completion.finishReason() == FinishReason.CANCELLED) {
        throw new IllegalStateException(
            String.format(Locale.ROOT, "line %d was cancelled by someone else", line));
      } else {
        boolean logProbs = outcome.job().parsed.request().logProbs() >= 0;
        tokens += completion.tokens().size();
        out.append(Answers.result(line, customId, completion, hasText, logProbs));
      }
      answered++;
    }

    private Summary summary() {
      long nanos = System.nanoTime() - startedAt;
      int earlier = before.lines().cardinality();
      return new Summary(answered, earlier, errors, blank, tokens, nanos, stopped);
    }
  }
}

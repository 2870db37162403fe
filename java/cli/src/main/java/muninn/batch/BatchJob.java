package muninn.batch;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import muninn.Progress;
import muninn.UserException;
import muninn.engine.Completion;
import muninn.engine.FinishReason;
import muninn.engine.Generation;

/**
 * Answers a file of requests, one JSON object a line, into a file of answers in the order they
 * finish. One thread does everything but the answering itself: it keeps a bounded number of
 * requests in flight and writes each answer as it arrives, so inputs of any length take the same
 * memory. A job that was cut short goes on where its output ends; {@link JobRecord} sees to it that
 * only the same job does.
 */
public final class BatchJob {
  /** Longest line that is read. */
  public static final int MAX_LINE_BYTES = 16 << 20;

  private final Path input;
  private final Path output;
  private final String model;
  private final Responder responder;
  private final JobOptions defaults;
  private final int inFlightLimit;
  private final Progress.Display display;
  private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private volatile boolean stopped;

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
      throw new UserException(
          "batch %s %s: %s".formatted(input, output, FileProblem.describe(e)), e);
    }
  }

  /**
   * Ends the run soon: what is in flight stays unanswered, for the next run. Safe from any thread.
   */
  public void stop() {
    stopped = true;
    events.add(() -> {});
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
      throw new UserException("%s: %s".formatted(output, FileProblem.describe(e)), e);
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

  /** One pass over the input. */
  private final class Run {
    private final OutputFile out;
    private final Answered before;
    private final long lines;
    private final LineParser parser = new LineParser(responder, defaults);
    private final boolean hasText = responder.hasText();
    private final long startedAt = System.nanoTime();
    private int inFlight;
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
          LineReader reader = new LineReader(Files.newInputStream(input), MAX_LINE_BYTES)) {
        boolean more = true;
        while (!stopped && (more || inFlight > 0)) {
          more = more && (inFlight == inFlightLimit || handle(reader.next()));
          if (inFlight == inFlightLimit || (!more && inFlight > 0)) {
            take().run();
          }
          for (Runnable event = events.poll(); event != null; event = events.poll()) {
            event.run();
          }
          progress.at(done + answered + blank, tokens);
        }
      }
      return summary();
    }

    /** Starts work on a line; false at the end of the input. */
    private boolean handle(Line line) {
      if (line == null) {
        return false;
      }
      if (line.blank()) {
        blank++;
      } else if (!before.lines().get(Math.toIntExact(line.number()))) {
        LineParser.Parsed parsed = parser.parse(line);
        if (parsed.error() == null) {
          submit(line.number(), parsed);
        } else {
          error(line.number(), parsed.customId(), parsed.error());
        }
      }
      return true;
    }

    private void submit(long line, LineParser.Parsed parsed) {
      Generation generation;
      try {
        generation = responder.submit(parsed.request());
      } catch (UserException e) {
        error(line, parsed.customId(), e.getMessage());
        return;
      }
      inFlight++;
      boolean logProbs = parsed.request().logProbs() >= 0;
      generation
          .completion()
          .whenComplete(
              (completion, failure) ->
                  events.add(() -> finish(line, parsed.customId(), logProbs, completion, failure)));
    }

    private void finish(
        long line, JsonNode customId, boolean logProbs, Completion completion, Throwable failure) {
      inFlight--;
      if (failure instanceof UserException mistake) {
        error(line, customId, mistake.getMessage());
        return;
      }
      if (failure != null) {
        throw new IllegalStateException(
            "the engine failed while line %d was in work".formatted(line), failure);
      }
      if (completion.finishReason() == FinishReason.CANCELLED) {
        throw new IllegalStateException("line %d was cancelled by someone else".formatted(line));
      }
      tokens += completion.tokens().size();
      out.append(Answers.result(line, customId, completion, hasText, logProbs));
      answered++;
    }

    private void error(long line, JsonNode customId, String message) {
      out.append(Answers.error(line, customId, message));
      answered++;
      errors++;
    }

    private Runnable take() {
      try {
        return events.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        stopped = true;
        return () -> {};
      }
    }

    private Summary summary() {
      long nanos = System.nanoTime() - startedAt;
      int earlier = before.lines().cardinality();
      return new Summary(answered, earlier, errors, blank, tokens, nanos, stopped);
    }
  }
}

package muninn.batch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Objects;
import java.util.stream.Stream;
import muninn.Progress;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.files.FileProblem;
import muninn.files.FileUse;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.wire.AskedLine;
import muninn.wire.CustomIds;
import muninn.wire.LineAnswers;
import muninn.wire.Responder;

/**
 * Answers requests, one JSON object a line, by a line each, in the order they finish ({@link
 * LineAnswers}), and writes each answer as it arrives, so inputs of any length take little memory.
 * A job over files that was cut short goes on where its output ends; {@link JobRecord} sees to it
 * that only the same job does.
 */
public final class BatchJob {
  private final JobInput input;
  private final JobOutput output;
  private final JobSetting setting;
  private final Responder responder;
  private final Options defaults;
  private final int inFlightLimit;
  private final Progress.Display display;
  private volatile boolean draining;
  private volatile boolean stopped;
  private volatile LineAnswers running;

  /**
   * A job that has not begun.
   *
   * @param setting what answers; answers of another one are not mixed into the output
   * @param inFlightLimit most requests handed to the responder and not yet answered
   */
  public BatchJob(
      JobInput input,
      JobOutput output,
      JobSetting setting,
      Responder responder,
      Options defaults,
      int inFlightLimit,
      Progress.Display display) {
    this.input = input;
    this.output = output;
    this.setting = setting;
    this.responder = responder;
    this.defaults = defaults;
    this.inFlightLimit = inFlightLimit;
    this.display = display;
  }

  /**
   * Runs to the end, or until {@link #drain} or {@link #stop}.
   *
   * @param overwrite whether the answers of an earlier job are thrown away
   * @throws UserException when a file cannot be read or written, is changed by others meanwhile, or
   *     belongs to another job
   */
  public Summary run(boolean overwrite) {
    FileUse use = new FileUse();
    input.claim(use);
    output.claim(use);
    use.check();
    try (JobOutput.Answers out = output.open()) {
      JobInput.Survey survey = input.survey();
      if (survey.lines() >= Integer.MAX_VALUE) {
        throw UserException.of("input %s has %d lines: split it", input.name(), survey.lines());
      }
      boolean shares = survey.mayShareKeys() || defaults.thinking().thinksInChunks();
      JobRecord job = JobRecord.of(survey.id(), setting.facts(shares), defaults);
      return new Run(out, out.begin(job, overwrite), survey.lines()).toEnd();
    } catch (IOException e) {
      throw UserException.because(
          e, "batch %s %s: %s", input.name(), output.name(), FileProblem.describe(e));
    }
  }

  /** Starts no further request; those in flight are still answered. Safe from any thread. */
  public void drain() {
    draining = true;
    LineAnswers answers = running;
    if (answers != null) {
      answers.drain();
    }
  }

  /**
   * Ends the run soon: what is in flight stays unanswered, for the next run. Safe from any thread.
   */
  public void stop() {
    stopped = true;
    LineAnswers answers = running;
    if (answers != null) {
      answers.stop();
    }
  }

  /** One pass over the input. */
  private final class Run {
    private final JobOutput.Answers out;
    private final Answered before;
    private final long lines;
    private final CustomIds ids = new CustomIds();
    private final long startedAt = System.nanoTime();
    private boolean ended;
    private long answered;
    private long blank;
    private long errors;
    private long tokens;
    private String firstError = "";

    Run(JobOutput.Answers out, Answered before, long lines) {
      this.out = out;
      this.before = before;
      this.lines = lines;
      this.errors = before.errors();
    }

    Summary toEnd() throws IOException {
      int done = before.lines().cardinality();
      try (Progress progress = display.start(output.name(), done, lines);
          Lines reader = input.open();
          LineAnswers answers =
              new LineAnswers(unanswered(reader), responder, defaults, inFlightLimit)) {
        running = answers;
        if (draining) {
          answers.drain();
        }
        while (!stopped && answers.hasNext()) {
          write(answers.next());
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
    private Iterator<AskedLine> unanswered(Lines reader) {
      return Stream.generate(() -> next(reader))
          .takeWhile(Objects::nonNull)
          .filter(line -> !line.blank())
          .map(this::asked)
          .filter(asked -> !before.lines().get((int) asked.number()))
          .iterator();
    }

    private Line next(Lines reader) {
      try {
        Line line = reader.next();
        ended = line == null;
        blank += line != null && line.blank() ? 1 : 0;
        return line;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The id of a line that is answered already counts all the same. */
    private AskedLine asked(Line line) {
      return AskedLine.of(line, ids);
    }

    private void write(LineAnswers.Answered answer) {
      out.append(answer.json());
      if (answer.error() != null) {
        firstError = errors == 0 ? "line " + answer.number() + ": " + answer.error() : firstError;
        errors++;
      }
      tokens += answer.tokens();
      answered++;
    }

    private Summary summary() {
      long nanos = System.nanoTime() - startedAt;
      int earlier = before.lines().cardinality();
      boolean cut = stopped || !ended;
      return new Summary(answered, earlier, errors, firstError, blank, tokens, nanos, cut);
    }
  }
}

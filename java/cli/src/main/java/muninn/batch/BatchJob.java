package muninn.batch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import muninn.Progress;
import muninn.UserException;
import muninn.engine.Answers;
import muninn.engine.Completion;
import muninn.engine.FinishReason;
import muninn.engine.Options;
import muninn.engine.Pump;
import muninn.files.FileProblem;
import muninn.files.FileUse;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.wire.AnswerJson;
import muninn.wire.Responder;

/**
 * Answers requests, one JSON object a line, by a line each, in the order they finish. One thread
 * does everything but the answering itself and the reading of {@link LongLine}s: it keeps a bounded
 * number of requests in flight and writes each answer as it arrives, so inputs of any length take
 * little memory. A job over files that was cut short goes on where its output ends; {@link
 * JobRecord} sees to it that only the same job does.
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
  private volatile Pump<Asked, List<Completion>> running;

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
    Pump<Asked, List<Completion>> pump = running;
    if (pump != null) {
      pump.drain();
    }
  }

  /**
   * Ends the run soon: what is in flight stays unanswered, for the next run. Safe from any thread.
   */
  public void stop() {
    stopped = true;
    Pump<Asked, List<Completion>> pump = running;
    if (pump != null) {
      pump.stop();
    }
  }

  private static boolean cancelled(Completion answer) {
    return answer.finishReason() == FinishReason.CANCELLED;
  }

  /** A line that is not answered yet, and what it asks once that is known. */
  private static final class Asked {
    private final int line;
    private final boolean isLong;
    private final LineParser.Read read;
    private volatile LineParser.Parsed parsed;

    Asked(int line, boolean isLong, LineParser.Read read) {
      this.line = line;
      this.isLong = isLong;
      this.read = read;
    }
  }

  /** One pass over the input. */
  private final class Run {
    private final JobOutput.Answers out;
    private final Answered before;
    private final long lines;
    private final LineParser parser = new LineParser(responder, defaults);
    private final ExecutorService longLines =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
    private final AnswerLines format =
        new AnswerLines(AnswerJson.of(responder), System.currentTimeMillis() / 1000);
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
          Pump<Asked, List<Completion>> pump =
              new Pump<>(unanswered(reader), inFlightLimit, Pump.Order.AS_ENDED, this::start)) {
        running = pump;
        if (draining) {
          pump.drain();
        }
        while (!stopped && pump.hasNext()) {
          finish(pump.next());
          progress.at(done + answered + blank, tokens);
        }
        progress.at(done + answered + blank, tokens);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      } finally {
        running = null;
        longLines.shutdownNow();
      }
      return summary();
    }

    /** Lines that have something to be asked, and no answer yet. */
    private Iterator<Asked> unanswered(Lines reader) {
      return Stream.generate(() -> next(reader))
          .takeWhile(Objects::nonNull)
          .filter(line -> !line.blank())
          .map(this::asked)
          .filter(asked -> !before.lines().get(asked.line))
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
    private Asked asked(Line line) {
      boolean isLong = line.bytes().length >= LongLine.LEAST_BYTES;
      return new Asked(Math.toIntExact(line.number()), isLong, parser.read(line));
    }

    private Pump.Flight<List<Completion>> start(Asked asked) {
      return asked.isLong ? LongLine.start(longLines, () -> submit(asked)) : submit(asked);
    }

    private Pump.Flight<List<Completion>> submit(Asked asked) {
      asked.parsed = parser.parse(asked.read);
      if (asked.parsed.error() != null) {
        throw new UserException(asked.parsed.error());
      }
      return Answers.submit(asked.parsed.request(), responder::submit);
    }

    private void finish(Pump.Outcome<Asked, List<Completion>> outcome) {
      long line = outcome.job().line;
      LineParser.Parsed asked = outcome.job().parsed;
      List<Completion> answers = outcome.answer();
      if (outcome.failure() instanceof UserException mistake) {
        out.append(format.error(line, asked, mistake.getMessage()));
        firstError = errors == 0 ? "line " + line + ": " + mistake.getMessage() : firstError;
        errors++;
      } else if (outcome.failure() != null) {
        throw new IllegalStateException(
            String.format(Locale.ROOT, "the engine failed while line %d was in work", line),
            outcome.failure());
      } else if (answers.stream().anyMatch(BatchJob::cancelled)) {
        throw new IllegalStateException(
            String.format(Locale.ROOT, "line %d was cancelled by someone else", line));
      } else {
        tokens += answers.stream().mapToLong(answer -> answer.tokens().size()).sum();
        out.append(format.result(line, asked, answers));
      }
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

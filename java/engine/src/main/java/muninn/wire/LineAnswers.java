package muninn.wire;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import muninn.UserException;
import muninn.engine.answer.Answers;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Pump;
import muninn.engine.request.Options;

/**
 * Answers lines by a line each, in the order they finish. The thread that asks for answers does
 * everything but the answering itself and the reading of {@link LongLine}s: it keeps a bounded
 * number of requests in flight, so any number of lines takes little memory.
 */
public final class LineAnswers implements Iterator<LineAnswers.Answered>, AutoCloseable {
  private final Responder responder;
  private final LineParser parser;
  private final AnswerLines format;
  private final ExecutorService longLines =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
  private final Pump<InWork, List<Completion>> pump;

  /**
   * An answered line.
   *
   * @param number of the line that asked
   * @param json the line that answers, its end included
   * @param answers empty where it is an error
   * @param error what is wrong with the line; null where nothing is
   */
  public record Answered(long number, byte[] json, List<Completion> answers, String error) {
    /** New tokens. */
    public long tokens() {
      return answers.stream().mapToLong(answer -> answer.tokens().size()).sum();
    }
  }

  /** A line, and what it asks once that is known. */
  private static final class InWork {
    private final AskedLine line;
    private volatile LineParser.Parsed parsed;

    InWork(AskedLine line) {
      this.line = line;
    }
  }

  /**
   * @param defaults hold where a line states nothing
   * @param inFlightLimit most requests handed to the responder and not yet answered
   */
  public LineAnswers(
      Iterator<AskedLine> lines, Responder responder, Options defaults, int inFlightLimit) {
    this.responder = responder;
    parser = new LineParser(responder, defaults);
    format = new AnswerLines(AnswerJson.of(responder), System.currentTimeMillis() / 1000);
    Iterator<InWork> jobs =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return lines.hasNext();
          }

          @Override
          public InWork next() {
            return new InWork(lines.next());
          }
        };
    pump = new Pump<>(jobs, inFlightLimit, Pump.Order.AS_ENDED, this::start);
  }

  /** Waits until another answer is there; false when there will be none. */
  @Override
  public boolean hasNext() {
    return pump.hasNext();
  }

  /**
   * The next answer.
   *
   * @throws IllegalStateException when it is the engine that failed
   */
  @Override
  public Answered next() {
    Pump.Outcome<InWork, List<Completion>> outcome = pump.next();
    long line = outcome.job().line.number();
    LineParser.Parsed asked = outcome.job().parsed;
    List<Completion> answers = outcome.answer();
    if (outcome.failure() instanceof UserException mistake) {
      String error = mistake.getMessage();
      return new Answered(line, format.error(line, asked, error), List.of(), error);
    }
    if (outcome.failure() != null) {
      throw new IllegalStateException(
          String.format(Locale.ROOT, "the engine failed while line %d was in work", line),
          outcome.failure());
    }
    if (answers.stream().anyMatch(one -> one.finishReason() == FinishReason.CANCELLED)) {
      throw new IllegalStateException(
          String.format(Locale.ROOT, "line %d was cancelled by someone else", line));
    }
    return new Answered(line, format.result(line, asked, answers), answers, null);
  }

  /** Takes no further line; those in work are still answered. Safe from any thread. */
  public void drain() {
    pump.drain();
  }

  /** Gives back nothing more. Safe from any thread. */
  public void stop() {
    pump.stop();
  }

  /** Cancels what is in work. */
  @Override
  public void close() {
    pump.close();
    longLines.shutdownNow();
  }

  private Pump.Flight<List<Completion>> start(InWork work) {
    return work.line.bytes() >= LongLine.LEAST_BYTES
        ? LongLine.start(longLines, () -> submit(work))
        : submit(work);
  }

  private Pump.Flight<List<Completion>> submit(InWork work) {
    work.parsed = parser.parse(work.line);
    if (work.parsed.error() != null) {
      throw new UserException(work.parsed.error());
    }
    return Answers.submit(work.parsed.request(), responder::submit);
  }
}

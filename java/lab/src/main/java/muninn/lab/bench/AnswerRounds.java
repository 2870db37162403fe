package muninn.lab.bench;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import muninn.engine.Engine;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.lab.Effort;
import muninn.lab.Timing;
import muninn.lab.bench.BenchResult.Ticks;

/**
 * Rounds of equal requests to an engine, each going on to its last token, whatever it says: how
 * long their tokens took, and whether the engine counted the ticks that their steps imply.
 */
final class AnswerRounds {
  private final Engine engine;
  private final BenchOptions options;
  private final int steps;
  private final int batch;
  private final List<Double> perToken = new ArrayList<>();
  private final List<Double> firstToken = new ArrayList<>();
  private long ticks;

  /**
   * @param batch requests at once
   */
  AnswerRounds(Engine engine, BenchOptions options, int steps, int batch) {
    this.engine = engine;
    this.options = options;
    this.steps = steps;
    this.batch = batch;
  }

  /** Runs them; a warm-up counts only when there is no time for more. */
  AnswerRounds run() {
    Effort effort = options.effort();
    long start = System.nanoTime();
    do {
      round();
    } while (System.nanoTime() - start < effort.warmUp().toNanos());
    int warmUp = perToken.size();
    while (perToken.size() < warmUp + effort.rounds()
        && System.nanoTime() - start < effort.most().toNanos()) {
      round();
    }
    int counting = perToken.size() > warmUp ? warmUp : warmUp - 1;
    perToken.subList(0, counting).clear();
    firstToken.subList(0, counting).clear();
    return this;
  }

  /** Between the tokens of one answer. */
  Timing perToken() {
    return timing(perToken);
  }

  /** From submission to the first token of the last answer that gets one. */
  Timing firstToken() {
    return timing(firstToken);
  }

  /** Of the answer that was given most, in any round. */
  Ticks ticks() {
    return new Ticks(ticks, (long) steps * options.newTokens());
  }

  private static Timing timing(List<Double> rounds) {
    return Timing.of(rounds.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private void round() {
    long submitted = System.nanoTime();
    List<Generation> answers = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      answers.add(engine.submit(request(i)));
    }
    List<Iterator<Token>> tokens = answers.stream().map(Generation::iterator).toList();
    tokens.forEach(Iterator::next);
    long first = System.nanoTime();
    for (Iterator<Token> answer : tokens) {
      while (answer.hasNext()) {
        answer.next();
      }
    }
    firstToken.add((double) (first - submitted));
    perToken.add((System.nanoTime() - first) / (options.newTokens() - 1.0));
    for (Generation answer : answers) {
      Completion.Stats stats = answer.completion().join().stats();
      ticks = Math.max(ticks, stats.ticks() - stats.waitedTicks());
    }
  }

  private Request request(int number) {
    int vocabulary = engine.model().config().vocabulary();
    int[] prompt = new int[BenchOptions.PROMPT];
    for (int position = 0; position < prompt.length; position++) {
      prompt[position] = (7 * number + position) % vocabulary;
    }
    return new Request(
        prompt,
        Options.DEFAULT.withSteps(steps).withMaxTokens(options.newTokens()).withIgnoreEos(true));
  }
}

package muninn.lab.bench;

import java.util.List;
import muninn.engine.Engine;
import muninn.kernels.Span;
import muninn.lab.Limits;
import muninn.lab.bench.BenchResult.Generated;
import muninn.lab.bench.BenchResult.Row;
import muninn.model.forward.Forward;

/**
 * Whole answers of an engine, beside the floor of their parts and what the parts were measured to
 * take.
 *
 * @param forward of which costs are reckoned
 * @param cacheBytes of the device's last-level cache
 * @param parts {@link TickPart}s as measured, on any number of lanes
 */
record AnswerBench(
    BenchOptions options, Forward forward, Limits limits, long cacheBytes, List<Row> parts) {

  /**
   * @param batch requests at once
   */
  Generated measure(Engine engine, int steps, int batch) {
    AnswerRounds rounds = new AnswerRounds(engine, options, steps, batch).run();
    int context = BenchOptions.PROMPT + options.newTokens() / 2;
    TickCosts costs = new TickCosts(forward, Span.alone(batch, context));
    return new Generated(
        steps,
        batch,
        rounds.perToken(),
        rounds.firstToken(),
        costs.floorNanos(steps, limits),
        costs.of(TickPart.STEP).bytes() <= cacheBytes,
        rounds.ticks(),
        byParts(steps, batch));
  }

  /** What a token would take by the parts measured on that many lanes; null where none were. */
  private Double byParts(int steps, int lanes) {
    List<Row> measured = parts.stream().filter(part -> part.lanes() == lanes).toList();
    return measured.isEmpty()
        ? null
        : measured.stream()
            .mapToDouble(
                part ->
                    (part.name().equals(TickPart.STEP.label) ? steps : 1) * part.timing().nanos())
            .sum();
  }
}

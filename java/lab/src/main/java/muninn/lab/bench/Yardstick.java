package muninn.lab.bench;

import muninn.kernels.Cost;
import muninn.kernels.Span;
import muninn.lab.Limits;
import muninn.lab.Timing;
import muninn.lab.bench.BenchResult.Row;
import muninn.lab.bench.Operations.Operation;
import muninn.lab.expect.Card;
import muninn.lab.expect.TimingModel;

/**
 * What a measured time is held against: the floor by the device's own ceilings, and what the timing
 * model expects of a card.
 *
 * @param card null where none was named
 * @param cacheBytes of the device's last-level cache
 */
record Yardstick(Limits limits, Card card, long cacheBytes) {

  /**
   * @param span of the lanes that the operation ran on
   */
  Row row(Operation operation, Span span, Timing timing) {
    Double expected =
        card == null
            ? null
            : (Double) (1e9 * new TimingModel(card).of(operation.op(), span).seconds());
    return row(operation.name(), span, timing, operation.cost(), expected, operation.touched());
  }

  /**
   * @param shared whether lanes read keys of others, which a cache may hold
   */
  Row row(TickPart part, TickCosts costs, Timing timing, boolean shared) {
    Cost cost = costs.of(part);
    Double expected = card == null ? null : (Double) costs.expectedNanos(card, part);
    return row(part.label, costs.span(), timing, cost, expected, shared ? 0 : cost.bytes());
  }

  private Row row(String name, Span span, Timing timing, Cost cost, Double expected, long touched) {
    return new Row(
        name,
        Math.toIntExact(span.lanes()),
        timing,
        cost,
        limits.floorNanos(cost),
        expected,
        limits.boundByMemory(cost),
        touched <= cacheBytes);
  }
}

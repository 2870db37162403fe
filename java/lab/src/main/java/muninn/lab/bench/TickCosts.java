package muninn.lab.bench;

import muninn.kernels.Cost;
import muninn.kernels.Costs;
import muninn.kernels.Program.Role;
import muninn.kernels.Span;
import muninn.lab.Limits;
import muninn.lab.expect.Card;
import muninn.lab.expect.TimingModel;
import muninn.model.forward.Forward;

/** What the parts of a tick cost at least on the lanes of a span, and are expected to take. */
record TickCosts(Forward forward, Span span) {

  /** Bytes and FLOP of a part. */
  Cost of(TickPart part) {
    return part.roles.stream().map(this::cost).reduce(Cost::plus).orElseThrow();
  }

  private Cost cost(Role role) {
    return Costs.of(forward.program(role), span);
  }

  /** What a part is expected to take on a card. */
  double expectedNanos(Card card, TickPart part) {
    TimingModel timing = new TimingModel(card);
    return part.roles.stream()
        .mapToDouble(role -> 1e9 * timing.of(forward.program(role), span).seconds())
        .sum();
  }

  /** The floor of a token of each of the lanes: its parts one after the other. */
  double floorNanos(int steps, Limits limits) {
    return limits.floorNanos(of(TickPart.OPENING))
        + steps * limits.floorNanos(of(TickPart.STEP))
        + limits.floorNanos(of(TickPart.SPEAKING));
  }
}

package muninn.lab;

import java.util.stream.Stream;
import muninn.kernels.Cost;
import muninn.kernels.Costs;
import muninn.kernels.Program.Role;
import muninn.kernels.Span;
import muninn.lab.expect.Card;
import muninn.lab.expect.TimingModel;
import muninn.model.Forward;

/** What tokens cost at least on their way through a model, together on the lanes of a span. */
record Way(Forward forward, Span span) {

  /** Prelude, and a latent to start from. */
  Cost opening() {
    return cost(Role.PRELUDE).plus(cost(Role.START));
  }

  /** A step of the core. */
  Cost step() {
    return cost(Role.CORE);
  }

  /** Coda, head and draw. */
  Cost speaking() {
    return cost(Role.CODA).plus(cost(Role.HEAD)).plus(cost(Role.DRAW));
  }

  /** What these parts are expected to take on a card, one after the other, in nanoseconds. */
  double expectedNanos(Card card, Role... parts) {
    TimingModel timing = new TimingModel(card);
    return Stream.of(parts)
        .mapToDouble(part -> 1e9 * timing.of(forward.program(part), span).seconds())
        .sum();
  }

  private Cost cost(Role role) {
    return Costs.of(forward.program(role), span);
  }

  /** The floor of a token of each of the lanes: these one after the other. */
  double floorNanos(int steps, Limits limits) {
    return limits.floorNanos(opening())
        + steps * limits.floorNanos(step())
        + limits.floorNanos(speaking());
  }
}

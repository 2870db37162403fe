package muninn.lab;

import muninn.kernels.Cost;
import muninn.kernels.Costs;
import muninn.kernels.Program.Role;
import muninn.kernels.Span;
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

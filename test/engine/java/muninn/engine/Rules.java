package muninn.engine;

import java.util.Arrays;

/** Exit rules for tests. */
final class Rules {
  private Rules() {}

  /** Those that any model can serve, be it without a gate. */
  static KnownExit.Kind[] ofAnyModel() {
    return Arrays.stream(KnownExit.Kind.values())
        .filter(kind -> kind != KnownExit.Kind.GATE)
        .toArray(KnownExit.Kind[]::new);
  }
}

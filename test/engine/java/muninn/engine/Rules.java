package muninn.engine;

import java.util.Arrays;
import java.util.Random;
import muninn.engine.request.Continuous;
import muninn.engine.request.ExitRule;
import muninn.engine.request.KnownExit;

/** Exit rules for tests. */
final class Rules {
  private Rules() {}

  /** Those that any model can serve, be it without a gate. */
  static KnownExit.Kind[] ofAnyModel() {
    return Arrays.stream(KnownExit.Kind.values())
        .filter(kind -> kind != KnownExit.Kind.GATE)
        .toArray(KnownExit.Kind[]::new);
  }

  /** Continuous thought of some kind, once in so many times. */
  static Continuous continuous(Random random, int times) {
    Continuous[] kinds = Continuous.values();
    return random.nextInt(times) == 0
        ? kinds[1 + random.nextInt(kinds.length - 1)]
        : Continuous.NONE;
  }

  /** Those of them that speculation keeps the text with. */
  static KnownExit.Kind[] exact() {
    return Arrays.stream(ofAnyModel())
        .filter(kind -> kind.rule().sees() != ExitRule.Sees.OUTPUT)
        .toArray(KnownExit.Kind[]::new);
  }
}

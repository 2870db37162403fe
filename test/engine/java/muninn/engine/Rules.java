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

  /** Those of them that speculation keeps the text with. */
  static KnownExit.Kind[] exact() {
    return Arrays.stream(ofAnyModel())
        .filter(kind -> kind.rule().sees() != ExitRule.Sees.OUTPUT)
        .toArray(KnownExit.Kind[]::new);
  }
}

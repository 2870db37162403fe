package muninn.model;

import java.util.List;
import muninn.UserException;

/**
 * Checks a stored table of rotary angles. The forward pass computes its own from {@code rope_base};
 * a table made with another base would mean that the model was trained otherwise than its config
 * says.
 */
final class Frequencies {
  /** Wide enough for a table kept in bfloat16, whose values near 1 are 1/256 apart. */
  private static final double TOLERANCE = 0.02;

  private Frequencies() {}

  /**
   * Looks at shape {@code [1, positions, 1, D/2, 2]} and at position 1: cosine and sine of {@code
   * base^(-2i/D)} for each pair i.
   */
  static void check(Tensor table, Config config) {
    List<Long> shape = table.shape();
    long pairs = config.headWidth() / 2;
    if (shape.size() != 5 || !shape.equals(List.of(1L, shape.get(1), 1L, pairs, 2L))) {
      throw UserException.of(
          "%s: tensor %s has shape %s, wanted [1, positions, 1, %d, 2] by config.json; use files of"
              + " one and the same checkpoint",
          table.file(), table.name(), shape, pairs);
    }
    if (shape.get(1) < 2) {
      return;
    }
    for (int i = 0; i < pairs; i++) {
      double angle = config.rope().frequency(i, config.headWidth());
      long at = (pairs + i) * 2;
      if (!near(table.element(at), Math.cos(angle))
          || !near(table.element(at + 1), Math.sin(angle))) {
        throw UserException.of(
            "%s: tensor %s has (%.4f, %.4f) for pair %d at position 1, wanted (%.4f, %.4f) by"
                + " rope_base %s in config.json; use files of one and the same checkpoint",
            table.file(),
            table.name(),
            table.element(at),
            table.element(at + 1),
            i,
            Math.cos(angle),
            Math.sin(angle),
            config.rope().base());
      }
    }
  }

  private static boolean near(double found, double wanted) {
    return Math.abs(found - wanted) <= TOLERANCE;
  }
}

package muninn.lab;

import java.util.List;
import muninn.kernels.Ceilings;
import muninn.lab.BenchResult.Ceiling;

/** The ceilings of a device, as measured in the same run as what is held against them. */
public record Limits(double bytesPerSecond, double flopPerSecond) {

  /** The fastest of each kind. */
  static Limits of(List<Ceiling> ceilings) {
    return new Limits(best(ceilings, Ceilings.Limit.READ), best(ceilings, Ceilings.Limit.MULTIPLY));
  }

  private static double best(List<Ceiling> ceilings, Ceilings.Limit limit) {
    return ceilings.stream()
        .filter(ceiling -> ceiling.limit() == limit)
        .mapToDouble(Ceiling::perSecond)
        .max()
        .orElseThrow();
  }
}

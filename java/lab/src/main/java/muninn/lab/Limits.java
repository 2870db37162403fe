package muninn.lab;

import java.util.List;
import muninn.kernels.Ceilings;
import muninn.kernels.Cost;

/** The ceilings of a device, as measured in the same run as what is held against them. */
public record Limits(double bytesPerSecond, double flopPerSecond) {

  /** The fastest of each kind. */
  public static Limits of(List<Ceiling> ceilings) {
    return new Limits(best(ceilings, Ceilings.Limit.READ), best(ceilings, Ceilings.Limit.MULTIPLY));
  }

  /**
   * The time that nothing can beat: {@code max(bytes / bandwidth, FLOP / FLOP/s)}, as if memory and
   * arithmetic were both busy from the first moment to the last.
   */
  public double floorNanos(Cost cost) {
    return 1e9 * Math.max(cost.bytes() / bytesPerSecond, cost.flop() / flopPerSecond);
  }

  /** Whether the memory is what limits it. */
  public boolean boundByMemory(Cost cost) {
    return cost.bytes() / bytesPerSecond >= cost.flop() / flopPerSecond;
  }

  private static double best(List<Ceiling> ceilings, Ceilings.Limit limit) {
    return ceilings.stream()
        .filter(ceiling -> ceiling.limit() == limit)
        .mapToDouble(Ceiling::perSecond)
        .max()
        .orElseThrow();
  }
}

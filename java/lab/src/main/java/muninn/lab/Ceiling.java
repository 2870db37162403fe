package muninn.lab;

import java.util.ArrayList;
import java.util.List;
import muninn.kernels.Ceilings;
import muninn.kernels.Device;

/**
 * One of the device's own limits, as measured.
 *
 * @param amount bytes or FLOP of a run
 */
public record Ceiling(String name, Ceilings.Limit limit, long amount, Timing timing) {
  /** What surely stays there, whoever else uses it. */
  private static final int SHARE_OF_CACHE = 8;

  /** All of a device's, with nothing else on it. */
  public static List<Ceiling> measure(Device device, long readBytes, Stopwatch stopwatch) {
    List<Ceiling> measured = new ArrayList<>();
    try (Ceilings yardsticks = device.ceilings(readBytes)) {
      for (Ceilings.Load load : yardsticks.loads()) {
        Timing timing = stopwatch.time(1, load.run());
        measured.add(new Ceiling(load.name(), load.limit(), load.amount(), timing));
      }
    }
    return measured;
  }

  /**
   * How fast what the last-level cache holds is read, in bytes a second; 0 where its size is not
   * known. No floor counts on it: it tells what lies above the memory's.
   */
  public static double ofCache(Device device, Stopwatch stopwatch) {
    long bytes = device.cacheBytes() / SHARE_OF_CACHE;
    return bytes == 0
        ? 0
        : measure(device, bytes, stopwatch).stream()
            .filter(ceiling -> ceiling.limit() == Ceilings.Limit.READ)
            .mapToDouble(Ceiling::perSecond)
            .max()
            .orElse(0);
  }

  /** Bytes or FLOP a second, of the fastest round: what can be reached at all. */
  public double perSecond() {
    return amount * 1e9 / timing.fastest();
  }
}

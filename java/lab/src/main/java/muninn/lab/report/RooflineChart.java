package muninn.lab.report;

import java.util.List;

/**
 * Work by arithmetic intensity (FLOP a byte) under what the device allows (Williams et al. 2009).
 *
 * @param bytesPerSecond the slope of the roof
 * @param flopPerSecond its level part
 */
public record RooflineChart(double bytesPerSecond, double flopPerSecond, List<Work> works)
    implements Chart {

  public RooflineChart {
    works = List.copyOf(works);
  }

  /** A kernel or stage: FLOP and bytes it must move, and how long it took. */
  public record Work(String name, double flop, double bytes, double seconds) {
    double intensity() {
      return flop / bytes;
    }

    double flopPerSecond() {
      return flop / seconds;
    }
  }
}

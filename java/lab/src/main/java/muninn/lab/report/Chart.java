package muninn.lab.report;

import java.util.Map;

/** A picture of numbers, as data: what it shows, and how ECharts is to show it. */
public sealed interface Chart
    permits LineChart, ScatterChart, HeatMap, BarChart, RooflineChart, TimelineChart {

  /** An option object of ECharts; {@code report.js} adds what depends on the screen. */
  Map<String, Object> option();

  /** Its numbers, for readers who cannot see it or want to copy them. */
  Table numbers();

  /** How high it is, in pixels. */
  default int height() {
    return 320;
  }

  /** Whether it needs all the width of a page. */
  default boolean wide() {
    return false;
  }

  /** How several series get their colours. */
  enum Colours {
    /** Kinds that have no order: eight distinct colours, safe for colour-blind readers. */
    KINDS,
    /** A sequence, such as positions or depths: one ramp from the first to the last. */
    RAMP;

    /** The colour of the i-th of n, by a name that {@code report.js} knows. */
    public String of(int i, int n) {
      return this == KINDS ? "@kind" + i % 8 : "@ramp" + (n < 2 ? 0.5 : (double) i / (n - 1));
    }
  }
}

package muninn.lab.report;

/** A picture of numbers, as data; {@link Drawing} knows how each is drawn. */
public sealed interface Chart
    permits LineChart, ScatterChart, HeatMap, BarChart, RooflineChart, TimelineChart {

  /** How several series get their colours. */
  enum Colours {
    /** Kinds that have no order: distinct colours, safe for colour-blind readers; at most eight. */
    KINDS,
    /** A sequence, such as positions or depths: one ramp from the first to the last. */
    RAMP
  }
}

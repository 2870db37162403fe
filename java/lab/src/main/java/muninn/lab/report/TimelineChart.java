package muninn.lab.report;

import java.util.List;

/**
 * What happened when, in rows above each other; within a row, what happened inside of something
 * else stands below it.
 *
 * @param time what is counted, with its unit
 * @param kinds names of the colours; at most eight
 */
public record TimelineChart(String time, List<String> kinds, List<Row> rows) implements Chart {

  public TimelineChart {
    kinds = List.copyOf(kinds);
    rows = List.copyOf(rows);
  }

  /** A row with its name above it. */
  public record Row(String name, List<Stretch> stretches) {
    public Row {
      stretches = List.copyOf(stretches);
    }

    int depth() {
      return 1 + stretches.stream().mapToInt(Stretch::depth).max().orElse(0);
    }
  }

  /**
   * Something that took time.
   *
   * @param name stands in it where there is room
   * @param kind a place in {@link #kinds}
   * @param depth 0 for what is in nothing else
   * @param faint whether it is drawn lightly, such as waiting
   */
  public record Stretch(String name, int kind, int depth, double from, double to, boolean faint) {}
}

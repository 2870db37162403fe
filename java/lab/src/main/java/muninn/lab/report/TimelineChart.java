package muninn.lab.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What happened when, in rows above each other; within a row, what happened inside of something
 * else stands below it.
 *
 * @param time what is counted, with its unit
 * @param kinds what the colours stand for
 */
public record TimelineChart(String time, List<Kind> kinds, List<Row> rows) implements Chart {
  private static final int LINE = 22;

  public TimelineChart {
    kinds = List.copyOf(kinds);
    rows = List.copyOf(rows);
  }

  /** A name and its colour, by a name of {@link Colours}. */
  public record Kind(String name, String colour) {}

  /** A row with its name beside it. */
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

  @Override
  public Map<String, Object> option() {
    List<String> lines = new ArrayList<>();
    List<List<Object>> byKind = new ArrayList<>();
    kinds.forEach(_ -> byKind.add(new ArrayList<>()));
    for (Row row : rows) {
      for (Stretch s : row.stretches()) {
        int line = lines.size() + s.depth();
        byKind
            .get(s.kind())
            .add(Arrays.asList(s.from(), s.to(), line, s.faint() ? 1 : 0, s.name()));
      }
      for (int depth = 0; depth < row.depth(); depth++) {
        lines.add(depth == 0 ? row.name() : "");
      }
    }
    List<Object> series = new ArrayList<>();
    for (int k = 0; k < kinds.size(); k++) {
      if (!byKind.get(k).isEmpty()) {
        series.add(
            ChartOption.of(
                "type",
                "custom",
                "renderItem",
                "stretch",
                "name",
                kinds.get(k).name(),
                "color",
                kinds.get(k).colour(),
                "data",
                byKind.get(k)));
      }
    }
    return ChartOption.of(
        "xAxis",
        Axis.linear(time).option(),
        "yAxis",
        Axis.rows("", lines),
        "series",
        series,
        "zoom",
        true);
  }

  @Override
  public int height() {
    return LINE * rows.stream().mapToInt(Row::depth).sum() + 140;
  }

  @Override
  public boolean wide() {
    return true;
  }

  @Override
  public Table numbers() {
    record At(Row row, Stretch stretch) {}

    return Table.of(
        "",
        "",
        List.of(
            Column.read("row", ColumnFormat.PLAIN, (At at) -> at.row.name()),
            Column.read("name", ColumnFormat.PLAIN, (At at) -> at.stretch.name()),
            Column.read("kind", ColumnFormat.PLAIN, (At at) -> kinds.get(at.stretch.kind()).name()),
            Column.read("from, " + time, ColumnFormat.PLAIN, (At at) -> at.stretch.from()),
            Column.read("to, " + time, ColumnFormat.PLAIN, (At at) -> at.stretch.to())),
        rows.stream().flatMap(r -> r.stretches().stream().map(s -> new At(r, s))).toList());
  }
}

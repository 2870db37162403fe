package muninn.lab.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Work by arithmetic intensity (FLOP a byte) under what the device allows (Williams et al. 2009).
 *
 * @param memories where operands may come from, the slowest first, each with a slope of the roof
 * @param flopPerSecond its level part
 */
public record RooflineChart(List<Memory> memories, double flopPerSecond, List<Work> works)
    implements Chart {
  private static final double MARGIN = 2;

  public RooflineChart {
    memories = List.copyOf(memories);
    works = List.copyOf(works);
  }

  /** What can be read from it in a second. */
  public record Memory(String name, double bytesPerSecond) {}

  /**
   * A kernel or stage: FLOP and bytes it must move, and how long it took.
   *
   * @param kind what has one colour
   */
  public record Work(
      String name, String kind, String colour, double flop, double bytes, double seconds) {
    double intensity() {
      return flop / bytes;
    }

    double flopPerSecond() {
      return flop / seconds;
    }
  }

  @Override
  public Map<String, Object> option() {
    double left =
        flopPerSecond / memories.stream().mapToDouble(Memory::bytesPerSecond).max().orElse(1);
    double right =
        flopPerSecond / memories.stream().mapToDouble(Memory::bytesPerSecond).min().orElse(1);
    for (Work work : works) {
      left = Math.min(left, work.intensity());
      right = Math.max(right, work.intensity());
    }
    List<Object> series = new ArrayList<>();
    for (Memory memory : memories) {
      boolean lowest = memories.size() > 1 && memory.equals(memories.getFirst());
      series.add(roof(memory, left / MARGIN, right * MARGIN, lowest ? "right" : "left"));
    }
    Map<String, List<Object>> kinds = new LinkedHashMap<>();
    Map<String, String> colours = new LinkedHashMap<>();
    for (Work work : works) {
      kinds
          .computeIfAbsent(work.kind(), _ -> new ArrayList<>())
          .add(
              ChartOption.of(
                  "name",
                  work.name(),
                  "label",
                  ChartOption.of("show", true),
                  "value",
                  List.of(work.intensity(), work.flopPerSecond())));
      colours.put(work.kind(), work.colour());
    }
    kinds.forEach(
        (kind, dots) ->
            series.add(
                ChartOption.of(
                    "type", "scatter", "name", kind, "color", colours.get(kind), "data", dots)));
    return ChartOption.of(
        "xAxis",
        Axis.log("arithmetic intensity, FLOP a byte").option(),
        "yAxis",
        Axis.log("FLOP/s").option(),
        "series",
        series);
  }

  private Map<String, Object> roof(Memory memory, double left, double right, String side) {
    double ridge = flopPerSecond / memory.bytesPerSecond();
    String slope = memory.name() + " " + Numbers.shown(memory.bytesPerSecond(), "B/s");
    String level = Numbers.shown(flopPerSecond, "FLOP/s");
    return ChartOption.of(
        "type",
        "line",
        "color",
        "@ink",
        "roof",
        true,
        "data",
        List.of(
            ChartOption.of("value", List.of(left, left * memory.bytesPerSecond())),
            ChartOption.of(
                "value",
                List.of(ridge / 2, flopPerSecond / 2),
                "name",
                slope,
                "label",
                ChartOption.of("show", true, "position", side)),
            ChartOption.of("value", List.of(ridge, flopPerSecond)),
            ChartOption.of(
                "value",
                List.of(right, flopPerSecond),
                "name",
                level,
                "label",
                ChartOption.of("show", true))));
  }

  @Override
  public int height() {
    return 420;
  }

  @Override
  public Table numbers() {
    return Table.of(
        "",
        "",
        List.of(
            Column.read("name", ColumnFormat.PLAIN, Work::name),
            Column.read("FLOP", ColumnFormat.PLAIN, Work::flop),
            Column.read("bytes", ColumnFormat.PLAIN, Work::bytes),
            Column.read("seconds", ColumnFormat.PLAIN, Work::seconds),
            Column.read("FLOP a byte", ColumnFormat.PLAIN, Work::intensity),
            Column.read("FLOP/s", ColumnFormat.PLAIN, Work::flopPerSecond)),
        works);
  }
}

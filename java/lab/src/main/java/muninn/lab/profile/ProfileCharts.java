package muninn.lab.profile;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.lab.profile.Breakdown.Named;
import muninn.lab.profile.Breakdown.Part;
import muninn.lab.profile.Breakdown.Tally;
import muninn.lab.profile.Timeline.Event;
import muninn.lab.profile.Timeline.Row;
import muninn.lab.report.Axis;
import muninn.lab.report.BarChart;
import muninn.lab.report.Chart;
import muninn.lab.report.Figure;
import muninn.lab.report.Numbers;
import muninn.lab.report.RooflineChart;
import muninn.lab.report.RooflineChart.Memory;
import muninn.lab.report.Section;
import muninn.lab.report.TimelineChart;

/** Where the time of a profile goes: stages, operations, the roofline and the timeline. */
final class ProfileCharts {
  /** The colour of time that is no stage's. */
  static final String ELSEWHERE = "@soft";

  private static final double MILLI = 1e6;
  private static final double MICRO = 1e3;
  private static final int SHOWN_OPERATIONS = 14;
  private static final int SHOWN_WORKS = 8;
  private static final int SHOWN_STAGES = 400;
  private static final int SHOWN_CLIENTS = 6;
  private static final List<String> PARTS = List.of("what the ceilings allow", "beyond it");

  private final ProfileResult found;
  private final ProfileOptions options;
  private final Breakdown stages;

  ProfileCharts(ProfileResult found) {
    this.found = found;
    options = found.options();
    stages = found.stages();
  }

  static String name(Part part) {
    return part == Part.EXITS ? "exit rules" : part.id();
  }

  // Where the time goes

  Section where() {
    List<BarChart.Bar> bars = new ArrayList<>();
    stages.parts().forEach((part, tally) -> bars.add(stage(part, tally)));
    bars.add(bar("host", stages.hostNanos()));
    bars.add(bar("idle", stages.idleNanos()));
    bars.add(bar("other", stages.unaccountedNanos()));
    return Section.of(
        "Where the time goes",
        new Figure(
            "Wall time of a token by stage",
            "The dark part of a bar is the time that the measured ceilings allow for the bytes it"
                + " must move and the FLOP it must do. Prefill is what prelude, core and coda took"
                + " while most of their lanes were positions of prompts. Host: there was work, and"
                + " the device had none yet. Idle: nobody asked for anything. Other: what is left"
                + " of"
                + String.format(
                    Locale.ROOT,
                    " the wall's time by the clients' clock. From %s in which stages were timed%s.",
                    options.rounds() == 1 ? "one round" : options.rounds() + " rounds",
                    found.device().startsWith("cpu") ? "" : " as recorded graphs"),
            new BarChart(Axis.linear("µs a token"), PARTS, bars)));
  }

  private BarChart.Bar stage(Part part, Tally tally) {
    double each = stages.tokens() * MICRO;
    String text =
        String.format(
            Locale.ROOT, "%s, %s", Numbers.shown(tally.nanos() / each), share(tally.nanos()));
    return new BarChart.Bar(name(part), colour(part), parts(tally, each), text);
  }

  private static BarChart.Bar operation(Named named, Tally tally, long tokens) {
    double each = tokens * MICRO;
    return new BarChart.Bar(
        label(named),
        colour(named.part()),
        parts(tally, each),
        String.format(
            Locale.ROOT,
            "%s, %s of ceiling",
            Numbers.shown(tally.nanos() / each),
            Numbers.percent(tally.ofFloor())));
  }

  private static List<Double> parts(Tally tally, double each) {
    double floor = Math.min(tally.floorNanos(), tally.nanos());
    return List.of(floor / each, (tally.nanos() - floor) / each);
  }

  private BarChart.Bar bar(String name, double nanos) {
    double each = stages.tokens() * MICRO;
    return new BarChart.Bar(
        name,
        ELSEWHERE,
        List.of(0.0, Math.max(0, nanos) / each),
        String.format(Locale.ROOT, "%s, %s", Numbers.shown(nanos / each), share(nanos)));
  }

  /** A part has one colour, whatever a chart shows of it. */
  private static String colour(Part part) {
    return Chart.Colours.KINDS.of(part.ordinal(), Part.values().length);
  }

  private String share(double nanos) {
    return Numbers.percent(nanos / stages.wallNanos());
  }

  // Operations

  Section operations() {
    Breakdown operations = found.operations();
    List<BarChart.Bar> bars = new ArrayList<>();
    List<RooflineChart.Work> works = new ArrayList<>();
    for (Map.Entry<Named, Tally> entry : operations.operations()) {
      Tally tally = entry.getValue();
      if (bars.size() < SHOWN_OPERATIONS) {
        bars.add(operation(entry.getKey(), tally, operations.tokens()));
      }
      if (works.size() < SHOWN_WORKS && tally.cost().flop() > 0) {
        works.add(
            new RooflineChart.Work(
                label(entry.getKey()),
                name(entry.getKey().part()),
                colour(entry.getKey().part()),
                tally.cost().flop(),
                tally.cost().bytes(),
                tally.nanos() / 1e9));
      }
    }
    return Section.of(
        "Operations",
        new Figure(
            "Time of a token by operation",
            String.format(
                    Locale.ROOT,
                    "The %d that take most. Operations are timed one by one, with a mark after"
                        + " each; see",
                    SHOWN_OPERATIONS)
                + " below what that costs.",
            new BarChart(Axis.linear("µs a token"), PARTS, bars)),
        new Figure(
            "Roofline",
            "Products by what they compute for each byte they must move, under the ceilings that"
                + " were measured before the load. On a slope reading is the limit, on the level"
                + " part the arithmetic. What lies above the memory's slope was read from a cache.",
            new RooflineChart(memories(), found.limits().flopPerSecond(), works)));
  }

  private List<Memory> memories() {
    Memory memory = new Memory("memory", found.limits().bytesPerSecond());
    double cached = found.cacheBytesPerSecond();
    return cached > memory.bytesPerSecond()
        ? List.of(memory, new Memory("cache", cached))
        : List.of(memory);
  }

  private static String label(Named named) {
    String part = named.part() == Part.PREFILL ? "prefill " : "";
    return switch (named.part()) {
      case PREFILL, PRELUDE, CORE, CODA ->
          (part.isEmpty() ? named.part().id() + " " : part) + named.operation();
      default -> named.operation();
    };
  }

  // Timeline

  Section timeline() {
    List<Event> events = window();
    long origin = events.stream().mapToLong(Event::from).min().orElse(0);
    List<TimelineChart.Kind> kinds = new ArrayList<>();
    for (Part part : Part.values()) {
      kinds.add(new TimelineChart.Kind(name(part), colour(part)));
    }
    kinds.add(new TimelineChart.Kind("host and clients", ELSEWHERE));
    List<TimelineChart.Row> rows = new ArrayList<>();
    rows.add(new TimelineChart.Row("engine thread", stretches(events, Row.ENGINE, 0, origin)));
    rows.add(new TimelineChart.Row("device", stretches(events, Row.DEVICE, 0, origin)));
    for (int client = 0; client < SHOWN_CLIENTS; client++) {
      List<TimelineChart.Stretch> stretches = stretches(events, Row.CLIENT, client, origin);
      if (!stretches.isEmpty()) {
        rows.add(new TimelineChart.Row("client " + (client + 1), stretches));
      }
    }
    return Section.of(
        "Timeline",
        new Figure(
            "The beginning of a round",
            "Ticks on the engine's thread, with what it enqueues and waits for below; stages on the"
                + " device; requests, with the time to their first token below. --timeline FILE"
                + " writes all that was drawn, with operations, for ui.perfetto.dev.",
            new TimelineChart("ms", kinds, rows)));
  }

  /** From the first request on, so many stages of the device; clients' requests are cut there. */
  private List<Event> window() {
    long end =
        found.timeline().stream()
            .filter(event -> event.row() == Row.DEVICE && !event.kind().equals("operation"))
            .mapToLong(Event::to)
            .sorted()
            .limit(SHOWN_STAGES)
            .max()
            .orElse(0);
    List<Event> window = new ArrayList<>();
    for (Event event : found.timeline()) {
      boolean moment = event.nanos() == 0;
      if (event.row() == Row.CLIENT && event.from() < end) {
        long to = Math.min(event.to(), end);
        window.add(
            new Event(
                event.row(),
                event.number(),
                event.kind(),
                event.name(),
                event.from(),
                to,
                Map.of()));
      } else if (event.to() <= end && !moment) {
        window.add(event);
      }
    }
    return window;
  }

  private static List<TimelineChart.Stretch> stretches(
      List<Event> events, Row row, int number, long origin) {
    List<TimelineChart.Stretch> stretches = new ArrayList<>();
    for (Event event : events) {
      if (event.row() == row && event.number() == number) {
        boolean within =
            switch (event.kind()) {
              case "enqueue", "wait", "operation" -> true;
              default -> false;
            };
        int kind = Part.values().length;
        if (row == Row.DEVICE && !within) {
          kind = Part.valueOf(event.kind().toUpperCase(Locale.ROOT)).ordinal();
        }
        stretches.add(
            new TimelineChart.Stretch(
                event.name(),
                kind,
                within ? 1 : 0,
                (event.from() - origin) / MILLI,
                (event.to() - origin) / MILLI,
                row != Row.DEVICE && !event.kind().equals("enqueue")));
      }
    }
    return stretches;
  }
}

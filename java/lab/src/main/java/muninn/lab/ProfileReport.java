package muninn.lab;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.kernels.TimedDevice.Detail;
import muninn.lab.Breakdown.Named;
import muninn.lab.Breakdown.Part;
import muninn.lab.Breakdown.Tally;
import muninn.lab.Latencies.Wait;
import muninn.lab.ProfileResult.Overhead;
import muninn.lab.ProfileResult.Spent;
import muninn.lab.Timeline.Event;
import muninn.lab.Timeline.Row;
import muninn.lab.report.Axis;
import muninn.lab.report.BarChart;
import muninn.lab.report.Chart;
import muninn.lab.report.Figure;
import muninn.lab.report.Header;
import muninn.lab.report.LineChart;
import muninn.lab.report.Numbers;
import muninn.lab.report.Point;
import muninn.lab.report.Report;
import muninn.lab.report.RooflineChart;
import muninn.lab.report.RooflineChart.Memory;
import muninn.lab.report.Section;
import muninn.lab.report.Section.Shown;
import muninn.lab.report.Section.Text;
import muninn.lab.report.TimelineChart;

/** A profile in pictures, and in the tables they are drawn from. */
final class ProfileReport {
  private static final double MILLI = 1e6;
  private static final double MICRO = 1e3;
  private static final double MEDIAN = 50;
  private static final int SHOWN_OPERATIONS = 14;
  private static final int SHOWN_WORKS = 8;
  private static final int SHOWN_STAGES = 400;
  private static final int SHOWN_CLIENTS = 6;
  private static final List<String> PARTS = List.of("what the ceilings allow", "beyond it");

  /** The colour of time that is no stage's. */
  private static final String ELSEWHERE = "@soft";

  private static final List<Wait> CURVES =
      List.of(Wait.TIME_TO_FIRST_TOKEN, Wait.TIME_PER_TOKEN, Wait.GAP);

  private final ProfileResult found;
  private final ProfileOptions options;
  private final Breakdown stages;
  private final ProfileTables tables;

  ProfileReport(ProfileResult found) {
    this.found = found;
    tables = new ProfileTables(found);
    options = found.options();
    stages = found.stages();
  }

  Report of(Header header) {
    return new Report(
        String.format(
            Locale.ROOT, "Where a token's time goes: %s, %s", header.modelName(), options.load()),
        summary(),
        header,
        List.of(waits(), where(), operations(), timeline(), clocks()),
        tables.all());
  }

  String summary() {
    Latencies waits = found.latencies();
    return String.format(
        Locale.ROOT,
        "%s: first token after %s, each further one after %s on average; %s tokens/s in all. %s",
        capital(options.load()),
        tail(Wait.TIME_TO_FIRST_TOKEN),
        millis(waits.mean(Wait.TIME_PER_TOKEN)),
        number(found.tokensPerSecond()),
        longest());
  }

  /** The median, and as far out as the count allows. */
  private String tail(Wait wait) {
    Latencies waits = found.latencies();
    String median = millis(waits.percentile(wait, 50));
    return ProfileTables.tells(waits.count(wait), 99)
        ? String.format(Locale.ROOT, "%s (99 %%: %s)", median, millis(waits.percentile(wait, 99)))
        : String.format(Locale.ROOT, "%s (at most %s)", median, millis(waits.most(wait)));
  }

  /** The part that takes most. */
  private String longest() {
    Map.Entry<Part, Tally> most = null;
    for (Map.Entry<Part, Tally> part : stages.parts().entrySet()) {
      if (most == null || part.getValue().nanos() > most.getValue().nanos()) {
        most = part;
      }
    }
    return most == null
        ? ""
        : String.format(
            Locale.ROOT,
            "%s takes most of the time, %s, at %s of what the device's ceilings allow%s; the host"
                + " takes %s.",
            capital(name(most.getKey())),
            share(most.getValue().nanos()),
            percent(most.getValue().ofFloor()),
            most.getValue().ofFloor() > 1 ? " (so it reads from a cache)" : "",
            share(stages.hostNanos()));
  }

  // What users wait

  private Section waits() {
    List<Wait> told = new ArrayList<>(List.of(Wait.values()));
    List<Wait> curves = new ArrayList<>(CURVES);
    if (options.clients() > 0) {
      told.remove(Wait.FIRST_TOKEN_AFTER_SUBMISSION);
    } else {
      curves.add(Wait.FIRST_TOKEN_AFTER_SUBMISSION);
    }
    String counted =
        options.clients() > 0
            ? "Each client sends its next request when it has its answer, so a slow engine is asked"
                + " less often: a stall counts once per client. An open loop (--rate) shows what"
                + " independent users would wait."
            : "Requests come at their own times, and waiting counts from then, so a stall counts"
                + " for everyone it delayed. Counted from their submission, they would seem to"
                + " have waited less: see the line “first token, as submitted”.";
    return Section.of(
        "What users wait",
        new Text(counted),
        new Figure(
            "Percentiles",
            "One in N waits longer than the line says: 2 is the median, 100 the 99th percentile."
                + " Each line ends at the slowest one seen. Taken from rounds without a clock on"
                + " the device.",
            LineChart.of(
                Axis.log("one in N waits longer"),
                Axis.log("ms"),
                curves.stream()
                    .map(
                        wait -> new LineChart.Series(ProfileTables.title(wait), curve(wait), false))
                    .toList())),
        new Shown(tables.latencies(told)));
  }

  private List<Point> curve(Wait wait) {
    List<Point> points = new ArrayList<>();
    double count = found.latencies().count(wait);
    for (Latencies.Point point : found.latencies().curve(wait)) {
      if (point.percentile() < MEDIAN) {
        continue;
      }
      double rest = Math.max(1 - point.percentile() / 100, 1 / Math.max(1, count));
      points.add(Point.of(1 / rest, point.nanos() / MILLI));
    }
    return points;
  }

  // Where the time goes

  private Section where() {
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
        String.format(Locale.ROOT, "%s, %s", number(tally.nanos() / each), share(tally.nanos()));
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
            number(tally.nanos() / each),
            percent(tally.ofFloor())));
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
        String.format(Locale.ROOT, "%s, %s", number(nanos / each), share(nanos)));
  }

  /** A part has one colour, whatever a chart shows of it. */
  private static String colour(Part part) {
    return Chart.Colours.KINDS.of(part.ordinal(), Part.values().length);
  }

  private String share(double nanos) {
    return percent(nanos / stages.wallNanos());
  }

  // Operations

  private Section operations() {
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
                + " were measured before the load. On the slope the memory is the limit, on the"
                + " level part the arithmetic. Above the roof is what a cache holds.",
            new RooflineChart(
                List.of(new Memory("memory", found.limits().bytesPerSecond())),
                found.limits().flopPerSecond(),
                works)));
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

  private Section timeline() {
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

  // What measuring costs

  private Section clocks() {
    List<BarChart.Bar> bars = new ArrayList<>();
    Map<Detail, Double> each = new EnumMap<>(Detail.class);
    for (Detail detail : Detail.values()) {
      double median =
          found.spent().stream()
              .filter(round -> round.detail() == detail)
              .mapToDouble(Spent::nanosPerToken)
              .sorted()
              .skip((options.rounds() - 1) / 2)
              .findFirst()
              .orElse(0);
      each.put(detail, median);
    }
    each.forEach(
        (detail, nanos) ->
            bars.add(
                new BarChart.Bar(
                    title(detail),
                    ELSEWHERE,
                    List.of(nanos / MICRO),
                    detail == Detail.OFF
                        ? number(nanos / MICRO)
                        : String.format(
                            Locale.ROOT, "%s, %s", number(nanos / MICRO), overhead(detail)))));
    return Section.of(
        "What the clocks cost",
        new Figure(
            "Busy time of a token, with and without",
            "The same load in turn without a clock on the device, with its stages timed, and with"
                + String.format(
                    Locale.ROOT,
                    " every operation timed: the median of %d rounds, and by how much a token took",
                    options.rounds())
                + " longer in a round than in the one without (median, and its 95 % interval; of"
                + " fewer than six rounds the least and the most). Where that holds 0, the cost is"
                + " not to be told from nothing.",
            BarChart.of(Axis.linear("µs a token"), bars)));
  }

  private String overhead(Detail detail) {
    Overhead overhead = found.overhead(detail);
    return String.format(
        Locale.ROOT,
        "%s (%s to %s)",
        signed(overhead.median()),
        signed(overhead.low()),
        signed(overhead.high()));
  }

  private static String title(Detail detail) {
    return switch (detail) {
      case OFF -> "without";
      case STAGES -> "stages";
      case OPERATIONS -> "operations";
    };
  }

  // Words

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private static String name(Part part) {
    return part == Part.EXITS ? "exit rules" : part.id();
  }

  private static String millis(double nanos) {
    return number(nanos / MILLI) + " ms";
  }

  private static String percent(double share) {
    return Numbers.percent(share);
  }

  private static String signed(double share) {
    return (share >= 0 ? "+" : "") + percent(share);
  }

  private static String number(double value) {
    return Numbers.shown(value);
  }
}

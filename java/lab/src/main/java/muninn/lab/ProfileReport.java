package muninn.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.kernels.TimedDevice.Detail;
import muninn.lab.BenchResult.Ceiling;
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
import muninn.lab.report.Figure;
import muninn.lab.report.Header;
import muninn.lab.report.LineChart;
import muninn.lab.report.Numbers;
import muninn.lab.report.Point;
import muninn.lab.report.Report;
import muninn.lab.report.RooflineChart;
import muninn.lab.report.Section;
import muninn.lab.report.Section.Shown;
import muninn.lab.report.Section.Text;
import muninn.lab.report.Table;
import muninn.lab.report.TimelineChart;

/** A profile in pictures, and in the tables they are drawn from. */
final class ProfileReport {
  private static final double MILLI = 1e6;
  private static final double MICRO = 1e3;
  private static final double MEDIAN = 50;
  private static final int SHOWN_OPERATIONS = 14;
  private static final int SHOWN_WORKS = 8;
  private static final int SHOWN_STAGES = 60;
  private static final int SHOWN_CLIENTS = 6;
  private static final List<String> PARTS = List.of("at the ceiling", "beyond it");
  private static final List<String> STAGE_PARTS =
      List.of("at the ceiling", "beyond it", "nothing on the device");
  private static final List<Wait> CURVES =
      List.of(Wait.TIME_TO_FIRST_TOKEN, Wait.TIME_PER_TOKEN, Wait.GAP);
  private static final List<Double> PERCENTILES = List.of(50.0, 75.0, 90.0, 95.0, 99.0, 99.9);

  private final ProfileResult found;
  private final ProfileOptions options;
  private final Breakdown stages;

  ProfileReport(ProfileResult found) {
    this.found = found;
    options = found.options();
    stages = found.stages();
  }

  Report of(Header header) {
    List<Section> sections = new ArrayList<>();
    sections.add(waits());
    sections.add(where());
    sections.add(operations());
    sections.add(timeline());
    sections.add(clocks());
    return new Report(
        String.format(
            Locale.ROOT, "Where a token's time goes: %s, %s", name(header.model()), options.load()),
        summary(),
        header,
        sections,
        List.of(
            latencyTable(),
            percentileTable(),
            requestTable(),
            stageTable(),
            operationTable(),
            ceilingTable(),
            roundTable(),
            overheadTable()));
  }

  String summary() {
    Latencies waits = found.latencies();
    String load = options.load();
    return String.format(
        Locale.ROOT,
        "%s: the first token after %s (99 %%: %s), each further one after %s on average,"
            + " the gap between two within %s (99 %%); %s tokens/s in all. %s Stages, host and idle"
            + " time add up to %s of the wall's.",
        Character.toUpperCase(load.charAt(0)) + load.substring(1),
        millis(waits.percentile(Wait.TIME_TO_FIRST_TOKEN, 50)),
        millis(waits.percentile(Wait.TIME_TO_FIRST_TOKEN, 99)),
        millis(waits.mean(Wait.TIME_PER_TOKEN)),
        millis(waits.percentile(Wait.GAP, 99)),
        number(found.tokensPerSecond()),
        longest(),
        percent(1 - stages.unaccountedNanos() / stages.wallNanos()));
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
            "Of the stages %s takes most time, %s, at %s of what the device's ceilings allow%s; the"
                + " host takes %s.",
            name(most.getKey()),
            share(most.getValue().nanos()),
            percent(most.getValue().ofFloor()),
            most.getValue().ofFloor() > 1 ? " (so it reads from a cache)" : "",
            share(stages.hostNanos()));
  }

  // What users wait

  private Section waits() {
    List<LineChart.Series> series = new ArrayList<>();
    for (Wait wait : CURVES) {
      series.add(new LineChart.Series(title(wait), curve(wait), false));
    }
    if (options.clients() == 0) {
      Wait naive = Wait.FIRST_TOKEN_AFTER_SUBMISSION;
      series.add(new LineChart.Series(title(naive), curve(naive), false));
    }
    String counted =
        options.clients() > 0
            ? "Every client asks again when it has its answer, so a slow engine is asked less: a"
                + " stall counts once for each client. For what independent users would wait, see"
                + " an open loop (--rate)."
            : "Requests come at their own times, and what they wait counts from there: a stall"
                + " counts for all whom it kept waiting. Counted from when they could be put, they"
                + " would seem to have waited less, as the line “as submitted” shows.";
    return Section.of(
        "What users wait",
        new Text(counted),
        new Figure(
            "Percentiles",
            "One in N waits longer than the line says: 2 is the median, 100 the 99th percentile."
                + " Each line ends at the slowest of its kind. From rounds without a clock on the"
                + " device.",
            LineChart.of(Axis.log("one in N waits longer"), Axis.log("ms"), series)),
        new Shown(shownLatencies()));
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

  private Table shownLatencies() {
    Table.Builder table =
        Table.named(
            "latencies", "Milliseconds", "ms", "count", "mean", "50 %", "90 %", "99 %", "most");
    for (Wait wait : Wait.values()) {
      if (shown(wait)) {
        Latencies waits = found.latencies();
        table.row(
            title(wait),
            waits.count(wait),
            waits.mean(wait) / MILLI,
            waits.percentile(wait, 50) / MILLI,
            waits.percentile(wait, 90) / MILLI,
            waits.percentile(wait, 99) / MILLI,
            waits.most(wait) / MILLI);
      }
    }
    return table.build();
  }

  private boolean shown(Wait wait) {
    return wait != Wait.FIRST_TOKEN_AFTER_SUBMISSION || options.clients() == 0;
  }

  private static String title(Wait wait) {
    return switch (wait) {
      case TIME_TO_FIRST_TOKEN -> "first token";
      case FIRST_TOKEN_AFTER_SUBMISSION -> "as submitted";
      case TIME_PER_TOKEN -> "per token";
      case GAP -> "gap";
      case ANSWER -> "whole answer";
    };
  }

  // Where the time goes

  private Section where() {
    List<BarChart.Bar> bars = new ArrayList<>();
    stages.parts().forEach((part, tally) -> bars.add(stage(name(part), tally)));
    bars.add(bar("host", stages.hostNanos()));
    bars.add(bar("idle", stages.idleNanos()));
    bars.add(bar("other", stages.unaccountedNanos()));
    return Section.of(
        "Where the time goes",
        new Figure(
            "Wall time of a token by stage",
            "A stage's bar begins with the time that the measured ceilings allow for the bytes it"
                + " must read and write and the FLOP it must do. Prefill is what prelude, core and"
                + " coda took while most of their lanes were positions of prompts. Host: there was"
                + " work, and the device had none yet. Idle: nobody asked for anything."
                + " Other: what is left of the wall's time by the clients' clock.",
            new BarChart(Axis.linear("µs a token"), STAGE_PARTS, bars)),
        new Text(
            String.format(
                Locale.ROOT,
                "From %s in which stages were timed as they run%s.",
                options.rounds() == 1 ? "one round" : options.rounds() + " rounds",
                found.device().startsWith("cpu") ? "" : ", as recorded graphs")));
  }

  private BarChart.Bar stage(String name, Tally tally) {
    double each = stages.tokens() * MICRO;
    List<Double> values = new ArrayList<>(parts(tally, each));
    values.add(0.0);
    String text =
        String.format(Locale.ROOT, "%s, %s", number(tally.nanos() / each), share(tally.nanos()));
    return new BarChart.Bar(name, values, text);
  }

  private static BarChart.Bar operation(String name, Tally tally, long tokens) {
    double each = tokens * MICRO;
    return new BarChart.Bar(
        name,
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
        List.of(0.0, 0.0, Math.max(0, nanos) / each),
        String.format(Locale.ROOT, "%s, %s", number(nanos / each), share(nanos)));
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
        bars.add(operation(label(entry.getKey()), tally, operations.tokens()));
      }
      if (works.size() < SHOWN_WORKS && tally.cost().flop() > 0) {
        works.add(
            new RooflineChart.Work(
                label(entry.getKey()),
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
                found.limits().bytesPerSecond(), found.limits().flopPerSecond(), works)));
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
    List<String> kinds = new ArrayList<>();
    for (Part part : Part.values()) {
      kinds.add(part.id());
    }
    kinds.add("host and clients");
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

  // Tables: nanoseconds, bytes, FLOP

  private Table latencyTable() {
    List<String> columns = new ArrayList<>(List.of("wait", "count", "mean_nanos", "least_nanos"));
    PERCENTILES.forEach(p -> columns.add("p" + number(p).replace('.', '_') + "_nanos"));
    columns.add("most_nanos");
    List<List<Object>> rows = new ArrayList<>();
    for (Wait wait : Wait.values()) {
      Latencies waits = found.latencies();
      List<Object> row = new ArrayList<>();
      row.add(wait.id());
      row.add(waits.count(wait));
      row.add(waits.mean(wait));
      row.add(waits.least(wait));
      PERCENTILES.forEach(p -> row.add(waits.percentile(wait, p)));
      row.add(waits.most(wait));
      rows.add(row);
    }
    return new Table("latencies", "what users wait", columns, rows);
  }

  private Table percentileTable() {
    Table.Builder table =
        Table.named("percentiles", "the same, as curves", "wait", "percentile", "within_nanos");
    for (Wait wait : Wait.values()) {
      for (Latencies.Point point : found.latencies().curve(wait)) {
        table.row(wait.id(), point.percentile(), point.nanos());
      }
    }
    return table.build();
  }

  private Table requestTable() {
    Table.Builder table =
        Table.named(
            "requests",
            "each request of the rounds without a clock; times from the round's first",
            "round",
            "request",
            "client",
            "prompt_tokens",
            "tokens",
            "intended_nanos",
            "submitted_nanos",
            "first_token_nanos",
            "end_nanos");
    for (int round = 0; round < found.answered().size(); round++) {
      List<Load.Answered> answers = found.answered().get(round);
      long origin = answers.stream().mapToLong(Load.Answered::intended).min().orElse(0);
      for (Load.Answered one : answers) {
        table.row(
            round,
            one.request(),
            one.client(),
            one.promptTokens(),
            one.tokens().size(),
            one.intended() - origin,
            one.submitted() - origin,
            one.tokens().isEmpty() ? null : one.tokens().getFirst() - origin,
            one.ended() - origin);
      }
    }
    return table.build();
  }

  private Table stageTable() {
    Table.Builder table =
        Table.named(
            "stages",
            "where the wall's time went; the shares add up to 1",
            "stage",
            "calls",
            "lanes",
            "nanos",
            "nanos_per_token",
            "share_of_wall",
            "bytes",
            "flop",
            "floor_nanos",
            "of_ceiling");
    stages
        .parts()
        .forEach(
            (part, tally) ->
                table.row(
                    part.id(),
                    tally.calls(),
                    tally.lanes(),
                    tally.nanos(),
                    tally.nanos() / stages.tokens(),
                    tally.nanos() / stages.wallNanos(),
                    tally.cost().bytes(),
                    tally.cost().flop(),
                    tally.floorNanos(),
                    tally.ofFloor()));
    rest(table, "host", stages.hostNanos());
    rest(table, "idle", stages.idleNanos());
    rest(table, "unaccounted", stages.unaccountedNanos());
    return table.build();
  }

  private void rest(Table.Builder table, String name, double nanos) {
    table.row(
        name,
        null,
        null,
        nanos,
        nanos / stages.tokens(),
        nanos / stages.wallNanos(),
        null,
        null,
        null,
        null);
  }

  private Table operationTable() {
    Breakdown operations = found.operations();
    Table.Builder table =
        Table.named(
            "operations",
            "operations one by one",
            "stage",
            "operation",
            "calls",
            "lanes",
            "nanos",
            "nanos_per_token",
            "share_of_operations",
            "bytes",
            "flop",
            "bytes_per_second",
            "flop_per_second",
            "floor_nanos",
            "of_ceiling",
            "bound");
    double all = operations.operations().stream().mapToDouble(e -> e.getValue().nanos()).sum();
    for (Map.Entry<Named, Tally> entry : operations.operations()) {
      Tally tally = entry.getValue();
      Cost cost = tally.cost();
      table.row(
          entry.getKey().part().id(),
          entry.getKey().operation(),
          tally.calls(),
          tally.lanes(),
          tally.nanos(),
          tally.nanos() / operations.tokens(),
          tally.nanos() / all,
          cost.bytes(),
          cost.flop(),
          cost.bytes() * 1e9 / tally.nanos(),
          cost.flop() * 1e9 / tally.nanos(),
          tally.floorNanos(),
          tally.ofFloor(),
          cost.boundByMemory(found.limits()) ? "memory" : "arithmetic");
    }
    return table.build();
  }

  private Table ceilingTable() {
    Table.Builder table =
        Table.named(
            "ceilings",
            "what the device can do, measured before the load",
            "name",
            "limit",
            "per_second",
            "nanos",
            "spread");
    for (Ceiling ceiling : found.ceilings()) {
      table.row(
          ceiling.name(),
          ceiling.limit().name().toLowerCase(Locale.ROOT),
          ceiling.perSecond(),
          ceiling.timing().nanos(),
          ceiling.timing().spread());
    }
    return table.build();
  }

  private Table roundTable() {
    Table.Builder table =
        Table.named(
            "rounds",
            "the same load, again and again",
            "round",
            "timed",
            "wall_nanos",
            "busy_nanos",
            "tokens",
            "busy_nanos_per_token");
    for (Spent round : found.spent()) {
      table.row(
          round.round(),
          id(round.detail()),
          round.wallNanos(),
          round.busyNanos(),
          round.tokens(),
          round.nanosPerToken());
    }
    return table.build();
  }

  private Table overheadTable() {
    Table.Builder table =
        Table.named(
            "overhead",
            "by which share a token took longer for being timed",
            "timed",
            "median",
            "low",
            "high");
    for (Detail detail : List.of(Detail.STAGES, Detail.OPERATIONS)) {
      Overhead overhead = found.overhead(detail);
      table.row(id(detail), overhead.median(), overhead.low(), overhead.high());
    }
    return table.build();
  }

  private static String id(Detail detail) {
    return detail == Detail.OFF ? "nothing" : title(detail);
  }

  // Words

  /** A model without its folder's whole path. */
  private static String name(String model) {
    Path last = model.startsWith("random:") ? null : Path.of(model).getFileName();
    return last == null ? model : last.toString();
  }

  private static String name(Part part) {
    return part == Part.EXITS ? "exit rules" : part.id();
  }

  private static String millis(double nanos) {
    return number(nanos / MILLI) + " ms";
  }

  private static String percent(double share) {
    double value = Math.round(1000 * share) / 10.0; // so that there is no −0.0
    return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.1f %%" : "%.0f %%", value);
  }

  private static String signed(double share) {
    return (share >= 0 ? "+" : "") + percent(share);
  }

  private static String number(double value) {
    return Numbers.shown(value);
  }
}

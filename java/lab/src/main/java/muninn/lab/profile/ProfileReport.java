package muninn.lab.profile;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.lab.profile.Breakdown.Part;
import muninn.lab.profile.Breakdown.Tally;
import muninn.lab.profile.Latencies.Wait;
import muninn.lab.profile.ProfileResult.Overhead;
import muninn.lab.profile.ProfileResult.Spent;
import muninn.lab.profile.TimedDevice.Detail;
import muninn.lab.report.Axis;
import muninn.lab.report.BarChart;
import muninn.lab.report.Figure;
import muninn.lab.report.Header;
import muninn.lab.report.LineChart;
import muninn.lab.report.Numbers;
import muninn.lab.report.Point;
import muninn.lab.report.Report;
import muninn.lab.report.Section;
import muninn.lab.report.Section.Shown;
import muninn.lab.report.Section.Text;

/** A profile in pictures, and in the tables they are drawn from. */
final class ProfileReport {
  private static final double MILLI = 1e6;
  private static final double MICRO = 1e3;
  private static final double MEDIAN = 50;

  /** So few values have no curve: each would be a percentile. */
  private static final int LEAST_FOR_CURVE = 10;

  private static final List<Wait> CURVES =
      List.of(Wait.TIME_TO_FIRST_TOKEN, Wait.TIME_PER_TOKEN, Wait.GAP);

  private final ProfileResult found;
  private final ProfileOptions options;
  private final Breakdown stages;
  private final ProfileTables tables;
  private final ProfileCharts charts;

  ProfileReport(ProfileResult found) {
    this.found = found;
    tables = new ProfileTables(found);
    charts = new ProfileCharts(found);
    options = found.options();
    stages = found.stages();
  }

  Report of(Header header) {
    return new Report(
        String.format(
            Locale.ROOT, "Where a token's time goes: %s, %s", header.modelName(), options.load()),
        summary(),
        header,
        List.of(waits(), charts.where(), charts.operations(), charts.timeline(), clocks()),
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
            capital(ProfileCharts.name(most.getKey())),
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
                + " Each line ends at the slowest one seen; waits of which there are fewer than ten"
                + " have none. From rounds without a clock on the device.",
            LineChart.of(
                Axis.log("one in N waits longer"),
                Axis.log("ms"),
                curves.stream()
                    .filter(wait -> found.latencies().count(wait) >= LEAST_FOR_CURVE)
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
                    ProfileCharts.ELSEWHERE,
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

  private String share(double nanos) {
    return percent(nanos / stages.wallNanos());
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
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

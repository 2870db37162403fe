package muninn.lab.profile;

import static muninn.lab.report.ColumnFormat.GIGA;
import static muninn.lab.report.ColumnFormat.MICROS;
import static muninn.lab.report.ColumnFormat.MILLIS;
import static muninn.lab.report.ColumnFormat.PERCENT;
import static muninn.lab.report.ColumnFormat.PLAIN;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import muninn.lab.Ceiling;
import muninn.lab.profile.Breakdown.Named;
import muninn.lab.profile.Breakdown.Tally;
import muninn.lab.profile.Latencies.Wait;
import muninn.lab.profile.ProfileResult.Overhead;
import muninn.lab.profile.ProfileResult.Spent;
import muninn.lab.profile.TimedDevice.Detail;
import muninn.lab.report.Column;
import muninn.lab.report.Numbers;
import muninn.lab.report.Table;

/**
 * The numbers of a profile: nanoseconds, bytes and FLOP for programs; under headings, in what units
 * suit them, for people.
 */
final class ProfileTables {
  /** A percentile stands on so many values beyond it at least; of fewer it would be the slowest. */
  private static final int LEAST_BEYOND = 1;

  private static final List<Double> PERCENTILES = List.of(50.0, 75.0, 90.0, 95.0, 99.0, 99.9);
  private static final List<Double> SHOWN = List.of(50.0, 90.0, 99.0);

  private final ProfileResult found;

  ProfileTables(ProfileResult found) {
    this.found = found;
  }

  List<Table> all() {
    return List.of(
        latencies(List.of(Wait.values())),
        percentiles(),
        requests(),
        stages(),
        operations(),
        ceilings(),
        rounds(),
        overheads());
  }

  /** Whether so many values tell that percentile. */
  static boolean tells(long count, double percentile) {
    return count * (1 - percentile / 100) >= LEAST_BEYOND - 1e-9;
  }

  Table latencies(List<Wait> shown) {
    Latencies waits = found.latencies();
    List<Column<Wait>> columns = new ArrayList<>();
    columns.add(Column.of("wait", Wait::id));
    columns.add(Column.read("ms", PLAIN, ProfileTables::title));
    columns.add(Column.<Wait>of("count", waits::count).as("count"));
    columns.add(Column.<Wait>of("mean_nanos", waits::mean).as("mean", MILLIS));
    columns.add(Column.of("least_nanos", waits::least));
    for (double p : PERCENTILES) {
      String name = "p" + Numbers.shown(p).replace('.', '_') + "_nanos";
      columns.add(Column.of(name, wait -> waits.percentile(wait, p)));
    }
    for (double p : SHOWN) {
      columns.add(
          Column.read(
              Numbers.shown(p) + " %",
              MILLIS,
              wait -> tells(waits.count(wait), p) ? waits.percentile(wait, p) : null));
    }
    columns.add(Column.<Wait>of("most_nanos", waits::most).as("most", MILLIS));
    return Table.of(
        "latencies", "What users wait, from rounds without a clock on the device", columns, shown);
  }

  static String title(Wait wait) {
    return switch (wait) {
      case TIME_TO_FIRST_TOKEN -> "first token";
      case FIRST_TOKEN_AFTER_SUBMISSION -> "first token, as submitted";
      case TIME_PER_TOKEN -> "per token";
      case GAP -> "gap";
      case ANSWER -> "whole answer";
    };
  }

  private Table percentiles() {
    record At(Wait what, Latencies.Point point) {}

    List<Column<At>> columns =
        List.of(
            Column.of("wait", at -> at.what.id()),
            Column.of("percentile", at -> at.point.percentile()),
            Column.of("within_nanos", at -> at.point.nanos()));
    List<At> rows = new ArrayList<>();
    for (Wait wait : Wait.values()) {
      found.latencies().curve(wait).forEach(point -> rows.add(new At(wait, point)));
    }
    return Table.of("percentiles", "the same, as curves", columns, rows);
  }

  private Table requests() {
    record Asked(int round, long origin, Load.Answered one) {}

    List<Column<Asked>> columns =
        List.of(
            Column.of("round", Asked::round),
            Column.of("request", a -> a.one.request()),
            Column.of("client", a -> a.one.client()),
            Column.of("prompt_tokens", a -> a.one.promptTokens()),
            Column.of("tokens", a -> a.one.tokens().size()),
            Column.of("intended_nanos", a -> a.one.intended() - a.origin),
            Column.of("submitted_nanos", a -> a.one.submitted() - a.origin),
            Column.of(
                "first_token_nanos",
                a -> a.one.tokens().isEmpty() ? null : a.one.tokens().getFirst() - a.origin),
            Column.of("end_nanos", a -> a.one.ended() - a.origin));
    List<Asked> rows = new ArrayList<>();
    for (int round = 0; round < found.answered().size(); round++) {
      List<Load.Answered> answers = found.answered().get(round);
      long origin = answers.stream().mapToLong(Load.Answered::intended).min().orElse(0);
      int number = round;
      answers.forEach(one -> rows.add(new Asked(number, origin, one)));
    }
    return Table.of(
        "requests",
        "each request of the rounds without a clock; times from the round's first",
        columns,
        rows);
  }

  /** A stage, or time that belongs to none, which has no tally. */
  private record Share(String stage, double nanos, Tally tally) {
    private Object of(Function<Tally, Object> value) {
      return tally == null ? null : value.apply(tally);
    }
  }

  Table stages() {
    Breakdown stages = found.stages();
    List<Share> rows = new ArrayList<>();
    stages.parts().forEach((part, tally) -> rows.add(new Share(part.id(), tally.nanos(), tally)));
    rows.add(new Share("host", stages.hostNanos(), null));
    rows.add(new Share("idle", stages.idleNanos(), null));
    rows.add(new Share("unaccounted", stages.unaccountedNanos(), null));
    List<Column<Share>> columns =
        List.of(
            Column.of("stage", Share::stage).as("stage"),
            Column.<Share>of("calls", s -> s.of(Tally::calls)).as("calls"),
            Column.of("lanes", s -> s.of(Tally::lanes)),
            Column.of("nanos", Share::nanos),
            Column.<Share>of("nanos_per_token", s -> s.nanos / stages.tokens())
                .as("µs/token", MICROS),
            Column.<Share>of("share_of_wall", s -> s.nanos / stages.wallNanos())
                .as("of wall", PERCENT),
            Column.of("bytes", s -> s.of(t -> t.cost().bytes())),
            Column.of("flop", s -> s.of(t -> t.cost().flop())),
            Column.of("floor_nanos", s -> s.of(Tally::floorNanos)),
            Column.<Share>of("of_ceiling", s -> s.of(Tally::ofFloor)).as("of ceiling", PERCENT));
    return Table.of(
        "stages",
        "where the wall's time went; the shares add up to 1" + said(),
        withExpected(columns, s -> s.tally, stages.tokens()),
        rows);
  }

  Table operations() {
    Breakdown operations = found.operations();
    double all = operations.operations().stream().mapToDouble(e -> e.getValue().nanos()).sum();
    List<Column<Map.Entry<Named, Tally>>> columns =
        List.of(
            Column.of("stage", e -> e.getKey().part().id()),
            Column.of("operation", e -> e.getKey().operation()),
            Column.read(
                "operation", PLAIN, e -> e.getKey().part().id() + " " + e.getKey().operation()),
            tally("calls", Tally::calls).as("calls"),
            tally("lanes", Tally::lanes),
            tally("nanos", Tally::nanos),
            tally("nanos_per_token", t -> t.nanos() / operations.tokens()).as("µs/token", MICROS),
            tally("share_of_operations", t -> t.nanos() / all).as("share", PERCENT),
            tally("bytes", t -> t.cost().bytes()),
            tally("flop", t -> t.cost().flop()),
            tally("bytes_per_second", ProfileTables::bytesPerSecond).as("GB/s", GIGA),
            tally("flop_per_second", ProfileTables::flopPerSecond),
            Column.read("GFLOP/s", GIGA, e -> flopShown(e.getValue())),
            tally("floor_nanos", Tally::floorNanos),
            tally("of_ceiling", Tally::ofFloor).as("of ceiling", PERCENT),
            tally("bound", t -> found.limits().boundByMemory(t.cost()) ? "memory" : "arithmetic"));
    return Table.of(
        "operations",
        "operations one by one" + said(),
        withExpected(columns, Map.Entry::getValue, operations.tokens()),
        List.copyOf(operations.operations()));
  }

  /** What the note of a table adds. */
  private String said() {
    return found
        .options()
        .card()
        .map(card -> "; expected: by a timing model of " + card.title() + ", not measured")
        .orElse("");
  }

  /** The columns, and what is expected of a card where one was named. */
  private <R> List<Column<R>> withExpected(
      List<Column<R>> columns, Function<R, Tally> tally, long tokens) {
    if (found.options().card().isEmpty()) {
      return columns;
    }
    List<Column<R>> all = new ArrayList<>(columns);
    all.add(Column.of("expected_nanos", row -> expected(tally.apply(row))));
    all.add(
        Column.read(
            "expected",
            MICROS,
            row -> {
              Double nanos = expected(tally.apply(row));
              return nanos == null ? null : nanos / tokens;
            }));
    return all;
  }

  private static Double expected(Tally tally) {
    return tally == null ? null : tally.expectedNanos();
  }

  private static Column<Map.Entry<Named, Tally>> tally(String name, Function<Tally, ?> value) {
    return Column.of(name, entry -> value.apply(entry.getValue()));
  }

  private static double bytesPerSecond(Tally tally) {
    return tally.cost().bytes() * 1e9 / tally.nanos();
  }

  private static double flopPerSecond(Tally tally) {
    return tally.cost().flop() * 1e9 / tally.nanos();
  }

  /** Nothing for what multiplies nothing. */
  private static Double flopShown(Tally tally) {
    return tally.cost().flop() == 0 ? null : flopPerSecond(tally);
  }

  private Table ceilings() {
    List<Column<Ceiling>> columns =
        List.of(
            Column.of("name", Ceiling::name),
            Column.of("limit", c -> c.limit().name().toLowerCase(Locale.ROOT)),
            Column.of("per_second", Ceiling::perSecond),
            Column.of("nanos", c -> c.timing().nanos()),
            Column.of("spread", c -> c.timing().spread()));
    return Table.of(
        "ceilings", "what the device can do, measured before the load", columns, found.ceilings());
  }

  private Table rounds() {
    List<Column<Spent>> columns =
        List.of(
            Column.of("round", Spent::round),
            Column.of("timed", round -> id(round.detail())),
            Column.of("wall_nanos", Spent::wallNanos),
            Column.of("busy_nanos", Spent::busyNanos),
            Column.of("tokens", Spent::tokens),
            Column.of("busy_nanos_per_token", Spent::nanosPerToken));
    return Table.of("rounds", "the same load, again and again", columns, found.spent());
  }

  Table overheads() {
    Function<Detail, Overhead> overhead = found::overhead;
    List<Column<Detail>> columns =
        List.of(
            Column.<Detail>of("timed", ProfileTables::id).as("timed"),
            Column.<Detail>of("median", d -> overhead.apply(d).median()).as("cost", PERCENT),
            Column.<Detail>of("low", d -> overhead.apply(d).low()).as("from", PERCENT),
            Column.<Detail>of("high", d -> overhead.apply(d).high()).as("to", PERCENT));
    return Table.of(
        "overhead",
        "by which share a token took longer for being timed",
        columns,
        List.of(Detail.STAGES, Detail.OPERATIONS));
  }

  private static String id(Detail detail) {
    return switch (detail) {
      case OFF -> "nothing";
      case STAGES -> "stages";
      case OPERATIONS -> "operations";
    };
  }
}

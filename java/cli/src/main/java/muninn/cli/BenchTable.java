package muninn.cli;

import static muninn.lab.report.ColumnFormat.GIGA;
import static muninn.lab.report.ColumnFormat.PERCENT;
import static muninn.lab.report.ColumnFormat.PLAIN;
import static muninn.lab.report.ColumnFormat.TIME;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import muninn.kernels.Ceilings;
import muninn.lab.Ceiling;
import muninn.lab.Timing;
import muninn.lab.bench.BenchOptions;
import muninn.lab.bench.BenchResult;
import muninn.lab.bench.BenchResult.Generated;
import muninn.lab.bench.BenchResult.Row;
import muninn.lab.bench.BenchResult.Variation;
import muninn.lab.expect.Card;
import muninn.lab.report.Column;
import muninn.lab.report.Numbers;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;
import muninn.model.Config;

/** A benchmark as tables of at most 100 columns. */
final class BenchTable {
  private static final int FLOOR = 4; // its column's place

  private static final List<Column<Ceiling>> CEILINGS =
      List.of(
          Column.read("ceiling", PLAIN, BenchTable::name),
          Column.read("fastest", TIME, ceiling -> ceiling.timing().fastest()),
          Column.read("spread", PERCENT, ceiling -> spread(ceiling.timing())),
          Column.read("reached", PLAIN, BenchTable::reached),
          Column.read("", PLAIN, ceiling -> noisy(ceiling.timing())));

  private static final List<Column<Generated>> GENERATION =
      List.of(
          Column.read("steps", PLAIN, Generated::steps),
          Column.read("batch", PLAIN, Generated::batch),
          Column.read("tokens/s", PLAIN, Generated::tokensPerSecond),
          Column.read("a token", TIME, generated -> generated.perToken().nanos()),
          Column.read("spread", PERCENT, generated -> spread(generated.perToken())),
          Column.read("floor", TIME, Generated::floorNanos),
          Column.read("of floor", PERCENT, Generated::ofFloor),
          Column.read("by ticks", TIME, Generated::ticksNanos),
          Column.read("first token", TIME, generated -> generated.firstToken().nanos()),
          Column.read("ticks", PLAIN, generated -> ticks(generated.ticks())),
          Column.read("note", PLAIN, generated -> note(generated.cached(), generated.perToken())));

  private static final List<Column<Variation>> VARIANTS =
      List.of(
          Column.read("operation", PLAIN, one -> one.row().name()),
          Column.read("lanes", PLAIN, one -> one.row().lanes()),
          Column.read("--kernels", PLAIN, Variation::choice),
          Column.read("taken", PLAIN, one -> one.taken() ? "yes" : ""),
          Column.read("time", TIME, one -> one.row().timing().nanos()),
          Column.read("spread", PERCENT, one -> spread(one.row().timing())),
          Column.read("of floor", PERCENT, one -> one.row().ofFloor()),
          Column.read("GB/s", GIGA, one -> perSecond(one.row(), one.row().cost().bytes())),
          Column.read("on the CPU", TIME, Variation::twinNanos),
          Column.read("note", PLAIN, one -> note(one.row().cached(), one.row().timing())));

  private final PrintWriter out;
  private final BenchResult result;

  private BenchTable(PrintWriter out, BenchResult result) {
    this.out = out;
    this.result = result;
  }

  static void print(PrintWriter out, BenchResult result) {
    new BenchTable(out, result).print();
    out.flush();
  }

  private void print() {
    BenchResult.Setting setting = result.setting();
    Config c = setting.config();
    line("%s, %s", setting.device(), setting.platform());
    line("%s, %d cores%s", setting.processor(), setting.cores(), load(setting.load()));
    line("%s", setting.model());
    line(
        "width %d, %d heads, MLP %d, vocabulary %d, blocks %d/%d/%d; weights %s, operands %s",
        c.width(),
        c.heads(),
        c.ffn(),
        c.vocabulary(),
        c.prelude(),
        c.core(),
        c.coda(),
        String.join(" and ", setting.matrixBytes().keySet()),
        setting.operands());
    BenchOptions options = setting.options();
    String each = String.format(Locale.ROOT, ", each lane after %d positions", options.context());
    table("Ceilings", CEILINGS, result.ceilings());
    table("Operations" + each, columns("operation", "lanes"), result.operations());
    table("Ticks" + each, columns("stage", "lanes"), result.ticks());
    table(
        "Prefill: all positions of a prompt at once", columns("stage", "prompt"), result.prefill());
    table(
        String.format(
            Locale.ROOT,
            "Generation: %d new tokens after prompts of %d, greedy",
            options.newTokens(),
            BenchOptions.PROMPT),
        GENERATION,
        result.generation());
    table("Variants of kernels" + each, VARIANTS, result.variants());
    notes();
  }

  private void notes() {
    line("");
    Card card = result.setting().options().card();
    if (card != null) {
      line("Expected: what a timing model says of %s, not measured (muninn expect)", card.title());
    }
    List<Timing> timings = timings();
    List<Double> spreads =
        timings.stream().filter(t -> t.rounds() > 1).map(Timing::spread).sorted().toList();
    if (!spreads.isEmpty()) {
      line(
          "Spread of the rounds: %s in the middle, %s at most; %d of %d noisy",
          Numbers.percent(spreads.get(spreads.size() / 2)),
          Numbers.percent(spreads.getLast()),
          timings.stream().filter(Timing::noisy).count(),
          timings.size());
    }
    if (timings.stream().anyMatch(Timing::noisy)) {
      line("~ rounds lay so far apart, each time they were taken, that the median says little");
    }
    if (anyCached()) {
      line(
          "* may stay in the last-level cache of %s", Numbers.bytes(result.setting().cacheBytes()));
    }
    if (!result.generation().isEmpty()) {
      line(
          result.generation().stream().allMatch(row -> row.ticks().agree())
              ? "Answers took the ticks that their steps imply."
              : "! answers took other ticks than their steps imply, which stand behind \"of\"");
    }
  }

  private List<Timing> timings() {
    return Stream.of(
            result.ceilings().stream().map(Ceiling::timing),
            rows().map(Row::timing),
            result.generation().stream().map(Generated::perToken))
        .flatMap(each -> each)
        .toList();
  }

  private Stream<Row> rows() {
    return Stream.concat(
        Stream.of(result.operations(), result.ticks(), result.prefill()).flatMap(List::stream),
        result.variants().stream().map(Variation::row));
  }

  private List<Column<Row>> columns(String name, String count) {
    List<Column<Row>> columns = new ArrayList<>(measured(name, count));
    if (result.setting().options().card() != null) {
      columns.remove(FLOOR - 1); // the spread: there is room for one
      columns.add(FLOOR, Column.read("expected", TIME, Row::expectedNanos));
    }
    return columns;
  }

  private static List<Column<Row>> measured(String name, String count) {
    return List.of(
        Column.read(name, PLAIN, Row::name),
        Column.read(count, PLAIN, Row::lanes),
        Column.read("time", TIME, row -> row.timing().nanos()),
        Column.read("spread", PERCENT, row -> spread(row.timing())),
        Column.read("floor", TIME, Row::floorNanos),
        Column.read("of floor", PERCENT, Row::ofFloor),
        Column.read("GB/s", GIGA, row -> perSecond(row, row.cost().bytes())),
        Column.read("GFLOP/s", GIGA, row -> perSecond(row, row.cost().flop())),
        Column.read("note", PLAIN, row -> note(row.cached(), row.timing())));
  }

  private <R> void table(String title, List<Column<R>> columns, List<R> rows) {
    if (!rows.isEmpty()) {
      line("");
      line("%s", title);
      out.print(TextTable.plain(Table.of("", title, columns, rows)));
    }
  }

  private boolean anyCached() {
    return Stream.concat(
            rows().map(Row::cached), result.generation().stream().map(Generated::cached))
        .anyMatch(Boolean::booleanValue);
  }

  private static String name(Ceiling ceiling) {
    return ceiling.name() + (reads(ceiling) ? " " + Numbers.bytes(ceiling.amount()) : "");
  }

  private static String reached(Ceiling ceiling) {
    return Numbers.shown(ceiling.perSecond(), reads(ceiling) ? "B/s" : "FLOP/s");
  }

  private static boolean reads(Ceiling ceiling) {
    return ceiling.limit() == Ceilings.Limit.READ;
  }

  /** Of one round there is none. */
  private static Double spread(Timing timing) {
    return timing.rounds() == 1 ? null : timing.spread();
  }

  /** Nothing where nothing is moved or computed. */
  private static Double perSecond(Row row, double amount) {
    return amount == 0 ? null : amount * 1e9 / row.timing().nanos();
  }

  /** Marks of a row; what they mean stands below the tables. */
  private static String note(boolean cached, Timing timing) {
    return (cached ? "*" : "") + noisy(timing);
  }

  private static String noisy(Timing timing) {
    return timing.noisy() ? "~" : "";
  }

  private static String ticks(BenchResult.Ticks ticks) {
    return ticks.counted() + (ticks.agree() ? "" : " of " + ticks.implied() + " !");
  }

  /** What else the machine did. */
  private static String load(double before) {
    return before < 0 ? "" : String.format(Locale.ROOT, ", load before %.2f", before);
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}

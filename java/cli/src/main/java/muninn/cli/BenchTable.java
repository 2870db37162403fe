package muninn.cli;

import static muninn.lab.report.Format.GIGA;
import static muninn.lab.report.Format.PERCENT;
import static muninn.lab.report.Format.PLAIN;
import static muninn.lab.report.Format.TIME;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import muninn.kernels.Ceilings;
import muninn.lab.BenchOptions;
import muninn.lab.BenchResult;
import muninn.lab.BenchResult.Ceiling;
import muninn.lab.BenchResult.Generated;
import muninn.lab.BenchResult.Row;
import muninn.lab.Timing;
import muninn.lab.report.Column;
import muninn.lab.report.Numbers;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;
import muninn.model.Config;

/** A benchmark as tables of at most 100 columns. */
final class BenchTable {
  private static final List<Column<Ceiling>> CEILINGS =
      List.of(
          Column.read("ceiling", PLAIN, BenchTable::name),
          Column.read("time", TIME, ceiling -> ceiling.timing().nanos()),
          Column.read("spread", PERCENT, ceiling -> spread(ceiling.timing())),
          Column.read("reached", PLAIN, BenchTable::reached));

  private static final List<Column<Generated>> GENERATION =
      List.of(
          Column.read("steps", PLAIN, Generated::steps),
          Column.read("batch", PLAIN, Generated::batch),
          Column.read("tokens/s", PLAIN, Generated::tokensPerSecond),
          Column.read("a token", TIME, generated -> generated.perToken().nanos()),
          Column.read("spread", PERCENT, generated -> spread(generated.perToken())),
          Column.read("floor", TIME, Generated::floorNanos),
          Column.read("of floor", PERCENT, Generated::ofFloor),
          Column.read("first token", TIME, generated -> generated.firstToken().nanos()),
          Column.read("cached", PLAIN, generated -> star(generated.cached())));

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
    line("%s, %d cores", setting.processor(), setting.cores());
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
        setting.weights(),
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
    if (anyCached()) {
      line("");
      line("* may stay in the last-level cache of %s", Numbers.bytes(setting.cacheBytes()));
    }
  }

  private static List<Column<Row>> columns(String name, String count) {
    return List.of(
        Column.read(name, PLAIN, Row::name),
        Column.read(count, PLAIN, Row::lanes),
        Column.read("time", TIME, row -> row.timing().nanos()),
        Column.read("spread", PERCENT, row -> spread(row.timing())),
        Column.read("floor", TIME, Row::floorNanos),
        Column.read("of floor", PERCENT, Row::ofFloor),
        Column.read("GB/s", GIGA, row -> perSecond(row, row.cost().bytes())),
        Column.read("GFLOP/s", GIGA, row -> perSecond(row, row.cost().flop())),
        Column.read("cached", PLAIN, row -> star(row.cached())));
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
            Stream.of(result.operations(), result.ticks(), result.prefill())
                .flatMap(List::stream)
                .map(Row::cached),
            result.generation().stream().map(Generated::cached))
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

  private static String star(boolean cached) {
    return cached ? "*" : "";
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}

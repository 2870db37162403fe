package muninn.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import muninn.kernels.Ceilings;
import muninn.lab.BenchOptions;
import muninn.lab.BenchResult;
import muninn.lab.Timing;
import muninn.model.Config;

/** A benchmark as tables of at most 100 columns. */
final class BenchTable {
  private static final String ROW = "%-16s %6s %11s %7s %11s %9s %9s %10s";

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
    ceilings();
    String each =
        String.format(Locale.ROOT, ", each lane after %d positions", setting.options().context());
    rows("operation", "lanes", "Operations" + each, result.operations());
    rows("stage", "lanes", "Ticks" + each, result.ticks());
    rows("stage", "prompt", "Prefill: all positions of a prompt at once", result.prefill());
    generation();
    Stream<Boolean> cached =
        Stream.concat(
            Stream.of(result.operations(), result.ticks(), result.prefill())
                .flatMap(List::stream)
                .map(BenchResult.Row::cached),
            result.generation().stream().map(BenchResult.Generated::cached));
    if (cached.anyMatch(Boolean::booleanValue)) {
      line("");
      line("* may stay in the last-level cache of %s", bytes(setting.cacheBytes()));
    }
  }

  private void ceilings() {
    String row = "%-58s %10s %7s %18s";
    line("");
    line(row, "ceiling", "time", "spread", "");
    for (BenchResult.Ceiling ceiling : result.ceilings()) {
      boolean read = ceiling.limit() == Ceilings.Limit.READ;
      line(
          row,
          ceiling.name() + (read ? " " + bytes(ceiling.amount()) : ""),
          time(ceiling.timing().nanos()),
          spread(ceiling.timing()),
          giga(ceiling.perSecond()) + (read ? " GB/s" : " GFLOP/s"));
    }
  }

  private void rows(String name, String count, String title, List<BenchResult.Row> rows) {
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line("%s", title);
    line(ROW, name, count, "time", "spread", "floor", "of floor", "GB/s", "GFLOP/s");
    for (BenchResult.Row row : rows) {
      line(
          ROW + "%s",
          row.name(),
          row.lanes(),
          time(row.timing().nanos()),
          spread(row.timing()),
          time(row.floorNanos()),
          percent(row.ofFloor()),
          giga(row.cost().bytes() * 1e9 / row.timing().nanos()),
          row.cost().flop() == 0 ? "" : giga(row.cost().flop() * 1e9 / row.timing().nanos()),
          row.cached() ? " *" : "");
    }
  }

  private void generation() {
    if (result.generation().isEmpty()) {
      return;
    }
    BenchOptions options = result.setting().options();
    String row = "%5s %6s %10s %11s %7s %11s %9s %13s";
    line("");
    line(
        "Generation: %d new tokens after prompts of %d, greedy",
        options.newTokens(), BenchOptions.PROMPT);
    line(
        row, "steps", "batch", "tokens/s", "a token", "spread", "floor", "of floor", "first token");
    for (BenchResult.Generated generated : result.generation()) {
      line(
          row + "%s",
          generated.steps(),
          generated.batch(),
          number(generated.tokensPerSecond()),
          time(generated.perToken().nanos()),
          spread(generated.perToken()),
          time(generated.floorNanos()),
          percent(generated.ofFloor()),
          time(generated.firstToken().nanos()),
          generated.cached() ? " *" : "");
    }
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, share < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * share);
  }

  /** Of one round there is none. */
  private static String spread(Timing timing) {
    return timing.rounds() == 1 ? "–" : percent(timing.spread());
  }

  private static String time(double nanos) {
    if (nanos < 1e6) {
      return number(nanos / 1e3) + " µs";
    }
    return nanos < 1e9 ? number(nanos / 1e6) + " ms" : number(nanos / 1e9) + " s";
  }

  private static String bytes(double bytes) {
    return bytes < 1e9 ? number(bytes / 1e6) + " MB" : number(bytes / 1e9) + " GB";
  }

  private static String giga(double perSecond) {
    return number(perSecond / 1e9);
  }

  /** Three digits, more before the point where there are more. */
  private static String number(double value) {
    String format =
        value < 0.9995 ? "%.3f" : value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, format, value);
  }
}

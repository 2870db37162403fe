package muninn.lab.sweep;

import static muninn.lab.report.ColumnFormat.PERCENT;
import static muninn.lab.report.ColumnFormat.PLAIN;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import muninn.engine.answer.Completion.Rate;
import muninn.engine.request.Exit;
import muninn.lab.report.Column;
import muninn.lab.report.Table;

/** The numbers of a sweep in long form; the columns with headings are those for pages. */
final class SweepTables {
  private final Findings findings;

  SweepTables(Findings findings) {
    this.findings = findings;
  }

  List<Table> all() {
    List<Table> all = new ArrayList<>(cells());
    if (!findings.settlings().isEmpty()) {
      all.add(settling(_ -> true));
      all.add(depths());
    }
    return all;
  }

  private List<Table> cells() {
    return List.of(
        Table.of(
            "cells",
            "a row a setting; ratios are to plain decoding at the same depth",
            cellColumns(),
            findings.all()),
        byDepth(),
        byPlace(),
        timings(),
        best());
  }

  /** Settings that were measured, with the columns for people. */
  Table shown(String note, Predicate<Finding> which) {
    return Table.of("shown", note, cellColumns(), findings.measured(which));
  }

  private List<Column<Finding>> cellColumns() {
    List<Column<Finding>> columns = new ArrayList<>(settingColumns());
    columns.addAll(qualityColumns());
    columns.addAll(workColumns());
    return columns;
  }

  private static List<Column<Finding>> settingColumns() {
    return List.of(
        setting("setting", Setting::key).as("setting"),
        setting("steps", Setting::steps),
        setting("exit", Setting::rule),
        setting(
            "exit_threshold", s -> s.threshold().isEmpty() ? null : Double.valueOf(s.threshold())),
        setting("min_steps", s -> exit(s).minSteps()),
        setting("exit_every", s -> exit(s).every()),
        setting("kv", s -> s.thinking().kv().toString()),
        setting("continuous", s -> s.thinking().isContinuous()),
        setting("mode", Setting::mode),
        setting("draft", s -> emptyIsNull(s.draft())),
        setting("lanes", s -> emptyIsNull(s.lanes())),
        setting("approximate", s -> s.thinking().speculation().approximate()),
        setting("temperature", s -> (double) s.temperature()),
        setting("batch", Setting::batch),
        Column.of("refused", f -> f.counts().refused()));
  }

  private List<Column<Finding>> qualityColumns() {
    boolean graded = findings.graded();
    Column<Finding> accuracy = graded("accuracy", f -> f.accuracy().accuracy());
    Column<Finding> asDeepest = measured("same_text_as_deepest", Finding::sameAsDeepest);
    return List.of(
        measured("answers", f -> f.counts().work().answers()),
        measured("prompt_tokens", f -> f.counts().work().promptTokens()),
        measured("tokens", f -> f.counts().work().tokens()),
        measured("graded", f -> f.counts().quality().graded()),
        graded("correct", f -> f.counts().quality().correct()),
        graded ? accuracy.as("accuracy", PERCENT) : accuracy,
        graded("accuracy_low", f -> f.accuracy().low()),
        graded("accuracy_high", f -> f.accuracy().high()),
        measured("same_text", Finding::sameText).as("same text", PERCENT),
        measured("same_tokens", Finding::sameTokens),
        graded ? asDeepest : asDeepest.as("as deepest", PERCENT));
  }

  private List<Column<Finding>> workColumns() {
    return List.of(
        measured("mean_steps", Finding::meanSteps).as("mean steps"),
        measured("core_passes", f -> f.counts().work().passes()),
        measured("core_passes_per_token", Finding::passesPerToken).as("core passes a token"),
        measured("core_passes_ratio", f -> findings.ratio(f, Finding::passesPerToken))
            .as("× plain"),
        measured("core_rows", f -> f.counts().work().rows()),
        measured("core_rows_per_token", Finding::rowsPerToken).as("core rows a token"),
        measured("core_rows_ratio", f -> findings.ratio(f, Finding::rowsPerToken)).as("× plain"),
        measured("core_rows_over_needed", Finding::rowsOverNeeded),
        measured("lanes_per_pass", Finding::lanesPerPass),
        measured("kv_blocks_per_token", Finding::kvSlots).as("KV blocks"),
        measured("opened_on_guesses", f -> f.counts().guesses().opened()),
        measured("squashed", f -> f.counts().guesses().squashed()),
        measured("tokens_per_second", Finding::tokensPerSecond).as("tokens/s"),
        measured("tokens_per_second_least", f -> f.rates().getFirst()).as("least"),
        measured("tokens_per_second_most", f -> f.rates().getLast()).as("most"),
        measured("tokens_per_second_ratio", f -> findings.ratio(f, Finding::tokensPerSecond)),
        setting("options", Setting::flags));
  }

  private static Column<Finding> setting(String name, Function<Setting, ?> value) {
    return Column.of(name, f -> value.apply(f.setting()));
  }

  /** Nothing where the engine refused. */
  private static Column<Finding> measured(String name, Function<Finding, ?> value) {
    return Column.of(name, f -> f.refused() ? null : value.apply(f));
  }

  /** Nothing where no prompt has a right answer. */
  private static Column<Finding> graded(String name, Function<Finding, ?> value) {
    return Column.of(name, f -> f.refused() || !f.graded() ? null : value.apply(f));
  }

  private static Exit exit(Setting setting) {
    return setting.thinking().exit();
  }

  private static String emptyIsNull(String text) {
    return text.isEmpty() ? null : text;
  }

  /** How often guesses of one cell were right, by where or when they were made. */
  private record Guessed(Finding finding, int at, Rate rate) {}

  private static List<Column<Guessed>> guessColumns(String at) {
    return List.of(
        Column.of("setting", g -> g.finding.setting().key()),
        Column.of(at, Guessed::at),
        Column.of("right", g -> g.rate.right()),
        Column.of("of", g -> g.rate.of()),
        Column.of("share", g -> share(g.rate)));
  }

  private Table byDepth() {
    List<Guessed> guesses = new ArrayList<>();
    for (Finding f : findings.measured(Finding::speculates)) {
      f.counts().guesses().byDepth().forEach((at, rate) -> guesses.add(new Guessed(f, at, rate)));
    }
    return Table.of(
        "acceptance_by_depth",
        "how often what a lane guessed after so many steps was its last word too",
        guessColumns("steps"),
        guesses);
  }

  private Table byPlace() {
    List<Guessed> guesses = new ArrayList<>();
    for (Finding f : findings.measured(Finding::speculates)) {
      List<Rate> rates = f.counts().guesses().byPlace();
      IntStream.range(0, rates.size())
          .forEach(i -> guesses.add(new Guessed(f, i + 1, rates.get(i))));
    }
    return Table.of(
        "acceptance_by_place",
        "how often a lane opened so many ahead of the text had the right token",
        guessColumns("lanes_ahead"),
        guesses);
  }

  /** One depth of answers that were watched. */
  private record Watched(Settling settling, Settling.Depth depth) {}

  /** What would have become of guesses, by depth: what a seed's own text costs. */
  Table settling(IntPredicate steps) {
    List<Watched> rows = new ArrayList<>();
    for (Settling settling : findings.settlings()) {
      settling.depths().stream()
          .filter(depth -> steps.test(depth.steps()))
          .forEach(depth -> rows.add(new Watched(settling, depth)));
    }
    List<Column<Watched>> columns =
        List.of(
            Column.<Watched>of("temperature", w -> (double) w.settling.temperature())
                .as("temperature"),
            Column.<Watched>of("steps", w -> w.depth.steps()).as("steps"),
            Column.of("positions", w -> w.depth.positions()),
            Column.<Watched>of("same_token", w -> w.depth.same())
                .as("most probable token right", PERCENT),
            Column.of("compared_at", w -> (double) w.settling.heat()),
            Column.<Watched>of("rejection_sampling", w -> w.depth.rejection())
                .as("1 − TV", PERCENT),
            Column.<Watched>of("shared_noise", w -> w.depth.shared())
                .as("shared noise accepts", PERCENT),
            Column.of("by_rank", w -> w.depth.ranked()),
            Column.<Watched>of("promised", w -> w.depth.promised())
                .as("(1 − TV)/(1 + TV)", PERCENT));
    return Table.of(
        "settling",
        "what would have become of guesses after so many steps, in the mean over positions",
        columns,
        rows);
  }

  /**
   * The same for people: 1, 2, 3, 4, 6, 8, 12 and so on, and not the last, which is always right.
   */
  Table fewSettling() {
    int deepest = findings.grid().deepestSteps();
    return settling(
        r ->
            r < deepest
                && (Integer.bitCount(r) == 1 || (r % 3 == 0 && Integer.bitCount(r / 3) == 1)));
  }

  /** The depths that follow from it. */
  Table depths() {
    List<Column<Settling>> columns =
        List.of(
            Column.<Settling>of("temperature", s -> (double) s.temperature()).as("temperature"),
            Column.<Settling>of("steps", Settling::steps).as("steps"),
            Column.<Settling>of("pass_cost", Settling::passCost)
                .as("prelude, coda and head, in steps"),
            Column.<Settling>of("alpha", s -> s.law().map(DepthLaw::alpha).orElse(null)).as("α"),
            Column.<Settling>of("beta", s -> s.law().map(DepthLaw::beta).orElse(null)).as("β"),
            Column.<Settling>of("lawful_depths", s -> told(s.lawful())).as("depths by it"),
            Column.<Settling>of("depths", s -> told(s.best())).as("by what was counted"),
            Column.<Settling>of("token_cost", s -> s.cost().orElse(null)).as("steps a token"),
            Column.<Settling>of("first_right", s -> s.foresight().firstRight())
                .as("right first, after steps"),
            Column.<Settling>of("right_for_good", s -> s.foresight().rightForGood()).as("for good"),
            Column.<Settling>of("oracle_ratio", s -> s.foresight().oracle())
                .as("passes of an oracle, × plain"),
            Column.<Settling>of("newest_ratio", s -> s.foresight().newest())
                .as("following the newest"));
    return Table.of(
        "depths",
        "the law β · r^−α of wrong guesses after r steps, the depths that make a token cheapest,"
            + " and the least that guessing could come to",
        columns,
        findings.settlings());
  }

  private static String told(Optional<DepthLaw.Depths> depths) {
    return depths.map(d -> d.first() + ", " + d.second()).orElse(null);
  }

  static double share(Rate rate) {
    return rate.of() == 0 ? Double.NaN : (double) rate.right() / rate.of();
  }

  private Table timings() {
    record Timed(String setting, double rate) {}

    List<Column<Timed>> columns =
        List.of(Column.of("setting", Timed::setting), Column.of("tokens_per_second", Timed::rate));
    return Table.of(
        "timings",
        "tokens a second of each round of each setting, slowest first",
        columns,
        findings.measured().stream()
            .flatMap(f -> f.rates().stream().map(rate -> new Timed(f.setting().key(), rate)))
            .toList());
  }

  Table best() {
    List<Column<Findings.Best>> columns =
        List.of(
            Column.<Findings.Best>of("objective", Findings.Best::objective).as("what for"),
            Column.<Findings.Best>of("options", b -> b.finding().setting().flags()).as("options"),
            Column.<Findings.Best>of("value", Findings.Best::value).as("value"),
            Column.<Findings.Best>of("unit", Findings.Best::unit).as("of what"),
            Column.<Findings.Best>of("at_full_depth", Findings.Best::plain).as("plain"),
            Column.read("× plain", PLAIN, b -> b.value() / b.plain()),
            Column.read(findings.qualityName(), PERCENT, b -> b.finding().quality()),
            Column.of("setting", b -> b.finding().setting().key()));
    return Table.of(
        "best",
        "The best setting for each purpose, beside plain decoding at full depth",
        columns,
        findings.best());
  }
}

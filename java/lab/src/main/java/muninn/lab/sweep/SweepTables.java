package muninn.lab.sweep;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import muninn.engine.Completion.Rate;
import muninn.engine.Exit;
import muninn.engine.Thinking;
import muninn.lab.report.Table;

/** The numbers of a sweep in long form, and the few columns that a page has room for. */
final class SweepTables {
  private final Findings findings;

  SweepTables(Findings findings) {
    this.findings = findings;
  }

  List<Table> all() {
    return List.of(cells(), byDepth(), byPlace(), timings(), best());
  }

  /** A row a cell, everything that was counted. */
  private Table cells() {
    Table.Builder table =
        Table.named(
            "cells",
            "a row a setting; ratios are to plain decoding at the same depth",
            "setting",
            "steps",
            "exit",
            "exit_threshold",
            "min_steps",
            "exit_every",
            "kv",
            "continuous",
            "mode",
            "draft",
            "lanes",
            "approximate",
            "temperature",
            "batch",
            "refused",
            "answers",
            "prompt_tokens",
            "tokens",
            "graded",
            "correct",
            "accuracy",
            "accuracy_low",
            "accuracy_high",
            "same_text",
            "same_tokens",
            "same_text_as_deepest",
            "mean_steps",
            "core_passes",
            "core_passes_per_token",
            "core_passes_ratio",
            "core_rows",
            "core_rows_per_token",
            "core_rows_ratio",
            "core_rows_over_needed",
            "lanes_per_pass",
            "kv_blocks_per_token",
            "opened_on_guesses",
            "squashed",
            "tokens_per_second",
            "tokens_per_second_least",
            "tokens_per_second_most",
            "tokens_per_second_ratio",
            "options");
    for (Finding f : findings.all()) {
      Object[] values = new Object[43];
      settingValues(f.setting(), values);
      values[14] = f.counts().refused();
      if (!f.refused()) {
        counted(f, values);
      }
      values[42] = f.setting().flags();
      table.row(values);
    }
    return table.build();
  }

  private static void settingValues(Setting setting, Object[] values) {
    Thinking thinking = setting.thinking();
    Exit exit = thinking.exit();
    Object[] columns = {
      setting.key(),
      setting.steps(),
      setting.rule(),
      setting.threshold().isEmpty() ? null : Double.valueOf(setting.threshold()),
      exit.minSteps(),
      exit.every(),
      thinking.kv().toString(),
      thinking.continuous(),
      setting.mode(),
      emptyIsNull(setting.draft()),
      emptyIsNull(setting.lanes()),
      thinking.speculation().approximate(),
      (double) setting.temperature(),
      setting.batch()
    };
    System.arraycopy(columns, 0, values, 0, columns.length);
  }

  private static String emptyIsNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private void counted(Finding f, Object[] values) {
    Cell.Work work = f.counts().work();
    boolean graded = f.graded();
    Object[] columns = {
      work.answers(),
      work.promptTokens(),
      work.tokens(),
      f.counts().quality().graded(),
      graded ? f.counts().quality().correct() : null,
      graded ? f.accuracy().accuracy() : null,
      graded ? f.accuracy().low() : null,
      graded ? f.accuracy().high() : null,
      f.sameText(),
      f.sameTokens(),
      f.sameAsDeepest(),
      f.meanSteps(),
      work.passes(),
      f.passesPerToken(),
      findings.ratio(f, Finding::passesPerToken),
      work.rows(),
      f.rowsPerToken(),
      findings.ratio(f, Finding::rowsPerToken),
      f.rowsOverNeeded(),
      f.lanesPerPass(),
      f.kvSlots(),
      f.counts().guesses().opened(),
      f.counts().guesses().squashed(),
      f.tokensPerSecond(),
      f.rates().getFirst(),
      f.rates().getLast(),
      findings.ratio(f, Finding::tokensPerSecond)
    };
    System.arraycopy(columns, 0, values, 15, columns.length);
  }

  private Table byDepth() {
    Table.Builder table =
        Table.named(
            "acceptance_by_depth",
            "how often what a lane guessed after so many steps was its last word too",
            "setting",
            "steps",
            "right",
            "of",
            "share");
    for (Finding f : findings.measured(Finding::speculates)) {
      for (Map.Entry<Integer, Rate> rate : f.counts().guesses().byDepth().entrySet()) {
        Rate r = rate.getValue();
        table.row(f.setting().key(), rate.getKey(), r.right(), r.of(), share(r));
      }
    }
    return table.build();
  }

  private Table byPlace() {
    Table.Builder table =
        Table.named(
            "acceptance_by_place",
            "how often a lane opened so many ahead of the text had the right token",
            "setting",
            "lanes_ahead",
            "right",
            "of",
            "share");
    for (Finding f : findings.measured(Finding::speculates)) {
      List<Rate> rates = f.counts().guesses().byPlace();
      for (int i = 0; i < rates.size(); i++) {
        Rate r = rates.get(i);
        table.row(f.setting().key(), i + 1, r.right(), r.of(), share(r));
      }
    }
    return table.build();
  }

  static double share(Rate rate) {
    return rate.of() == 0 ? Double.NaN : (double) rate.right() / rate.of();
  }

  private Table timings() {
    Table.Builder table =
        Table.named(
            "timings",
            "tokens a second of each round of each setting, slowest first",
            "setting",
            "tokens_per_second");
    for (Finding f : findings.measured()) {
      f.rates().forEach(rate -> table.row(f.setting().key(), rate));
    }
    return table.build();
  }

  Table best() {
    Table.Builder table =
        Table.named(
            "best",
            "the best setting for each end, and the options that ask for it",
            "objective",
            "options",
            "value",
            "unit",
            "at_full_depth",
            "setting");
    for (Findings.Best best : findings.best()) {
      Setting setting = best.finding().setting();
      table.row(
          best.objective(),
          setting.flags(),
          best.value(),
          best.unit(),
          best.plain(),
          setting.key());
    }
    return table.build();
  }

  /** The columns that a page has room for; shares in per cent. */
  Table shown(String name, String note, Predicate<Finding> which) {
    boolean graded = findings.measured().stream().anyMatch(Finding::graded);
    Table.Builder table =
        Table.named(
            name,
            note,
            "setting",
            graded ? "accuracy, %" : "as deepest, %",
            "same text, %",
            "mean steps",
            "core passes a token",
            "× plain",
            "core rows a token",
            "× plain ",
            "KV blocks",
            "tokens/s",
            "(least–most)");
    for (Finding f : findings.measured(which)) {
      table.row(
          f.setting().key(),
          100 * f.quality(),
          100 * f.sameText(),
          f.meanSteps(),
          f.passesPerToken(),
          findings.ratio(f, Finding::passesPerToken),
          f.rowsPerToken(),
          findings.ratio(f, Finding::rowsPerToken),
          f.kvSlots(),
          f.tokensPerSecond(),
          String.format(Locale.ROOT, "%.0f–%.0f", f.rates().getFirst(), f.rates().getLast()));
    }
    return table.build();
  }
}

package muninn.lab.sweep;

import java.util.List;
import java.util.Locale;
import muninn.lab.report.Numbers;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;

/** A sweep for the terminal, and for documents: tables in Markdown, then the best in words. */
public final class SweepText {
  /** What the tables of {@link Settling} show. */
  static final String SETTLING =
      "Plain answers, watched after every step. Rejection sampling would accept 1 − TV of the"
          + " guesses, and its text depends on them; noise that belongs to the position accepts a"
          + " little less, and a seed's text is the same with guesses and without. The law β · r^−α"
          + " is that of wrong guesses after r steps.";

  private SweepText() {}

  /** All of it. */
  public static String of(Findings findings) {
    SweepTables tables = new SweepTables(findings);
    StringBuilder text = new StringBuilder();
    for (Family family : Family.values()) {
      Table table = tables.shown("", f -> family.holds(f.setting()));
      if (!table.rows().isEmpty()) {
        text.append("**").append(family.title()).append("**\n\n");
        text.append(TextTable.markdown(table)).append('\n');
      }
    }
    List<Finding> refused = findings.all().stream().filter(Finding::refused).toList();
    for (Finding finding : refused) {
      text.append(
          String.format(
              Locale.ROOT,
              "Refused: %s: %s\n",
              finding.setting().key(),
              finding.counts().refused()));
    }
    text.append(refused.isEmpty() ? "" : "\n");
    for (Findings.Best best : findings.best()) {
      text.append(
          String.format(
              Locale.ROOT,
              "- %s `%s`\n",
              sentence(best, findings),
              best.finding().setting().flags()));
    }
    if (!findings.settlings().isEmpty()) {
      text.append("\n**Depths to guess at**\n\n").append(SETTLING).append("\n\n");
      text.append(TextTable.markdown(tables.depths())).append('\n');
      text.append(TextTable.markdown(tables.fewSettling()));
    }
    return text.toString();
  }

  /** What is best, and how much better it is. */
  static String sentence(Findings.Best best, Findings findings) {
    return String.format(
        Locale.ROOT,
        "%s: %s, with %s %s against %s for plain decoding at full depth (%s × that), %s %s %%.",
        best.objective(),
        best.finding().setting().key(),
        Numbers.shown(best.value()),
        best.unit(),
        Numbers.shown(best.plain()),
        Numbers.shown(best.value() / best.plain()),
        findings.qualityName(),
        Numbers.shown(100 * best.finding().quality()));
  }
}

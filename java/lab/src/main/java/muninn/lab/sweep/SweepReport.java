package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import muninn.lab.report.Header;
import muninn.lab.report.Report;
import muninn.lab.report.Section;
import muninn.lab.report.Section.Block;
import muninn.lab.report.Table;

/** A sweep as a page: the best settings, quality against cost, heat maps, all numbers. */
public final class SweepReport {
  private final Findings findings;
  private final SweepCharts charts;
  private final SweepTables tables;

  private SweepReport(Findings findings) {
    this.findings = findings;
    charts = new SweepCharts(findings);
    tables = new SweepTables(findings);
  }

  public static Report of(Findings findings, Header header) {
    return new SweepReport(findings).report(header);
  }

  private Report report(Header header) {
    List<Section> sections = new ArrayList<>();
    sections.add(best());
    sections.add(costs());
    add(sections, "Depth and exits", depth());
    add(sections, "Speculation", speculation());
    add(sections, "Depths to guess at", settling());
    add(sections, "Memory", memory());
    sections.add(cells());
    int count = findings.measured().size();
    int refused = findings.all().size() - count;
    return new Report(
        "Sweep of " + count + " settings over " + header.modelName(),
        summary() + refused(refused),
        header,
        sections,
        tables.all());
  }

  private static String refused(int count) {
    return switch (count) {
      case 0 -> "";
      case 1 -> " One more setting was refused.";
      default -> " " + count + " more settings were refused.";
    };
  }

  private String summary() {
    List<Findings.Best> best = findings.best();
    return best.isEmpty()
        ? "No setting was measured."
        : SweepText.sentence(best.getFirst(), findings);
  }

  private Section best() {
    return Section.of(
        "Best settings",
        new Section.Shown(tables.best()),
        new Section.Text(
            String.format(
                    Locale.ROOT,
                    "Quality is %s. It counts as kept where it is within %.0f point of plain"
                        + " decoding at the deepest depth.",
                    findings.qualityName(),
                    100 * Findings.TOLERANCE)
                + " Counts repeat exactly; tokens a second depend on what else the machine does."));
  }

  private Section costs() {
    return Section.of(
        "Quality against cost",
        charts.pareto(
            "Against core passes: how long one answer takes",
            "core passes a token",
            Finding::passesPerToken),
        charts.pareto(
            "Against core rows: what a full batch pays",
            "core rows a token",
            Finding::rowsPerToken));
  }

  private List<Block> depth() {
    List<Block> blocks = new ArrayList<>();
    charts.depth().ifPresent(blocks::add);
    charts.thresholds("Mean steps of a token", Finding::meanSteps, "steps").ifPresent(blocks::add);
    charts
        .thresholds("Quality with exits", f -> 100 * f.quality(), findings.qualityName() + ", %")
        .ifPresent(blocks::add);
    return blocks;
  }

  private List<Block> speculation() {
    List<Block> blocks = new ArrayList<>();
    List<Finding> guessing = Findings.oneThingAtATime(findings.measured(Finding::speculates));
    charts
        .heat(
            "Core passes a token, as a share of plain decoding's",
            "Below 1 is faster, as long as a pass costs the same whatever it carries.",
            guessing,
            Setting.Axis.DRAFT,
            "draft depth",
            Setting::draft,
            f -> findings.ratio(f, Finding::passesPerToken),
            "× plain")
        .ifPresent(blocks::add);
    charts
        .heat(
            "Core rows a token, as a share of plain decoding's",
            "Above 1 is work on guesses that were wrong or not needed.",
            guessing,
            Setting.Axis.DRAFT,
            "draft depth",
            Setting::draft,
            f -> findings.ratio(f, Finding::rowsPerToken),
            "× plain")
        .ifPresent(blocks::add);
    AcceptanceCharts acceptance = new AcceptanceCharts(findings);
    acceptance.byDepth().ifPresent(blocks::add);
    acceptance.byPlace().ifPresent(blocks::add);
    return blocks;
  }

  private List<Block> settling() {
    if (findings.settlings().isEmpty()) {
      return List.of();
    }
    return List.of(
        new Section.Text(SweepText.SETTLING),
        new Section.Shown(tables.depths()),
        new Section.Shown(tables.fewSettling()));
  }

  private List<Block> memory() {
    List<Block> blocks = new ArrayList<>();
    List<Finding> sharing =
        findings.measured(f -> f.setting().thinking().kv().shares() || f.setting().isPlain());
    charts
        .heat(
            "Quality with shared keys and values",
            "By which recurrence steps share them.",
            sharing,
            Setting.Axis.KV,
            "sharing",
            setting -> setting.thinking().kv().toString(),
            f -> 100 * f.quality(),
            findings.qualityName() + ", %")
        .ifPresent(blocks::add);
    return blocks;
  }

  private Section cells() {
    List<Block> blocks = new ArrayList<>();
    for (Family family : Family.values()) {
      Table table = tables.shown(family.title(), f -> family.holds(f.setting()));
      if (!table.rows().isEmpty()) {
        blocks.add(new Section.Shown(table));
      }
    }
    for (Finding finding : findings.all()) {
      if (finding.refused()) {
        blocks.add(
            new Section.Text(
                String.format(
                    Locale.ROOT,
                    "Refused: %s: %s",
                    finding.setting().key(),
                    finding.counts().refused())));
      }
    }
    return new Section("All settings", blocks);
  }

  private static void add(List<Section> sections, String title, List<Block> blocks) {
    if (!blocks.isEmpty()) {
      sections.add(new Section(title, blocks));
    }
  }
}

package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import muninn.model.Config;

/** What the finished cells of a sweep show, in the order of the grid. */
public final class Findings {
  /** How much worse than full depth still counts as quality kept. */
  static final double TOLERANCE = 0.01;

  private final Grid grid;
  private final List<Settling> settlings;
  private final Map<String, Finding> findings = new LinkedHashMap<>();

  /** Of what is on disk; cells that other grids left there are passed over. */
  public Findings(Grid grid, Config config, CellFile file) {
    this(grid, config, file, List.of());
  }

  /** With what was watched step by step. */
  public Findings(Grid grid, Config config, CellFile file, List<Settling> settlings) {
    this.grid = grid;
    this.settlings = List.copyOf(settlings);
    Map<String, List<Cell>> byKey = new HashMap<>();
    file.cells().forEach(c -> byKey.computeIfAbsent(c.setting(), _ -> new ArrayList<>()).add(c));
    for (Setting setting : inOrder(grid)) {
      List<Cell> cells = byKey.getOrDefault(setting.key(), List.of());
      if (!cells.isEmpty()) {
        findings.put(setting.key(), finding(setting, cells, config));
      }
    }
  }

  /** Plain decoding by depth, then the others in the order asked for. */
  private static List<Setting> inOrder(Grid grid) {
    List<Setting> settings = new ArrayList<>(grid.cells());
    settings.sort(
        Comparator.comparing((Setting setting) -> !setting.isPlain())
            .thenComparingDouble(setting -> setting.isPlain() ? setting.temperature() : 0)
            .thenComparingInt(setting -> setting.isPlain() ? setting.batch() : 0)
            .thenComparingInt(setting -> setting.isPlain() ? setting.steps() : 0));
    return settings;
  }

  private Finding finding(Setting setting, List<Cell> cells, Config config) {
    List<Double> rates =
        cells.stream()
            .filter(cell -> cell.work() != null && cell.repeat() < grid.repeats())
            .map(cell -> cell.work().tokens() * 1e9 / cell.work().nanos())
            .sorted()
            .toList();
    long slots = setting.thinking().kv().slots(config, setting.steps());
    return new Finding(setting, cells.getFirst(), rates, slots);
  }

  Grid grid() {
    return grid;
  }

  List<Settling> settlings() {
    return settlings;
  }

  List<Finding> all() {
    return List.copyOf(findings.values());
  }

  /** Those that the engine answered. */
  List<Finding> measured() {
    return measured(finding -> true);
  }

  List<Finding> measured(Predicate<Finding> which) {
    return findings.values().stream().filter(f -> !f.refused()).filter(which).toList();
  }

  /** Without those that do several things at once, unless there are no others. */
  static List<Finding> oneThingAtATime(List<Finding> findings) {
    List<Finding> pure =
        findings.stream().filter(f -> Family.of(f.setting()) != Family.MIXED).toList();
    return pure.isEmpty() ? findings : pure;
  }

  /** Plain decoding at the same depth. */
  Finding plain(Finding finding) {
    return findings.get(finding.setting().plain().key());
  }

  /** Plain decoding at the deepest depth. */
  Finding deepest(Finding finding) {
    return findings.get(grid.deepest(finding.setting()).key());
  }

  /** How many times plain decoding's value a cell has. */
  double ratio(Finding finding, ToDoubleFunction<Finding> value) {
    return value.applyAsDouble(finding) / value.applyAsDouble(plain(finding));
  }

  /** Whether prompts have right answers. */
  boolean graded() {
    return measured().stream().anyMatch(Finding::graded);
  }

  /** What quality is, in words. */
  String qualityName() {
    return graded() ? "accuracy" : "agreement with full depth";
  }

  boolean keepsQuality(Finding finding) {
    return finding.quality() >= deepest(finding).quality() - TOLERANCE;
  }

  /**
   * The best setting for one end.
   *
   * @param objective what is wanted
   * @param unit of the value
   */
  record Best(String objective, String unit, Finding finding, double value, double plain) {}

  /** The best settings, one for each end that somebody may have. */
  List<Best> best() {
    List<Best> best = new ArrayList<>();
    add(
        best,
        "Fewest core passes a token, every text that of full depth",
        "core passes a token",
        f -> f.sameAsDeepest() == 1,
        Finding::passesPerToken);
    add(
        best,
        "Fewest core passes a token, quality kept",
        "core passes a token",
        this::keepsQuality,
        Finding::passesPerToken);
    add(
        best,
        "Least work, quality kept",
        "core rows a token",
        this::keepsQuality,
        Finding::rowsPerToken);
    add(
        best,
        "Fewest keys and values, quality kept",
        "blocks' keys and values a token",
        this::keepsQuality,
        Finding::kvSlots);
    add(
        best,
        "Most tokens a second, quality kept",
        "tokens a second",
        this::keepsQuality,
        f -> -f.tokensPerSecond());
    return best;
  }

  /** The least by cost; among equals the one of less work, and then the earlier one. */
  private void add(
      List<Best> best,
      String objective,
      String unit,
      Predicate<Finding> which,
      ToDoubleFunction<Finding> cost) {
    Optional<Finding> found =
        measured(which).stream()
            .min(Comparator.comparingDouble(cost).thenComparingDouble(Finding::rowsPerToken));
    found.ifPresent(
        finding ->
            best.add(
                new Best(
                    objective,
                    unit,
                    finding,
                    Math.abs(cost.applyAsDouble(finding)),
                    Math.abs(cost.applyAsDouble(deepest(finding))))));
  }
}

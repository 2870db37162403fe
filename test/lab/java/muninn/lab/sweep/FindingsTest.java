package muninn.lab.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.engine.answer.Completion.Rate;
import muninn.lab.report.TextTable;
import muninn.model.Model;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cells made by hand: what is kept of them, what they show, and what is printed. */
class FindingsTest {
  @TempDir private Path folder;
  private Path cells;
  private Grid grid;

  @BeforeEach
  void aGridOfFourSettings() throws IOException {
    cells = folder.resolve("cells.jsonl");
    grid =
        GridFile.read(
            Files.writeString(
                folder.resolve("grid.json"),
                """
                {"repeats": 2, "grid": [
                  {"steps": [4, 8]},
                  {"steps": 8, "mode": "wavefront", "draft": 2},
                  {"steps": 8, "exit": "kl", "mode": "wavefront", "draft": 2}
                ]}
                """));
  }

  private Setting setting(String key) {
    return grid.cells().stream().filter(s -> s.key().equals(key)).findFirst().orElseThrow();
  }

  /** Ten answers of ten tokens each, of which so many are right, and as plain decoding has them. */
  private Cell cell(String key, int repeat, int passes, int rows, int right, double seconds) {
    Setting setting = setting(key);
    return new Cell(
        key,
        repeat,
        null,
        new Cell.Work(
            Math.round(seconds * 1e9),
            10,
            50,
            100,
            passes,
            2.0 * passes,
            rows,
            800,
            100L * setting.steps()),
        new Cell.Quality(10, right, 9, 95, 100, 9),
        new Cell.Guesses(
            7, 2, Map.of(4, new Rate(1, 2), 2, new Rate(0, 0)), List.of(new Rate(3, 4))),
        setting.isPlain() ? List.of(new int[] {1, 2}) : null);
  }

  private Findings findings() {
    try (CellFile file = CellFile.open(cells, "a sweep", false)) {
      file.add(cell("8 steps", 0, 800, 850, 10, 2));
      file.add(cell("4 steps", 0, 400, 450, 3, 1));
      file.add(cell("8 steps, wavefront, draft 2", 0, 300, 900, 10, 1));
      file.add(cell("8 steps, wavefront, draft 2", 1, 300, 900, 10, 4));
      file.add(Cell.refused(setting("8 steps, kl, at 0.0005, wavefront, draft 2"), "not exact"));
    }
    try (Model model = Model.open("random:32x2x48,vocab=64,context=32,layers=1/2/1");
        CellFile file = CellFile.open(cells, "a sweep", false)) {
      return new Findings(grid, model.config(), file);
    }
  }

  @Test
  void aCellFileGivesBackWhatWasKeptAndCutsOffWhatWasNotFinished() throws IOException {
    Cell kept = cell("8 steps", 0, 800, 850, 10, 2);
    try (CellFile file = CellFile.open(cells, "a sweep", false)) {
      file.add(kept);
      assertThatThrownBy(() -> CellFile.open(cells, "a sweep", false))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("is being written by another sweep");
    }
    long whole = Files.size(cells);
    Files.writeString(cells, "{\"setting\":\"4 ste", StandardOpenOption.APPEND);

    try (CellFile file = CellFile.open(cells, "a sweep", false)) {
      Cell back = file.cells().getFirst();
      assertThat(back.work()).isEqualTo(kept.work());
      assertThat(back.quality()).isEqualTo(kept.quality());
      assertThat(back.guesses()).isEqualTo(kept.guesses());
      assertThat(back.guesses().byDepth().keySet()).as("in order").containsExactly(2, 4);
      assertThat(back.tokens().getFirst()).containsExactly(1, 2);
    }
    assertThat(Files.size(cells)).isEqualTo(whole);
  }

  @Test
  void cellsOfAnotherSweepAndLinesThatAreNoneAreRefusedUnlessTheyMayGo() throws IOException {
    CellFile.open(cells, "a sweep", false).close();
    assertThatThrownBy(() -> CellFile.open(cells, "another", false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("holds cells of another sweep");
    CellFile.open(cells, "another", true).close();

    Files.writeString(cells, "no cell\n", StandardOpenOption.APPEND);
    assertThatThrownBy(() -> CellFile.open(cells, "another", false))
        .hasMessageContaining("line 2 is no finished cell");
  }

  @Test
  void findingsStandInOrderAndTakeTheMedianOfTheirRounds() {
    Findings findings = findings();

    assertThat(findings.all())
        .extracting(f -> f.setting().key())
        .containsExactly(
            "4 steps",
            "8 steps",
            "8 steps, wavefront, draft 2",
            "8 steps, kl, at 0.0005, wavefront, draft 2");
    Finding wave = findings.measured(Finding::speculates).getFirst();
    assertThat(wave.rates()).containsExactly(25.0, 100.0);
    assertThat(wave.tokensPerSecond()).isEqualTo(62.5);
    assertThat(findings.ratio(wave, Finding::passesPerToken)).isCloseTo(3 / 8.0, within(1e-12));
    assertThat(wave.rowsOverNeeded()).isEqualTo(900 / 800.0);
    assertThat(wave.sameTokens()).isEqualTo(0.95);
    assertThat(findings.deepest(wave).setting().key()).isEqualTo("8 steps");
    assertThat(findings.qualityName()).isEqualTo("accuracy");
    assertThat(findings.measured()).hasSize(3);
    assertThat(findings.all().getLast().refused()).isTrue();
  }

  @Test
  void theBestKeepQualityAndAmongEqualsDoLessWork() {
    Findings findings = findings();

    Map<String, String> best = new HashMap<>();
    findings.best().forEach(b -> best.put(b.objective(), b.finding().setting().key()));
    assertThat(best)
        .containsEntry("Fewest core passes a token, quality kept", "8 steps, wavefront, draft 2")
        .containsEntry("Least work, quality kept", "8 steps")
        .doesNotContainValue("4 steps")
        .as("no text was plain decoding's in all answers")
        .doesNotContainKey("Fewest core passes a token, every text that of full depth");
  }

  @Test
  void tablesHaveARowASettingAndNothingWhereTheEngineRefused() {
    SweepTables tables = new SweepTables(findings());
    var all = tables.all().getFirst();

    assertThat(all.rows()).hasSize(4).allMatch(row -> row.size() == all.heads().size());
    List<String> names = all.heads().stream().map(head -> head.name()).toList();
    List<Object> refused = all.rows().getLast();
    assertThat(refused.get(names.indexOf("refused"))).isEqualTo("not exact");
    assertThat(refused.get(names.indexOf("core_passes"))).isNull();
    assertThat(refused.get(names.indexOf("options")))
        .isEqualTo("--steps 8 --exit kl --exit-threshold 0.0005 --speculate wavefront:draft=2");
    assertThat(names).doesNotHaveDuplicates();

    String shown = TextTable.markdown(tables.shown("", Finding::speculates));
    assertThat(shown)
        .contains("| setting ", "| accuracy |", "core passes a token", "× plain")
        .contains("| 8 steps, wavefront, draft 2 |")
        .contains("0.375");
  }

  @Test
  void guessesAreCountedByDepthAndByPlace() {
    var tables = new SweepTables(findings()).all();

    assertThat(tables.get(1).rows())
        .containsExactly(
            List.of("8 steps, wavefront, draft 2", 2, 0, 0, Double.NaN),
            List.of("8 steps, wavefront, draft 2", 4, 1, 2, 0.5));
    assertThat(tables.get(2).rows())
        .containsExactly(List.of("8 steps, wavefront, draft 2", 1, 3, 4, 0.75));
  }
}

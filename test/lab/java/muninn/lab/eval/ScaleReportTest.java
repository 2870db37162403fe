package muninn.lab.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import muninn.lab.eval.Evaluation.Depth;
import muninn.lab.report.Figure;
import muninn.lab.report.Gallery;
import muninn.lab.report.Report;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Accuracy by depth, of counts made by hand. */
class ScaleReportTest {
  private static final List<Depth> DEPTHS =
      List.of(
          depth(1, new Score(0, 50), new Score(5, 50)),
          depth(4, new Score(46, 50), new Score(47, 50)),
          depth(16, new Score(48, 50), new Score(49, 50)),
          depth(64, new Score(47, 50), new Score(47, 50)));

  private static Depth depth(int steps, Score ofLong, Score ofShort) {
    Score all = new Score(ofLong.correct() + ofShort.correct(), ofLong.total() + ofShort.total());
    Map<String, Score> kinds = new TreeMap<>(Map.of("long", ofLong, "short", ofShort));
    return new Depth(steps, all, kinds, 100L * steps, 1_000_000_000L * steps);
  }

  private final Report report =
      ScaleReport.of(DEPTHS, "tasks.jsonl", Gallery.header("models/nano"));

  @Test
  void theSummaryNamesTheBestDepthAndTheLeastThatCannotBeToldFromIt() {
    assertThat(report.title()).isEqualTo("Accuracy by steps on tasks.jsonl");
    assertThat(report.summary())
        .isEqualTo(
            "100 tasks. Best: 97 % at 16 steps (95 % interval 91.5 % to 99 %). The fewest steps"
                + " whose accuracy lies within that interval: 4 (93 %).");
  }

  @Test
  void theTablesHaveARowADepthAndKind() {
    Table accuracy = report.table("accuracy");

    assertThat(accuracy.rows()).hasSize(4 * 3);
    assertThat(accuracy.rows().get(3).subList(0, 4)).containsExactly(4, "all", 93, 100);
    assertThat(TextTable.plain(accuracy).lines().skip(4).findFirst().orElseThrow())
        .contains("all", "93", "100", "93.0 %");
    assertThat(report.table("cost").rows()).contains(List.of(16, 1600L, 16.0));
  }

  @Test
  void kindsHavePicturesOfTheirOwnWhereThereAreSeveral() {
    assertThat(report.sections().getFirst().blocks())
        .filteredOn(Figure.class::isInstance)
        .extracting(block -> ((Figure) block).title())
        .containsExactly("All tasks", "By kind of task", "Kinds and steps");
    Depth one = new Depth(2, new Score(1, 2), Map.of("sum", new Score(1, 2)), 9, 9);
    Report alone = ScaleReport.of(List.of(one), "t", Gallery.header("models/nano"));
    assertThat(alone.sections().getFirst().blocks()).hasSize(1);
    assertThat(Gallery.page(report)).contains("Exact answers by recurrence steps");
  }

  /** By Wilson's formula, with z = 1.959964 (Wilson 1927). */
  @ParameterizedTest
  @CsvSource({
    "0, 10, 0, 0.2775",
    "5, 10, 0.2366, 0.7634",
    "10, 10, 0.7225, 1",
    "1, 100, 0.0018, 0.0545",
  })
  void intervalsAreWilsons(int correct, int total, double low, double high) {
    Score score = new Score(correct, total);
    assertThat(score.low()).isCloseTo(low, within(5e-5));
    assertThat(score.high()).isCloseTo(high, within(5e-5));
  }
}

package muninn.lab.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Charts as option objects: what is drawn is there, and what cannot be drawn is left out. */
class ChartTest {

  private static JsonNode option(Chart chart) throws IOException {
    return new ObjectMapper().readTree(ChartOption.json(chart.option()));
  }

  @Test
  void valuesWithoutALogarithmAreGapsOnALogarithmicAxis() throws IOException {
    LineChart chart =
        LineChart.of(
            Axis.linear("x"),
            Axis.log("y"),
            List.of(
                new LineChart.Series(
                    "gaps",
                    List.of(
                        Point.of(1, 1), Point.of(2, 0), Point.of(3, -1), Point.of(4, Double.NaN)),
                    true)));

    assertThat(option(chart).at("/series/0/data"))
        .hasToString("[[1,1],[2,null],[3,null],[4,null]]");
  }

  @Test
  void linesHaveBandsWhereTheirPointsHaveIntervalsAndReferencesAreLinesAcross() throws IOException {
    JsonNode option = option(Gallery.lines());

    assertThat(option.at("/series/0/renderItem").textValue()).isEqualTo("band");
    assertThat(option.at("/series/0/name")).isEqualTo(option.at("/series/1/name"));
    assertThat(option.at("/series/0/data")).hasSize(64);
    assertThat(option.at("/series/0/data/0")).hasSize(3);
    assertThat(option.get("series")).hasSize(1 + 20 + 1);
    JsonNode reference = option.get("series").get(21);
    assertThat(reference.has("name")).as("no entry of the legend").isFalse();
    assertThat(reference.at("/markLine/data/0/yAxis").doubleValue()).isEqualTo(0.03);
    assertThat(option.at("/yAxis/min").doubleValue()).isEqualTo(1e-10);
    assertThat(option.at("/xAxis/logBase").intValue()).isEqualTo(2);
  }

  @Test
  void aSequenceHasOneRampOfColoursAndKindsHaveEight() {
    assertThat(Chart.Colours.RAMP.of(0, 3)).isEqualTo("@ramp0.0");
    assertThat(Chart.Colours.RAMP.of(2, 3)).isEqualTo("@ramp1.0");
    assertThat(Chart.Colours.RAMP.of(0, 1)).isEqualTo("@ramp0.5");
    assertThat(Chart.Colours.KINDS.of(9, 20)).isEqualTo("@kind1");
  }

  @Test
  void aPathHasARingAtItsStartAndADiscAtItsEnd() throws IOException {
    JsonNode data = option(Gallery.spirals()).at("/series/0/data");

    assertThat(data.get(0).get("symbol").textValue()).isEqualTo("emptyCircle");
    assertThat(data.get(1).has("symbol")).isFalse();
    assertThat(data.get(39).get("symbol").textValue()).isEqualTo("circle");
    assertThat(data.at("/0/value/0").isNull()).as("infinite").isTrue();
    assertThat(option(Gallery.spirals()).get("square").booleanValue()).isTrue();
  }

  @Test
  void dotsCarryTheirNamesAndAFrontIsNoKindAmongThem() throws IOException {
    JsonNode option = option(Gallery.front());

    assertThat(option.at("/series/0/color").textValue()).isEqualTo("@soft");
    assertThat(option.at("/series/1/type").textValue()).isEqualTo("scatter");
    assertThat(option.at("/series/0/data/0/symbol").textValue()).isEqualTo("none");
    assertThat(option.at("/series/1/data/0/label/formatter").textValue()).isEqualTo("1");
    assertThat(option.at("/series/1/data/1").has("name")).isFalse();
    assertThat(option.at("/series/1/data/2/name").textValue()).isEqualTo("plain");
    assertThat(option.at("/series/1/data/2").has("label")).isFalse();
  }

  @Test
  void aFieldLeavesOutCellsWithoutAValueAndKnowsItsRange() throws IOException {
    JsonNode option = option(Gallery.field());

    assertThat(option.at("/series/0/data")).hasSize(5);
    assertThat(option.at("/series/0/data/0")).hasToString("[0,0,0.1,\"0.1\"]");
    assertThat(option.at("/series/0/data/3")).hasToString("[1,1,1,\"1\"]");
    assertThat(option.at("/visualMap/min").doubleValue()).isEqualTo(0.1);
    assertThat(option.at("/visualMap/max").doubleValue()).isEqualTo(1);
    assertThat(option.at("/xAxis/data")).hasSize(3);
    assertThatThrownBy(
            () -> HeatMap.of("r", List.of("1"), "c", List.of("1", "2"), List.of(List.of(1.0)), "v"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aBarHasItsColourInAsManyShadesAsPartsAndATextAtItsEnd() throws IOException {
    JsonNode option = option(Gallery.bars());

    assertThat(option.get("series")).hasSize(3);
    assertThat(option.at("/series/0/data/1/itemStyle/color").textValue()).isEqualTo("@kind1");
    assertThat(option.at("/series/0/data/1/itemStyle/shade").doubleValue()).isEqualTo(1);
    assertThat(option.at("/series/1/data/1/itemStyle/shade").doubleValue()).isLessThan(1);
    assertThat(option.at("/series/2/data/0/label/formatter").textValue()).isEqualTo("8");
    assertThat(option.at("/series/2/data/1/label/formatter").textValue())
        .isEqualTo("23.5 ms, 84 %");
    assertThat(option.at("/xAxis/scale").booleanValue()).as("from 0").isFalse();
  }

  @Test
  void whatHappenedInsideOfSomethingStandsBelowItAndKindsThatNeverCameAreLeftOut()
      throws IOException {
    JsonNode option = option(Gallery.timeline());

    assertThat(option.at("/yAxis/data")).hasSize(3);
    assertThat(option.at("/yAxis/data/1").textValue()).isEmpty();
    assertThat(option.at("/yAxis/data/2").textValue()).isEqualTo("device");
    assertThat(option.get("series")).hasSize(2);
    assertThat(option.at("/series/0/data/0")).hasToString("[2,9.5,2,0,\"core\"]");
    assertThat(option.at("/series/1/data/0")).hasToString("[0,9,0,1,\"tick\"]");
    assertThat(option.at("/series/1/data/1/2").intValue()).isEqualTo(1);
  }

  @Test
  void everyMemoryHasItsRoofWhichMeetsTheLevelPartAtItsRidge() throws IOException {
    JsonNode option = option(Gallery.roofline());

    for (int m = 0; m < 2; m++) {
      JsonNode roof = option.get("series").get(m).get("data");
      double bytesPerSecond = Gallery.roofline().memories().get(m).bytesPerSecond();
      double ridge = roof.at("/2/value/0").doubleValue();
      assertThat(ridge * bytesPerSecond).isCloseTo(989e12, within(1e10));
      assertThat(roof.at("/2/value/1").doubleValue()).isEqualTo(989e12);
      assertThat(roof.at("/3/value/1").doubleValue()).isEqualTo(989e12);
      assertThat(roof.at("/0/value/1").doubleValue() / roof.at("/0/value/0").doubleValue())
          .isCloseTo(bytesPerSecond, within(1e-4 * bytesPerSecond));
    }
    assertThat(option.at("/series/0/data/1/name").textValue()).isEqualTo("memory 3.35 TB/s");
    assertThat(option.get("series")).as("two roofs, core, prefill").hasSize(4);
    assertThat(option.at("/series/2/data")).hasSize(2);
  }

  @Test
  void everyChartHasItsNumbersAsATableToo() {
    for (Figure figure : Gallery.figures()) {
      Table numbers = figure.chart().numbers();
      assertThat(numbers.rows()).as(figure.title()).isNotEmpty();
      assertThat(numbers.headed()).as(figure.title()).hasSize(numbers.heads().size());
    }
    assertThat(Gallery.lines().numbers().rows()).hasSize(20 * 67);
    assertThat(Gallery.field().numbers().rows()).hasSize(2);
  }
}

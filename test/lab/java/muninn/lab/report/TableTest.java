package muninn.lab.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  private record City(String name, Integer people, double share) {}

  private static final List<City> CITIES =
      List.of(
          new City("Ur", 65_000, 0.5),
          new City("a|b\nc\td", null, Double.NaN),
          new City("Æ…🙂", 7, 1));

  private static Table cities() {
    return Table.of(
        "cities",
        "a row a city",
        List.of(
            Column.<City>of("city", City::name).as("city"),
            Column.<City>of("people", City::people).as("people"),
            Column.of("share", City::share),
            Column.read("of all", ColumnFormat.PERCENT, City::share)),
        CITIES);
  }

  @Test
  void programsGetNamedColumnsAndPeopleHeadedOnes() {
    assertThat(cities().named()).containsExactly(0, 1, 2);
    assertThat(cities().headed()).containsExactly(0, 1, 3);
    assertThat(Csv.of(cities()))
        .isEqualTo("city,people,share\r\nUr,65000,0.5\r\n\"a|b\nc\td\",,\r\nÆ…🙂,7,1.0\r\n");
  }

  @Test
  void aTerminalGetsColumnsThatStandBelowEachOther() {
    assertThat(TextTable.plain(cities()))
        .isEqualTo(
            """
            city     people  of all
            Ur        65000  50.0 %
            a|b⏎c⇥d       –       –
            Æ…🙂           7   100 %
            """);
  }

  @Test
  void markdownHasItsRuleAndNoCellBreaksIt() {
    assertThat(TextTable.markdown(cities()))
        .isEqualTo(
            """
            | city    | people | of all |
            | ------- | -----: | -----: |
            | Ur      |  65000 | 50.0 % |
            | a\\|b⏎c⇥d |      – |      – |
            | Æ…🙂     |      7 |  100 % |
            """);
  }

  @Test
  void aTableWithoutRowsIsItsHeadings() {
    Table none = new Table("none", "", cities().heads(), List.of());

    assertThat(TextTable.plain(none)).isEqualTo("city  people  of all\n");
    assertThat(TextTable.markdown(none)).hasLineCount(2);
    assertThat(cities().first(1).rows()).hasSize(1);
    assertThat(cities().first(9).rows()).hasSize(3);
  }

  @Test
  void aRowOfAnotherLengthIsRefused() {
    assertThatThrownBy(() -> new Table("t", "", cities().heads(), List.of(List.of(1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a value a column");
  }

  @Test
  void formatsSayNumbersAsPeopleDo() {
    assertThat(ColumnFormat.PLAIN.shown(12)).isEqualTo("12");
    assertThat(ColumnFormat.PLAIN.shown(12.0)).isEqualTo("12.0");
    assertThat(ColumnFormat.PLAIN.shown(true)).isEqualTo("yes");
    assertThat(ColumnFormat.PLAIN.shown("a")).isEqualTo("a");
    assertThat(ColumnFormat.MILLIS.shown(12_300_000L)).isEqualTo("12.3");
    assertThat(ColumnFormat.MICROS.shown(1500.0)).isEqualTo("1.50");
    assertThat(ColumnFormat.TIME.shown(12_300_000L)).isEqualTo("12.3 ms");
    assertThat(ColumnFormat.GIGA.shown(3.35e12)).isEqualTo("3350");
    assertThat(ColumnFormat.PERCENT.shown(null)).isEqualTo("–");
  }
}

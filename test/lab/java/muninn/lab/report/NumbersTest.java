package muninn.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NumbersTest {

  @Test
  void numbersAreShort() {
    assertThat(Numbers.shown(0)).isEqualTo("0");
    assertThat(Numbers.shown(-0.04567)).isEqualTo("−0.0457");
    assertThat(Numbers.shown(1234.5)).isEqualTo("1235");
    assertThat(Numbers.shown(99_999)).isEqualTo("99999");
    assertThat(Numbers.shown(3.35e12)).isEqualTo("3.35T");
    assertThat(Numbers.shown(3.35e12, "B/s")).isEqualTo("3.35 TB/s");
    assertThat(Numbers.shown(8, "steps")).isEqualTo("8 steps");
    assertThat(Numbers.shown(2.5e-7)).isEqualTo("2.5·10⁻⁷");
    assertThat(Numbers.shown(1e-5)).isEqualTo("10⁻⁵");
    assertThat(Numbers.shown(Double.NaN)).isEqualTo("–");
  }

  @Test
  void inColumnsTheyKeepTheirZeros() {
    assertThat(Numbers.three(1)).isEqualTo("1.00");
    assertThat(Numbers.three(0.1)).isEqualTo("0.100");
    assertThat(Numbers.three(9.996)).isEqualTo("10.0");
    assertThat(Numbers.three(99.96)).isEqualTo("100");
    assertThat(Numbers.three(-12.34)).isEqualTo("−12.3");
    assertThat(Numbers.three(2e-7)).isEqualTo("2·10⁻⁷");
    assertThat(Numbers.three(3e12)).isEqualTo("3T");
  }

  @Test
  void sharesTimesAndSizesHaveTheirUnits() {
    assertThat(Numbers.percent(0.1234)).isEqualTo("12.3 %");
    assertThat(Numbers.percent(1)).isEqualTo("100 %");
    assertThat(Numbers.percent(-0.0001)).isEqualTo("0.0 %");
    assertThat(Numbers.percent(Double.NaN)).isEqualTo("–");
    assertThat(Numbers.time(450)).isEqualTo("0.450 µs");
    assertThat(Numbers.time(2.5e6)).isEqualTo("2.50 ms");
    assertThat(Numbers.time(2.5e9)).isEqualTo("2.50 s");
    assertThat(Numbers.bytes(8e6)).isEqualTo("8.00 MB");
    assertThat(Numbers.bytes(3.2e9)).isEqualTo("3.20 GB");
  }
}

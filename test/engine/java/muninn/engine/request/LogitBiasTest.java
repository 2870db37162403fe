package muninn.engine.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read as biases of tokens, and what is not. */
class LogitBiasTest {
  private static final OptionType<Map<Integer, Float>> TYPE = LogitBias.type();

  @Test
  void biasesAreTypedAsPairsAndTheLastOfATokenHolds() {
    Map<Integer, Float> typed = TYPE.text().apply("17:-100,5:+2.5,0:.5,5:1").orElseThrow();
    assertThat(typed).containsExactlyInAnyOrderEntriesOf(Map.of(17, -100f, 5, 1f, 0, 0.5f));
    assertThat(TYPE.join().apply(Map.of(1, 1f, 2, 2f), Map.of(2, 3f)))
        .isEqualTo(Map.of(1, 1f, 2, 3f));
  }

  @Test
  void inJsonTheyAreAnObject() {
    assertThat(TYPE.plain().apply(Map.of("17", -100L, "5", 2.5)))
        .contains(Map.of(17, -100f, 5, 2.5f));
    assertThat(TYPE.plain().apply(Map.of())).contains(Map.of());
    assertThat(TYPE.plain().apply(Map.of("07", 1L))).isEmpty();
    assertThat(TYPE.plain().apply(Map.of("a", 1L))).isEmpty();
    assertThat(TYPE.plain().apply(Map.of("-1", 1L))).isEmpty();
    assertThat(TYPE.plain().apply(Map.of("5", "1"))).isEmpty();
    assertThat(TYPE.plain().apply(List.of(5L))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "5", "5:", ":5", "5:x", "a:1", "-1:1", "5:1,", "5:1:2", "5 :1", "5:NaN"})
  void otherTextsAreNone(String text) {
    assertThat(TYPE.text().apply(text)).isEmpty();
  }

  @Test
  void theyHoldFromMinusToPlusAHundredAndAreNotTooMany() {
    assertThat(TYPE.holds().test(Map.of(5, 100f, 6, -100f))).isTrue();
    assertThat(TYPE.holds().test(Map.of(5, 100.1f))).isFalse();
    assertThat(TYPE.holds().test(Map.of(5, Float.NaN))).isFalse();
    assertThat(TYPE.holds().test(Map.of(-5, 1f))).isFalse();
    assertThat(TYPE.holds().test(ofTokens(1024))).isTrue();
    assertThat(TYPE.holds().test(ofTokens(1025))).isFalse();
  }

  @Test
  void aRecordTellsThemInTheOrderOfTheIds() {
    assertThat(TYPE.told().apply(Map.of(100, 1f, 9, -2f))).isEqualTo("9:-2.0,100:1.0");
    assertThat(TYPE.told().apply(Map.of())).isEmpty();
  }

  private static Map<Integer, Float> ofTokens(int count) {
    return IntStream.range(0, count).boxed().collect(Collectors.toMap(id -> id, _ -> 1f));
  }
}

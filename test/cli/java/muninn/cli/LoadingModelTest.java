package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import muninn.model.Model;
import org.junit.jupiter.api.Test;

class LoadingModelTest {
  private static final long SECOND = 1_000_000_000L;

  private final StringWriter shown = new StringWriter();
  private final Model model = Model.open("random:64x4x96");
  private final long weights = model.card().weights();

  private LoadingModel loading(boolean terminal) {
    return new LoadingModel(model, new PrintWriter(shown), terminal, 0);
  }

  @Test
  void whatTakesLessThanASecondIsNotMentioned() {
    LoadingModel loading = loading(true);
    loading.came(weights / 2, SECOND / 2);
    loading.came(weights / 2, SECOND - 1);
    loading.loaded();

    assertThat(shown.toString()).isEmpty();
  }

  @Test
  void aLogGetsOneLineThatSaysHowLongItTakes() {
    LoadingModel loading = loading(false);
    loading.came(weights / 4, 2 * SECOND);
    loading.came(weights / 4, 4 * SECOND);
    loading.loaded();

    assertThat(shown.toString())
        .startsWith("loading random:64x4x96")
        .contains("25 % after 2 s, about 6 s to go")
        .hasLineCount(1);
  }

  @Test
  void aTerminalGetsABarThatGoes() {
    LoadingModel loading = loading(true);
    loading.came(weights / 2, 2 * SECOND);
    loading.came(weights / 2, 3 * SECOND);
    loading.loaded();

    assertThat(shown.toString())
        .contains("[===============", "100 %")
        .doesNotContain("\n")
        .endsWith("\r");
  }
}

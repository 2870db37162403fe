package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import muninn.kernels.Device;
import muninn.kernels.cpu.CpuDevice;
import muninn.model.Layout;
import muninn.model.Model;
import org.junit.jupiter.api.Test;

/** On a clock of the test's own. */
class WaitingTest {
  private static final long SECOND = 1_000_000_000L;

  private final StringWriter shown = new StringWriter();

  private Waiting waiting(boolean terminal) {
    return new Waiting(new PrintWriter(shown), terminal, () -> 60, 0);
  }

  @Test
  void whatTakesLessThanASecondIsNotMentioned() {
    for (boolean terminal : new boolean[] {true, false}) {
      Waiting waiting = waiting(terminal);
      waiting.look(SECOND / 4);
      waiting.at("loading it", SECOND / 2);
      waiting.look(SECOND - 1);
      waiting.look(3 * SECOND / 2 - 1);
      waiting.over();
      waiting.look(9 * SECOND);
      waiting.close();
    }
    assertThat(shown.toString()).isEmpty();
  }

  @Test
  void aLogGetsALineAfterFiveSecondsAndOneEveryTenWithWhatIsLeft() {
    Waiting waiting = waiting(false);
    waiting.at("loading it", 0);
    waiting.look(5 * SECOND - 1);
    assertThat(shown.toString()).isEmpty();
    waiting.look(5 * SECOND);
    waiting.reached(0.25);
    for (int tenth = 51; tenth <= 240; tenth++) {
      waiting.look(tenth * SECOND / 10);
    }
    waiting.close();

    assertThat(shown.toString().lines())
        .containsExactly("loading it …", "loading it: 25 % after 15 s, about 45 s to go");
  }

  @Test
  void silenceEndsWithWhateverIsBeingDoneThen() {
    Waiting waiting = waiting(false);
    waiting.at("opening", 0);
    waiting.at("loading", 45 * SECOND / 10);
    waiting.look(5 * SECOND);
    waiting.at("thinking", 6 * SECOND);
    waiting.look(9 * SECOND);
    waiting.look(10 * SECOND);
    waiting.close();

    assertThat(shown.toString().lines()).containsExactly("loading …", "thinking …");
  }

  @Test
  void aTerminalGetsOneLineThatMovesAndGoes() {
    Waiting waiting = waiting(true);
    waiting.at("loading it", 0);
    waiting.look(SECOND);
    waiting.reached(0.5);
    waiting.look(2 * SECOND);
    waiting.at("thinking", 2 * SECOND);
    waiting.look(4 * SECOND);
    waiting.close();

    assertThat(shown.toString())
        .contains("loading it … 1 s", "loading it [===============               ]  50 %")
        .contains("thinking … 2 s ")
        .doesNotContain("\n")
        .endsWith(" \r");
  }

  @Test
  void aLineFitsItsTerminal() {
    Waiting waiting = waiting(true);
    waiting.at("loading " + "a/long/path/".repeat(10), 0);
    waiting.look(SECOND);
    waiting.reached(0.5);
    waiting.look(2 * SECOND);

    assertThat(shown.toString().split("\r", -1))
        .allMatch(line -> line.length() < 60)
        .anyMatch(line -> line.startsWith("loading a/l") && line.endsWith("]  50 %"));
  }

  @Test
  void aModelTellsHowMuchOfItsWeightsIsThere() {
    Model model = Model.open("random:64x4x96,vocab=300,context=64");
    Waiting waiting = waiting(false);
    LoadingModel loading = new LoadingModel(model, 1, waiting);
    try (Device device = new CpuDevice(1)) {
      long now = System.nanoTime();
      for (Layout.Weight weight :
          model.layout().weights().filter(Layout.Weight::isMatrix).toList()) {
        loading.matrix(weight, device, Optional.empty());
        now += 20 * SECOND;
        waiting.look(now);
      }
    }

    assertThat(shown.toString())
        .contains("making the weights of random:64x4x96,vocab=300,context=64, 0.")
        .contains(" % after ")
        .endsWith("making room for keys and values …" + System.lineSeparator());
  }
}

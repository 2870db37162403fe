package muninn.lab.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import muninn.engine.Observer;
import muninn.engine.answer.Generation;
import muninn.engine.request.Request;
import muninn.lab.Said;
import muninn.lab.sweep.DepthLaw.Depths;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Predictions that settle at known steps, as a watch sums them up. */
class SettlingWatchTest {
  private static final List<Prompt> PROMPTS =
      List.of(
          new Prompt(new int[] {7}, Optional.empty()),
          new Prompt(new int[] {7, 8, 9}, Optional.empty()),
          new Prompt(new int[] {1}, Optional.empty()));

  @TempDir private Path folder;
  private final List<Request> asked = new ArrayList<>();

  private Grid grid(String json) throws IOException {
    return GridFile.read(Files.writeString(folder.resolve("grid.json"), json));
  }

  /** Position p says token p from step p + 1 on, and token 3 before, with odds of e to 1. */
  private Generation observe(Request request, Observer observer) {
    asked.add(request);
    int steps = request.options().steps();
    int last = request.prompt().length + 1; // two tokens are said
    for (int position = 0; position <= last - 1; position++) {
      observer.begins(position, new float[2]);
      for (int step = 1; step <= steps; step++) {
        float[] logits = new float[5];
        logits[step > position ? position : 3] = 1;
        observer.steps(position, step, new float[2], logits);
      }
    }
    return Said.of(
        "ab", 2, steps, 2L * steps, 2L * steps, muninn.engine.answer.Completion.Speculated.NOTHING);
  }

  @Test
  void positionsThatSpeakAreHeldAgainstTheirLastStep() throws IOException {
    Grid grid = grid("{\"watched\": 2, \"grid\": {\"steps\": [2, 4], \"temperature\": [0, 0.5]}}");
    List<Settling> found = new SettlingWatch(this::observe, 0.5).watch(grid, PROMPTS, 9);

    assertThat(asked).hasSize(4).allMatch(request -> request.options().steps() == 4);
    assertThat(found).extracting(Settling::temperature).containsExactly(0f, 0.5f);
    assertThat(found).extracting(Settling::heat).containsExactly(1f, 0.5f);
    // Positions 0 and 1 of the first prompt, 2 and 3 of the second; token 3 is right of 3 always.
    List<Settling.Depth> greedy = found.getFirst().depths();
    assertThat(greedy).extracting(Settling.Depth::positions).containsOnly(4);
    assertThat(greedy).extracting(Settling.Depth::same).containsExactly(0.5, 0.75, 1.0, 1.0);
    double e = Math.E;
    double overlap = 1 - (e - 1) / (e + 4);
    assertThat(greedy.getFirst().rejection()).isCloseTo((2 + 2 * overlap) / 4, within(1e-9));
    assertThat(greedy.get(1).promised()).isCloseTo((3 + overlap / (2 - overlap)) / 4, within(1e-9));
    assertThat(greedy.get(1).shared())
        .isBetween(greedy.get(1).promised(), greedy.get(1).rejection());
    assertThat(found.get(1).depths().getFirst().rejection())
        .as("colder ones are further apart")
        .isLessThan(greedy.getFirst().rejection());
    assertThat(found.getFirst().best()).contains(new Depths(1, 2));
    // Right from steps 1 and 2 on, then 3 and, as token 3 is said before too, 1; the second of
    // each answer takes all four.
    assertThat(found.getFirst().foresight())
        .isEqualTo(new Foresight(7 / 4.0, 7 / 4.0, (1 + 4 + 3 + 4) / 16.0, (1 + 4 + 3 + 4) / 16.0));
  }

  @Test
  void anOracleOpensOnWhatIsRightForTheFirstTimeAndOthersOnWhatStays() {
    Foresight.Sums sums = new Foresight.Sums();
    sums.add(new int[] {5, 7, 6, 7});
    sums.add(new int[] {1, 1, 2, 2});
    sums.ended();
    assertThat(sums.foresight())
        .isEqualTo(new Foresight((2 + 3) / 2.0, (4 + 3) / 2.0, (2 + 4) / 8.0, (4 + 4) / 8.0));
  }

  @Test
  void nothingIsWatchedUnlessAsked() throws IOException {
    Grid grid = grid("{\"grid\": {\"steps\": 4}}");
    assertThat(new SettlingWatch(this::observe, 1).watch(grid, PROMPTS, 9)).isEmpty();
    assertThat(asked).isEmpty();
  }

  @Test
  void nothingIsSaidOfAWatchThatWasStopped() throws IOException {
    Grid grid = grid("{\"watched\": 2, \"grid\": {\"steps\": 4}}");
    SettlingWatch watch = new SettlingWatch(this::observe, 1);
    watch.stop();
    assertThat(watch.watch(grid, PROMPTS, 9)).isEmpty();
  }
}

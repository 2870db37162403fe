package muninn.lab.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import muninn.Progress;
import muninn.engine.DeviceOptions;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Token;
import muninn.lab.report.Figure;
import muninn.lab.report.Gallery;
import muninn.lab.report.Report;
import muninn.lab.report.Section;
import muninn.lab.report.Table;
import muninn.model.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trace of a small random model: what it keeps, and what is told of it. */
class TraceReportTest {
  private static final String MODEL = "random:32x2x48,vocab=64,context=32,layers=1/2/1";
  private static final int[] PROMPT = {5, 9, 2};
  private static final int STEPS = 12;

  @TempDir private Path folder;

  private static Engine engine() {
    return Engine.open(
        Model.open(MODEL), new EngineOptions(DeviceOptions.cpu(2), 16, 2, 16, 64 << 20));
  }

  /** Three positions of a prompt and one of the answer. */
  private static Trace trace(int starts, Progress.Display display) {
    try (Engine engine = engine()) {
      return Trace.of(engine, new TraceOptions(PROMPT, STEPS, 2, 1f, 3, starts), display);
    }
  }

  private static Trace trace(int starts) {
    return trace(starts, Progress.Display.NONE);
  }

  @Test
  void positionsAreTheRequestsAndSayWhatItSays() {
    Trace trace = trace(1);
    Completion answer;
    try (Engine engine = engine()) {
      answer = engine.submit(trace.options().request(0)).completion().join();
    }
    List<Integer> said = answer.tokens().stream().map(Token::id).toList();

    assertThat(trace.trajectories())
        .extracting(Trajectory::token)
        .containsExactly(5, 9, 2, said.getFirst());
    assertThat(trace.trajectories())
        .extracting(Trajectory::inPrompt)
        .containsExactly(true, true, true, false);
    assertThat(trace.trajectories().get(2).said(STEPS)).isEqualTo(said.get(0));
    assertThat(trace.trajectories().get(3).said(STEPS)).isEqualTo(said.get(1));
    for (Trajectory way : trace.trajectories()) {
      assertThat(way.klDeepest(STEPS)).isZero();
      assertThat(way.toDeepest(STEPS)).isZero();
      assertThat(way.probability(STEPS)).isBetween(1.0 / 64, 1.0);
      int decided = way.decidedAt();
      assertThat(decided == 1 || way.said(decided - 1) != way.said(STEPS)).isTrue();
      double change = way.change(STEPS);
      assertThat(change)
          .isCloseTo(
              Vectors.distance(way.state(STEPS), way.state(STEPS - 1)) / way.norm(STEPS),
              within(1e-12));
    }
  }

  @Test
  void everyStepOfEveryStartIsSeen() {
    AtomicInteger seen = new AtomicInteger();
    Trace trace =
        trace(
            3,
            (what, done, all) -> {
              assertThat(all).isEqualTo(4 * STEPS * 4);
              return new Progress() {
                @Override
                public void at(long now, long tokens) {
                  seen.set(Math.toIntExact(now));
                }

                @Override
                public void close() {}
              };
            });

    assertThat(seen).hasValue(4 * STEPS * 4);
    assertThat(trace.starts()).extracting(OtherStart::seed).containsExactly(4L, 5L);
    OtherStart other = trace.starts().getFirst();
    assertThat(other.distance(0, 0)).as("another initial state").isGreaterThan(0.1);
    assertThat(other.agrees(0, 0)).isFalse();
  }

  @Test
  void tablesHaveARowAPositionAndStep() {
    Trace trace = trace(2);
    Report report = TraceReport.of(trace, Optional.empty(), Gallery.header("models/nano"));

    assertThat(report.tables())
        .extracting(Table::name)
        .containsExactly("tokens", "steps", "principal", "directions", "starts");
    assertThat(report.table("tokens").rows()).hasSize(4);
    assertThat(report.table("steps").rows()).hasSize(4 * (STEPS + 1));
    assertThat(report.table("principal").rows()).hasSize(4 * (STEPS + 1));
    assertThat(report.table("starts").rows()).hasSize(4 * (STEPS + 1));
    List<Object> beginning = report.table("steps").rows().getFirst();
    assertThat(beginning.get(0)).isEqualTo(0);
    assertThat(beginning.get(7)).as("nothing is said before the first step").isNull();
    double all =
        report.table("directions").rows().stream().mapToDouble(row -> (double) row.get(1)).sum();
    assertThat(all).isBetween(0.5, 1 + 1e-9);
  }

  @Test
  void thePageShowsEachPositionAloneAndStartsWhereThereAreSome() {
    Report alone = TraceReport.of(trace(1), Optional.empty(), Gallery.header("models/nano"));
    Report several = TraceReport.of(trace(3), Optional.empty(), Gallery.header("models/nano"));

    assertThat(alone.title()).isEqualTo("Trace of “#5 #9 #2” over 12 steps");
    assertThat(alone.sections())
        .extracting(Section::title)
        .containsExactly(
            "What each position would say",
            "How thoughts settle",
            "Ways through latent space",
            "Position by position");
    assertThat(several.sections())
        .extracting(Section::title)
        .last()
        .isEqualTo("Does it matter where thinking starts?");
    assertThat(several.summary()).contains("From 2 other starts, ends lie within ");
    assertThat(alone.summary()).doesNotContain("start");
    Section positions = alone.sections().get(3);
    assertThat(positions.blocks().stream().filter(Figure.class::isInstance))
        .hasSizeBetween(4, 8); // those that go on have a second picture
    assertThat(Gallery.page(several)).contains("latent-diff 0.03", "Directions 1 and 2");
  }

  @Test
  void rawStatesAreAFileOfFourTensors() throws IOException {
    Path file = folder.resolve("states.safetensors");
    TraceStates.write(file, trace(2), Gallery.header("models/nano"));

    byte[] bytes = Files.readAllBytes(file);
    int header = Math.toIntExact(Long.reverseBytes(ByteBuffer.wrap(bytes).getLong()));
    String text = new String(bytes, 8, header, StandardCharsets.UTF_8);
    assertThat(text)
        .contains("\"states\"", "[4,13,32]", "\"ends\"", "[2,4,32]", "\"mean\"", "[32]")
        .contains("\"seeds\":\"3,4\"", "\"tokens\":\"5,9,2,");
    int floats = 4 * 13 * 32 + 2 * 4 * 32 + 32; // and the directions
    assertThat(bytes.length - 8 - header).isGreaterThanOrEqualTo(4 * floats);
    assertThat(TraceStates.MARK.test(file)).as("known for ours").isTrue();
  }
}

package muninn.lab.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import muninn.Progress;
import muninn.UserException;
import muninn.engine.answer.Completion.Rate;
import muninn.engine.answer.Completion.Speculated;
import muninn.engine.answer.Generation;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.lab.Said;
import muninn.lab.report.Gallery;
import muninn.lab.report.Report;
import muninn.lab.report.Section;
import muninn.model.Model;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole sweep of a model of one rule: from 4 steps on it repeats the prompt. */
class SweepTest {
  private static final List<Prompt> PROMPTS =
      Stream.of("ab", "cde", "f", "ghij")
          .map(text -> new Prompt(text.chars().toArray(), Optional.of(text)))
          .toList();

  @TempDir private Path folder;
  private final List<Request> asked = new ArrayList<>();
  private Grid grid;

  @BeforeEach
  void aGridOfAllKinds() throws IOException {
    grid =
        grid(
            """
            {"seed": 5, "repeats": 2, "grid": [
              {"steps": [2, 4, 8]},
              {"steps": 8, "exit": "kl", "threshold": [0.1, 0.01]},
              {"steps": 8, "kv": ["mod:2", "first:2"]},
              {"steps": 8, "mode": ["rounds", "wavefront"], "draft": [1, 2]},
              {"steps": 8, "kv": "mod:2", "mode": "wavefront", "draft": 1}
            ]}
            """);
  }

  private Grid grid(String json) throws IOException {
    return GridFile.read(Files.writeString(folder.resolve("grid.json"), json));
  }

  /** Guesses cost rows and save passes; exits leave after 6 steps; guesses on shared keys fail. */
  private Generation answer(Request request) {
    asked.add(request);
    Options options = request.options();
    Speculation how = options.thinking().speculation();
    boolean guesses = how.kind() != Speculation.Kind.NONE;
    if (guesses && options.thinking().kv().shares()) {
      throw new UserException("guesses with shared keys are not exact");
    }
    StringBuilder text = new StringBuilder();
    for (int token : request.prompt()) {
      text.append(options.steps() < 4 ? 'x' : (char) token);
    }
    int steps = options.thinking().exit().rule() instanceof KnownExit ? 6 : options.steps();
    int tokens = text.length();
    boolean rounds = how.kind() == Speculation.Kind.ROUNDS;
    long passes = (long) tokens * (guesses ? how.draft() * (rounds ? 2 : 1) : steps);
    long rows = (long) tokens * steps + (guesses ? 3 : 0);
    Speculated speculated =
        guesses
            ? new Speculated(
                false, tokens, 1, Map.of(how.draft(), new Rate(1, 2)), List.of(new Rate(1, 2)))
            : Speculated.NOTHING;
    return Said.of(text.toString(), tokens, steps, passes, rows, speculated);
  }

  private Sweep sweep(CellFile file) {
    return new Sweep(grid, PROMPTS, 5, this::answer, file);
  }

  private CellFile cells() {
    return CellFile.open(folder.resolve("cells.jsonl"), "this one", false);
  }

  private Findings findings() {
    try (CellFile file = cells()) {
      assertThat(sweep(file).run(Progress.Display.NONE)).isTrue();
    }
    try (Model model = Model.open("random:32x2x48,vocab=64,context=32,layers=1/2/1");
        CellFile file = cells()) {
      return new Findings(grid, model.config(), file);
    }
  }

  private static Finding finding(Findings findings, String key) {
    return findings.all().stream()
        .filter(f -> f.setting().key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void everySettingIsAskedAndHeldAgainstPlainDecoding() {
    Findings findings = findings();

    assertThat(asked).allMatch(request -> request.options().maxTokens() == 5);
    assertThat(asked).allMatch(request -> request.options().sampling().seed() == 5);
    Finding shallow = finding(findings, "2 steps");
    assertThat(shallow.accuracy().accuracy()).isZero();
    assertThat(shallow.sameText()).isEqualTo(1);
    assertThat(shallow.sameAsDeepest()).isZero();
    Finding deep = finding(findings, "8 steps");
    assertThat(deep.accuracy().correct()).isEqualTo(4);
    assertThat(deep.rates()).hasSize(2);
    assertThat(deep.passesPerToken()).isEqualTo(8);
    Finding wave = finding(findings, "8 steps, wavefront, draft 2");
    assertThat(wave.sameText()).isEqualTo(1);
    assertThat(findings.ratio(wave, Finding::passesPerToken)).isEqualTo(0.25);
    assertThat(wave.counts().guesses().squashed()).isEqualTo(4);
    assertThat(finding(findings, "8 steps, kl, at 0.1").meanSteps()).isEqualTo(6);
    assertThat(findings.all().stream().filter(Finding::refused))
        .singleElement()
        .satisfies(f -> assertThat(f.counts().refused()).startsWith("guesses with shared keys"));
  }

  @Test
  void aSweepThatWasStoppedAsksOnlyWhatIsLeft() {
    int all;
    try (CellFile file = CellFile.open(folder.resolve("other.jsonl"), "this one", false)) {
      sweep(file).run(Progress.Display.NONE);
      all = asked.size();
    }
    asked.clear();
    Sweep[] stopped = new Sweep[1];
    try (CellFile file = cells()) {
      stopped[0] =
          new Sweep(
              grid,
              PROMPTS,
              5,
              request -> {
                if (asked.size() == 20) {
                  stopped[0].stop();
                }
                return answer(request);
              },
              file);
      assertThat(stopped[0].run(Progress.Display.NONE)).isFalse();
      assertThat(file.cells()).hasSize(2);
    }
    asked.clear();
    Findings findings = findings();
    assertThat(asked).hasSize(all - 2 * 2 * PROMPTS.size()); // a cell is warmed up, then measured
    assertThat(findings.measured()).hasSize(11);
  }

  @Test
  void whatOthersAreComparedWithMustNotBeRefused() throws IOException {
    grid = grid("{\"grid\": {\"steps\": 8, \"exit\": \"kl\"}}");
    try (CellFile file = cells()) {
      Sweep sweep =
          new Sweep(
              grid,
              PROMPTS,
              5,
              request -> {
                throw new UserException("max_steps is 4");
              },
              file);
      assertThatThrownBy(() -> sweep.run(Progress.Display.NONE))
          .isInstanceOf(UserException.class)
          .hasMessage("8 steps, which others are to be compared with: max_steps is 4");
    }
  }

  @Test
  void theReportShowsTheBestThePicturesAndEverySetting() {
    Report report = SweepReport.of(findings(), Gallery.header("models/nano"));

    assertThat(report.title()).isEqualTo("Sweep of 11 settings over nano");
    assertThat(report.summary())
        .startsWith(
            "Fewest core passes a token, every text that of full depth: 8 steps, wavefront, draft"
                + " 1, with 1 core passes a token against 8 for plain decoding at full depth (0.125"
                + " × that), accuracy 100 %.")
        .endsWith(" One more setting was refused.");
    assertThat(report.sections())
        .extracting(Section::title)
        .containsExactly(
            "Best settings",
            "Quality against cost",
            "Depth and exits",
            "Speculation",
            "Memory",
            "All settings");
    assertThat(report.table("cells").rows()).hasSize(12);
    assertThat(report.table("timings").rows()).hasSize(2 * 11);
    assertThat(report.table("best").rows()).hasSize(5);
    assertThat(Gallery.page(report))
        .contains("Refused: 8 steps, kv mod:2, wavefront, draft 1: guesses with shared keys")
        .contains("8 steps, rounds of 4, draft 1");
  }

  @Test
  void theTerminalGetsATableAFamilyAndTheBestInWords() {
    String text = SweepText.of(findings());

    assertThat(text.lines().filter(line -> line.startsWith("**")))
        .containsExactly(
            "**Fixed depth**",
            "**Exit rules**",
            "**Shared keys and values**",
            "**Speculation in rounds**",
            "**Speculation as a wavefront**");
    assertThat(text)
        .contains("Refused: 8 steps, kv mod:2, wavefront, draft 1: guesses with shared keys are")
        .contains("`--steps 8 --speculate wavefront:draft=1`");
  }
}

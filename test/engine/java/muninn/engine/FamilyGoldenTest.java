package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import muninn.engine.answer.Token;
import muninn.engine.request.Continuous;
import muninn.engine.request.Exit;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Thinking;
import muninn.model.Fixture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Further families against their public implementations; {@code golden/FAMILIES.md}. */
class FamilyGoldenTest {
  private static final String OLMO = "retrofit-olmo2-nano";
  static final List<String> RETROFITS =
      List.of("retrofit-llama3-nano", "retrofit-tinyllama-nano", OLMO);
  static final List<String> ALL =
      Stream.concat(
              RETROFITS.stream(), Stream.of("ouro-nano", "nanbeige-nano", "nanbeige-skipnorm-nano"))
          .toList();

  /** Where the engine runs, in float32. */
  EngineOptions options() {
    return new EngineOptions(DeviceOptions.cpu(0), 256, 64, 16, 0L);
  }

  /** The cases of a kind that are run. */
  List<JsonNode> cases(String checkpoint, String kind) {
    return Golden.cases(checkpoint, kind);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void logitsAndLatentsAreTheReferences(String checkpoint) {
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      for (JsonNode c : cases(checkpoint, "forward")) {
        Golden.assertForward(engine, c);
      }
    }
  }

  /** These show the slow frequencies, and pages beyond the first. */
  @ParameterizedTest
  @FieldSource("ALL")
  void longPromptsEndAsTheReferences(String checkpoint) {
    List<JsonNode> cases = cases(checkpoint, "forward-last");
    assertThat(cases).isNotEmpty();
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      for (JsonNode c : cases) {
        Golden.assertForward(engine, c);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void greedyTokensAreTheReferences(String checkpoint) {
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      for (JsonNode c : cases(checkpoint, "greedy")) {
        assertTokens(engine, c, Thinking.PLAIN);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("RETROFITS")
  void continuousThoughtIsTheReferences(String checkpoint) {
    List<JsonNode> cases = cases(checkpoint, "greedy-continuous");
    assertThat(cases).isNotEmpty();
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      for (JsonNode c : cases) {
        assertTokens(engine, c, Thinking.PLAIN.withContinuous(Continuous.PUBLISHED));
      }
    }
  }

  @ParameterizedTest
  @FieldSource("RETROFITS")
  void exitRulesLeaveWhereTheReferenceDoes(String checkpoint) {
    List<JsonNode> cases = cases(checkpoint, "adaptive");
    assertThat(cases).hasSizeGreaterThanOrEqualTo(4);
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      for (JsonNode c : cases) {
        KnownExit.Kind kind = KnownExit.Kind.of(c.get("criterion").asText()).orElseThrow();
        Exit exit = Exit.when(new KnownExit(kind, (float) c.get("threshold").asDouble()));
        List<Token> tokens = Golden.answer(engine, c, Thinking.PLAIN.withExit(exit)).tokens();
        assertThat(tokens)
            .as("%s %s", kind.id(), c.get("threshold"))
            .extracting(Token::id)
            .containsExactly(Golden.boxed(c.get("tokens")));
        assertThat(tokens.subList(1, tokens.size()))
            .extracting(Token::steps)
            .containsExactly(Golden.boxed(c.get("steps_taken_after_first_token")));
      }
    }
  }

  @Test
  void thinkingBeginsAsOlmosConfigSays(@TempDir Path temporary) {
    List<JsonNode> forward = cases(OLMO, "forward-init-mode");
    List<JsonNode> greedy = cases(OLMO, "greedy-init-mode");
    for (String mode : List.of("embed-init", "skip-adapter")) {
      Path folder = Fixture.copy(OLMO, temporary.resolve(mode));
      Fixture.edit(folder.resolve("config.json"), c -> c.put("initial_state_mode", mode));
      Predicate<JsonNode> asked = c -> c.get("initial_state_mode").asText().equals(mode);
      try (Engine engine = Engine.open(folder, options())) {
        forward.stream().filter(asked).forEach(c -> Golden.assertForward(engine, c));
        greedy.stream().filter(asked).forEach(c -> assertTokens(engine, c, Thinking.PLAIN));
      }
    }
    assertThat(forward).isNotEmpty();
    assertThat(greedy).isNotEmpty();
  }

  /** Those of the gate are {@link ExitGateGoldenTest}'s. */
  @Test
  void everyCaseIsOfAKindThatIsRun() {
    Set<String> here =
        Set.of(
            "forward",
            "forward-last",
            "greedy",
            "greedy-continuous",
            "adaptive",
            "forward-init-mode",
            "greedy-init-mode");
    int all = 0;
    for (String checkpoint : ALL) {
      for (JsonNode c : Golden.cases(checkpoint, null)) {
        boolean ofGate = checkpoint.equals("ouro-nano") && ExitGateGoldenTest.runs(c);
        assertThat(ofGate || here.contains(c.get("kind").asText())).as("%s", c).isTrue();
        all++;
      }
    }
    assertThat(all + Golden.derivedCases("ouro-nano", null).size()).isEqualTo(188);
  }

  private static void assertTokens(Engine engine, JsonNode c, Thinking thinking) {
    assertThat(Golden.answer(engine, c, thinking).tokens())
        .as("%d steps", c.get("steps").asInt())
        .extracting(Token::id)
        .containsExactly(Golden.boxed(c.get("tokens")));
  }
}

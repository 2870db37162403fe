package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Continuous;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Depth as a resource: exits, shared keys, continuous thought, alone and together. */
class DepthTest extends DepthFixture {
  /** Requests of a mixed batch. */
  int requests() {
    return 48;
  }

  /** One in so many of the reference's cases is tried. */
  int stride() {
    return 1;
  }

  /** Lanes, places and memory that the requests wait for. */
  private EngineOptions cramped() {
    return new EngineOptions(device(), 12, 7, 16, 12 * MIB);
  }

  @Test
  void exitRulesReadSharedKeysAsTheReferenceDoes() {
    try (Engine engine = Engine.open(NANO, roomy())) {
      for (JsonNode c : cases("adaptive-shared")) {
        KvSharing kv = Golden.sharing(c.get("kv").asText(), 4);
        isTheReferences(engine, c, Thinking.PLAIN.withKv(kv).withExit(Exit.when(rule(c))));
      }
    }
  }

  @Test
  void promptsMayExitAsTheReferencesDo() {
    try (Engine engine = Engine.open(NANO, roomy())) {
      for (JsonNode c : cases("adaptive-prompt")) {
        Exit exit = new Exit(rule(c), 1, 1, true);
        isTheReferences(engine, c, Thinking.PLAIN.withExit(exit));
      }
    }
  }

  @Test
  void rulesAreAskedInTheRhythmOfTheReference() {
    try (Engine engine = Engine.open(NANO, roomy())) {
      for (JsonNode c : cases("adaptive-rhythm")) {
        int first = c.get("min_steps").asInt() + 1; // the reference counts from 0
        Exit exit = new Exit(rule(c), first, c.get("every").asInt(), false);
        isTheReferences(engine, c, Thinking.PLAIN.withExit(exit));
      }
    }
  }

  @Test
  void sharedKeysOfEarlierChunksAreTheLastWrittenOnes() {
    EngineOptions eightRows = new EngineOptions(device(), 8, 4, 16, 64 * MIB);
    try (Engine engine = Engine.open(NANO, eightRows)) {
      for (JsonNode c : cases("shared-chunked")) {
        KvSharing kv = Golden.sharing(c.get("kv").asText(), 4);
        assertThat(answer(engine, c, Thinking.PLAIN.withKv(kv)).tokens())
            .as(c.get("kv").asText())
            .extracting(Token::id)
            .containsExactly(Golden.boxed(c.get("tokens")));
      }
    }
  }

  @Test
  void thoughtIsContinuousWithExitsAsTheReferencesIs() {
    try (Engine engine = Engine.open(NANO, roomy())) {
      for (JsonNode c : cases("adaptive-continuous")) {
        Exit exit = Exit.when(rule(c));
        isTheReferences(
            engine, c, Thinking.PLAIN.withExit(exit).withContinuous(Continuous.PUBLISHED));
        isTheReferences(engine, c, Thinking.PLAIN.withExit(exit).withContinuous(Continuous.STATE));
      }
    }
  }

  /**
   * Whatever rule there is, what is handed on may be chosen; one that never fires chooses nothing.
   */
  @Test
  void whatIsHandedOnMayBeChosen() {
    Exit never = Exit.when(new KnownExit(KnownExit.Kind.LATENT_DIFF, 1e-9f));
    try (Engine engine = Engine.open(NANO, roomy())) {
      int apart = 0;
      for (JsonNode c : Golden.cases("raven-nano", "greedy-continuous")) {
        List<Token> normed = answer(engine, c, handingOn(Continuous.NORMED)).tokens();
        List<Token> state = answer(engine, c, handingOn(Continuous.STATE)).tokens();
        assertThat(normed).extracting(Token::id).containsExactly(Golden.boxed(c.get("tokens")));
        assertThat(answer(engine, c, handingOn(Continuous.NORMED).withExit(never)).tokens())
            .isEqualTo(normed);
        assertThat(answer(engine, c, handingOn(Continuous.PUBLISHED).withExit(never)).tokens())
            .isEqualTo(state);
        apart += normed.equals(state) ? 0 : 1;
      }
      assertThat(apart).isPositive();
    }
  }

  private static Thinking handingOn(Continuous what) {
    return Thinking.PLAIN.withContinuous(what);
  }

  private List<JsonNode> cases(String kind) {
    List<JsonNode> all = Golden.depthCases(kind);
    assertThat(all).isNotEmpty();
    return IntStream.range(0, all.size())
        .filter(i -> i % stride() == 0)
        .mapToObj(all::get)
        .toList();
  }

  private static KnownExit rule(JsonNode c) {
    KnownExit.Kind kind = KnownExit.Kind.of(c.get("criterion").asText()).orElseThrow();
    return new KnownExit(kind, (float) c.get("threshold").asDouble());
  }

  private static void isTheReferences(Engine engine, JsonNode c, Thinking thinking) {
    List<Token> tokens = answer(engine, c, thinking).tokens();
    assertThat(tokens)
        .as("%s", c)
        .extracting(Token::id)
        .containsExactly(Golden.boxed(c.get("tokens")));
    assertThat(tokens)
        .as("steps of %s", c)
        .extracting(Token::steps)
        .containsExactly(Golden.boxed(c.get("steps_taken")));
  }

  private static Completion answer(Engine engine, JsonNode c, Thinking thinking) {
    int[] prompt = Golden.ints(c.get("prompt"));
    int tokens = c.get("tokens").size();
    return engine.submit(greedy(prompt, 16, tokens, thinking)).completion().join();
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 2"})
  void everyRequestOfAMixedBatchGivesTheTokensItGivesAlone(int ticksAhead, long seed)
      throws Exception {
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < requests(); i++) {
      requests.add(randomRequest(random));
    }
    List<Completion> alone = new ArrayList<>();
    try (Engine engine = Engine.open(NANO, cramped())) {
      for (Request request : requests) {
        alone.add(engine.submit(request).completion().join());
      }
    }
    try (Engine engine = Engine.open(NANO, cramped(), () -> EngineTest.ahead(open(), ticksAhead))) {
      List<Generation> together = new ArrayList<>();
      for (Request request : requests) {
        together.add(engine.submit(request));
        Thread.sleep(random.nextInt(3)); // random arrival
      }
      for (int i = 0; i < requests.size(); i++) {
        assertThat(together.get(i).completion().join().tokens())
            .as("request %d: %s", i, requests.get(i).options().thinking())
            .isEqualTo(alone.get(i).tokens());
      }
    }
  }

  private static Request randomRequest(Random random) {
    String[] sharings = {"full", "full", "mod:1", "mod:3", "first:2", "div:3", "div-blocks:3"};
    KnownExit.Kind[] kinds = Rules.ofAnyModel();
    Exit exit = Exit.NEVER;
    if (random.nextInt(4) > 0) {
      KnownExit.Kind kind = kinds[random.nextInt(kinds.length)];
      float threshold = kind == KnownExit.Kind.ARGMAX_STABILITY ? 2 : 0.05f;
      exit =
          new Exit(new KnownExit(kind, threshold), 1, 1 + random.nextInt(3), random.nextInt(4) == 0)
              .withSelects(random.nextInt(3) == 0)
              .withLookahead(kind.rule().sees() != ExitRule.Sees.OUTPUT && random.nextInt(3) == 0);
    }
    KvSharing kv = KvSharing.parse(sharings[random.nextInt(sharings.length)]);
    Sampling sampling =
        random.nextBoolean()
            ? Sampling.GREEDY
            : Sampling.GREEDY
                .withTemperature(0.8f)
                .withTopP(0.9f)
                .withMinP(0.02f)
                .withRepetitionPenalty(1.1f)
                .withSeed(random.nextLong());
    return new Request(
        random.ints(1 + random.nextInt(30), 0, 160).toArray(),
        Options.DEFAULT
            .withSteps(1 + random.nextInt(16))
            .withMaxTokens(1 + random.nextInt(20))
            .withSampling(sampling)
            .withInitScale(random.nextInt(2))
            .withIgnoreEos(true)
            .withLogProbs(random.nextInt(2) - 1)
            .withThinking(new Thinking(exit, kv, Rules.continuous(random, 4), Speculation.NONE)));
  }

  @Test
  void aRuleOfOnesOwnSeesWhatItAsksFor() {
    List<ExitRule.Look> looks = new ArrayList<>();
    ExitRule certain =
        new ExitRule() {
          @Override
          public Sees sees() {
            return Sees.OUTPUT;
          }

          @Override
          public Watch watch() {
            return look -> {
              looks.add(look);
              return look.entropy() < 4.5f;
            };
          }
        };
    try (Engine engine = Engine.open(NANO, roomy())) {
      Thinking thinking = Thinking.PLAIN.withExit(Exit.when(certain));
      Request request = greedy(new int[] {5}, 16, 8, thinking);
      List<Token> tokens = engine.submit(request).completion().join().tokens();
      assertThat(tokens.stream().mapToInt(Token::steps).skip(1)).anyMatch(steps -> steps < 16);
    }
    assertThat(looks).allSatisfy(look -> assertThat(look.change()).isNaN());
    assertThat(looks).allSatisfy(look -> assertThat(look.argmax()).isBetween(0, 159));
    assertThat(looks.getFirst().step()).isEqualTo(1);
  }

  @Test
  void aRuleThatThrowsFailsItsOwnAnswerOnly() {
    ExitRule broken =
        new ExitRule() {
          @Override
          public Sees sees() {
            return Sees.LATENT;
          }

          @Override
          public Watch watch() {
            return look -> {
              throw new IllegalStateException("planted");
            };
          }
        };
    try (Engine engine = Engine.open(NANO, roomy())) {
      Thinking thinking = Thinking.PLAIN.withExit(Exit.when(broken));
      Generation one = engine.submit(greedy(new int[] {5}, 4, 4, thinking));
      Generation other = engine.submit(greedy(new int[] {5}, 4, 4, Thinking.PLAIN));
      assertThatThrownBy(() -> one.completion().join()).hasRootCauseMessage("planted");
      assertThat(other.completion().join().tokens()).hasSize(4);
    }
  }

  @Test
  void whatMeansNothingIsRefusedByName() {
    Request plain = Request.of(new int[] {5}, 4, 4);
    KnownExit kl = KnownExit.Kind.KL.rule();
    try (Engine engine = Engine.open(NANO, roomy())) {
      refuses(engine, plain, new Exit(null, 2, 1, false), "min_steps", "no exit rule");
      refuses(engine, plain, new Exit(null, 1, 2, false), "exit_every", "no exit rule");
      refuses(engine, plain, new Exit(null, 1, 1, true), "exit_prompt", "no exit rule");
      Exit late = Exit.NEVER.withLookahead(true);
      refuses(engine, plain, late, "exit_lookahead", "no exit rule");
      refuses(engine, plain, late.withRule(kl), "exit_lookahead", "kl", "latent-diff");
      refuses(engine, plain, new Exit(kl, 5, 1, false), "min_steps is 5", "steps is 4");
      refuses(engine, plain, new Exit(kl, 0, 1, false), "min_steps is 0");
      refuses(engine, plain, new Exit(kl, 1, 0, false), "exit_every is 0");
      KnownExit none = new KnownExit(KnownExit.Kind.COSINE, 0);
      refuses(engine, plain, Exit.when(none), "exit_threshold is 0", "cosine");
      refuses(engine, plain, Exit.NEVER.withSelects(true), "exit_select", "no exit rule");
      Exit gate = Exit.when(KnownExit.Kind.GATE.rule());
      refuses(engine, plain, gate, "exit gate asks a gate", "raven-nano (Huginn) has none");
      KnownExit half = new KnownExit(KnownExit.Kind.ARGMAX_STABILITY, 1.5f);
      refuses(engine, plain, Exit.when(half), "exit_threshold is 1.5", "whole number");
    }
    assertThatThrownBy(() -> KvSharing.parse("mod:0")).hasMessageContaining("mod:0");
    assertThatThrownBy(() -> KvSharing.parse("mod:x")).hasMessageContaining("mod:x");
  }

  private static void refuses(Engine engine, Request plain, Exit exit, String... parts) {
    assertThatThrownBy(() -> engine.submit(plain.with(Thinking.PLAIN.withExit(exit))))
        .isInstanceOf(UserException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(parts));
  }
}

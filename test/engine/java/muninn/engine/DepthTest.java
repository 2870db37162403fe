package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
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
import muninn.kernels.Device;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.KvCache;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue.Heads;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;
import muninn.kernels.WatchedDevice;
import muninn.model.Config;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Depth as a resource: exits, shared keys, continuous thought, alone and together. */
class DepthTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final long MIB = 1 << 20;

  /** Where the engine runs. */
  DeviceOptions device() {
    return DeviceOptions.cpu(2);
  }

  /** Requests of a mixed batch. */
  int requests() {
    return 48;
  }

  /** One in so many of the reference's cases is tried. */
  int stride() {
    return 1;
  }

  private EngineOptions roomy() {
    return new EngineOptions(device(), 256, 64, 16, 512 * MIB);
  }

  /** Lanes, places and memory that the requests wait for. */
  private EngineOptions cramped() {
    return new EngineOptions(device(), 12, 7, 16, 12 * MIB);
  }

  private Device open() {
    return Devices.open(device());
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

  private static Request greedy(int[] prompt, int steps, int maxTokens, Thinking thinking) {
    return new Request(
        prompt,
        Options.DEFAULT
            .withSteps(steps)
            .withMaxTokens(maxTokens)
            .withInitScale(0)
            .withIgnoreEos(true)
            .withThinking(thinking));
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
  void theCoreThinksNoMoreThanTheTokensNeeded() {
    AtomicLong rows = new AtomicLong();
    EngineOptions options = new EngineOptions(device(), 48, 24, 16, 256 * MIB);
    Random random = new Random(5);
    long needed = 0;
    try (Engine engine =
        Engine.open(NANO, options, () -> watched(open(), Role.CORE, rows::addAndGet))) {
      List<Generation> answers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int[] prompt = random.ints(1 + random.nextInt(9), 0, 160).toArray();
        Exit exit = Exit.when(new KnownExit(KnownExit.Kind.KL, 0.05f));
        answers.add(engine.submit(greedy(prompt, 16, 12, Thinking.PLAIN.withExit(exit))));
        needed += 16L * prompt.length;
      }
      int early = 0;
      for (Generation answer : answers) {
        List<Token> tokens = answer.completion().join().tokens();
        for (Token token : tokens.subList(1, tokens.size())) {
          needed += token.steps();
          early += token.steps() < 16 ? 1 : 0;
        }
      }
      assertThat(early).as("tokens that left early").isGreaterThan(100);
    }
    assertThat(rows.get()).isGreaterThanOrEqualTo(needed).isLessThanOrEqualTo(needed * 105 / 100);
  }

  /** Tells of the lanes of every pass of a role. */
  private static Device watched(Device device, Role role, LongConsumer lanes) {
    return new WatchedDevice(
        device,
        (program, table) -> {
          if (program.role() == role) {
            lanes.accept(table.size());
          }
        });
  }

  @Test
  void pagesOfDepthsThatNobodyReachedAreNeverAllocated() {
    int prompt = 2 * KvCache.PAGE;
    AtomicInteger deepest = new AtomicInteger();
    AtomicInteger mapped = new AtomicInteger();
    Mapping mapping =
        (slot, chunk) -> {
          if (chunk >= 2) {
            deepest.accumulateAndGet(slot, Math::max);
            mapped.incrementAndGet();
          }
        };
    try (Engine engine = Engine.open(NANO, roomy(), () -> mapping(open(), mapping))) {
      Request request = greedy(new int[prompt], 16, 40, Thinking.PLAIN.withExit(afterSteps(3)));
      List<Token> tokens = engine.submit(request).completion().join().tokens();
      assertThat(tokens.subList(1, 40)).extracting(Token::steps).containsOnly(3);
    }
    // prelude 2, coda 2, and three recurrences of 4 blocks, for the 39 positions after the prompt
    assertThat(deepest).hasValue(2 + 2 + 3 * 4 - 1);
    assertThat(mapped).hasValue(16 * KvCache.chunks(39));
  }

  private interface Mapping {
    void map(int slot, int chunk);
  }

  private static Device mapping(Device device, Mapping mapping) {
    return new ForwardingDevice(device) {
      @Override
      public Sequences sequences(int count, int positions, int slots) {
        return new Watched(super.sequences(count, positions, slots), mapping);
      }

      @Override
      public Routine prepare(Program program) {
        List<Op> ops = program.ops().stream().map(DepthTest::unwatched).toList();
        return super.prepare(new Program(program.name(), program.role(), ops));
      }

      @Override
      public Reading<Samples> prepare(Op.Draw draw) {
        return super.prepare(new Op.Draw(draw.logits(), of(draw.sequences()), draw.sampled()));
      }
    };
  }

  /** The same on the device's own sequences. */
  private static Op unwatched(Op op) {
    return switch (op) {
      case Op.Embed o ->
          new Op.Embed(o.table(), o.scale(), o.sampled(), of(o.sequences()), o.out());
      case Op.InitialState o ->
          new Op.InitialState(o.deviation(), o.scale(), of(o.sequences()), o.out());
      case Op.Attend o -> new Op.Attend(o.q(), of(o.sequences()), o.cache(), o.slot(), o.out());
      case Op.Product o when o.then() instanceof Heads h ->
          new Op.Product(
              o.name(),
              o.in(),
              o.weights(),
              new Heads(
                  h.bias(), h.norms(), h.rope(), of(h.sequences()), h.cache(), h.slot(), h.q()));
      default -> op;
    };
  }

  private static Sequences of(Sequences watched) {
    return ((Watched) watched).sequences;
  }

  /** Sequences whose page table is watched. */
  private record Watched(Sequences sequences, Mapping mapping) implements Sequences {
    @Override
    public int positions() {
      return sequences.positions();
    }

    @Override
    public void open(int sequence, muninn.kernels.SequenceParameters parameters) {
      sequences.open(sequence, parameters);
    }

    @Override
    public void restore(int sequence, int from, int[] tokens, int group) {
      sequences.restore(sequence, from, tokens, group);
    }

    @Override
    public void map(int sequence, int slot, int chunk, int page) {
      mapping.map(slot, chunk);
      sequences.map(sequence, slot, chunk, page);
    }
  }

  /** A rule of a user's own: enough after so many steps. */
  private static Exit afterSteps(int steps) {
    return Exit.when(
        new ExitRule() {
          @Override
          public Sees sees() {
            return Sees.LATENT;
          }

          @Override
          public Watch watch() {
            return look -> look.step() == steps;
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "mod:2", "first:2", "div:4", "div-blocks:3"})
  void memoryForTheDepthsNobodyReachedLetsOthersIn(String kv) {
    KvSharing sharing = KvSharing.parse(kv);
    int positions = 16 + 31;
    long page;
    try (Device device = open()) {
      page = device.kvPageBytes(3, 16);
    }
    long pages = 3 * sharing.slots(Config.read(NANO.resolve("config.json")), 16);
    EngineOptions exact = new EngineOptions(device(), 32, 4, 16, pages * page);
    try (Engine engine = Engine.open(NANO, exact)) {
      for (int round = 0; round < 2; round++) { // a page that leaks is missed in the next round
        List<Generation> answers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          Thinking thinking = Thinking.PLAIN.withKv(sharing).withExit(afterSteps(1 + i % 3));
          answers.add(engine.submit(greedy(new int[16], 16, positions - 15, thinking)));
        }
        answers.forEach(answer -> assertThat(answer.completion().join().tokens()).hasSize(32));
      }
      Thinking tooMuch = Thinking.PLAIN.withKv(sharing);
      assertThatThrownBy(() -> engine.submit(greedy(new int[16], 16, 40, tooMuch)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("kv " + kv);
    }
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
  void leaversShareTheirCodaAndWaitNoLongerThanAQuarterOfTheirSteps() {
    AtomicLong passes = new AtomicLong();
    EngineOptions options = new EngineOptions(device(), 64, 16, 16, 256 * MIB);
    long tokens = 0;
    LongConsumer count = lanes -> passes.addAndGet(lanes > 0 ? 1 : 0);
    try (Engine engine = Engine.open(NANO, options, () -> watched(open(), Role.CODA, count))) {
      List<Generation> answers = new ArrayList<>();
      Random random = new Random(3);
      for (int i = 0; i < 16; i++) {
        Exit exit = Exit.when(new KnownExit(KnownExit.Kind.LATENT_DIFF, 0.2f));
        int[] prompt = {random.nextInt(160)};
        answers.add(engine.submit(greedy(prompt, 16, 30, Thinking.PLAIN.withExit(exit))));
      }
      for (Generation answer : answers) {
        Completion completion = answer.completion().join();
        int steps = completion.tokens().stream().mapToInt(Token::steps).sum();
        int bound = completion.tokens().stream().mapToInt(token -> token.steps() / 4).sum();
        assertThat(completion.stats().ticks()).isBetween((long) steps, (long) steps + bound);
        tokens += completion.tokens().size();
      }
    }
    assertThat(tokens).isEqualTo(16 * 30);
    assertThat(passes.get()).as("passes for %d tokens", tokens).isLessThan(tokens / 2);
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

package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.kernels.Device;
import muninn.model.Checkpoint;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.forward.Forward;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What others have left of a prompt is found rather than thought about again, and no text depends
 * on it, to the bit of its log-probabilities.
 */
class PrefixReuseTest {
  static final List<String> FAMILIES = FamilyGoldenTest.ALL;
  private static final Path NANO = Golden.folder("raven-nano");
  private static final int STEPS = 8;
  private static final int ROWS = 32; // chunks of as many positions, two blocks each

  /** Where the engine runs. */
  DeviceOptions device() {
    return DeviceOptions.cpu(2);
  }

  /** Conversations of a mixture. */
  int conversations() {
    return 25;
  }

  /** Checkpoints of the test over families. */
  int families() {
    return FAMILIES.size();
  }

  private EngineOptions options(Path folder, int rows, int chunks) {
    Config config = Config.read(folder.resolve("config.json"));
    try (Device device = Devices.open(device())) {
      long page = device.kvPageBytes(config.kvHeads(), config.headWidth());
      long pages = (long) chunks * Forward.slots(config, STEPS);
      return new EngineOptions(device(), rows, 4, STEPS, pages * page);
    }
  }

  private static int[] prompt(long seed, int tokens) {
    return new Random(seed).ints(tokens, 0, 100).toArray();
  }

  private static int[] with(int[] before, int... after) {
    return IntStream.concat(Arrays.stream(before), Arrays.stream(after)).toArray();
  }

  private static Request request(int[] prompt, Thinking thinking) {
    return new Request(
        prompt,
        Options.DEFAULT
            .withSteps(STEPS)
            .withMaxTokens(6)
            .withIgnoreEos(true)
            .withLogProbs(2)
            .withThinking(thinking));
  }

  private static Completion answer(Engine engine, Request request) {
    return engine.submit(request).completion().orTimeout(100, TimeUnit.SECONDS).join();
  }

  private static int[] ids(Completion completion) {
    return completion.tokens().stream().mapToInt(Token::id).toArray();
  }

  @Test
  void aSecondPromptIsThoughtAboutFromWhereItDiffers() {
    int[] shared = prompt(1, 40);
    try (Engine engine = Engine.open(NANO, options(NANO, ROWS, 64))) {
      Completion first = answer(engine, request(with(shared, 1, 2, 3), Thinking.PLAIN));
      Completion second = answer(engine, request(with(shared, 4, 5, 6), Thinking.PLAIN));
      assertThat(first.stats().cachedTokens()).isZero();
      assertThat(second.stats().cachedTokens()).as("two blocks of 16").isEqualTo(32);
      assertThat(second.stats().promptTokens()).isEqualTo(43);
      assertThat(first.stats().steps() - second.stats().steps()).isEqualTo(32L * STEPS);
    }
  }

  @Test
  void theLastTokenOfAPromptIsAlwaysThoughtAbout() {
    int[] prompt = prompt(2, 32);
    try (Engine engine = Engine.open(NANO, options(NANO, ROWS, 64))) {
      Completion first = answer(engine, request(prompt, Thinking.PLAIN));
      Completion second = answer(engine, request(prompt, Thinking.PLAIN));
      assertThat(second.stats().cachedTokens()).isEqualTo(16);
      assertThat(second.tokens()).isEqualTo(first.tokens());
    }
  }

  @Test
  void aTurnFindsTheAnswersBeforeIt() {
    try (Engine engine = Engine.open(NANO, options(NANO, ROWS, 64))) {
      int[] turn = prompt(3, 26);
      Completion first = answer(engine, request(turn, Thinking.PLAIN));
      int[] next = with(with(turn, ids(first)), 7, 8);
      assertThat(answer(engine, request(next, Thinking.PLAIN)).stats().cachedTokens())
          .as("26 of the prompt and 6 new ones, the last of which was never thought about")
          .isEqualTo(16);
      int[] more = with(next, prompt(4, 10));
      assertThat(answer(engine, request(more, Thinking.PLAIN)).stats().cachedTokens())
          .isEqualTo(32);
    }
  }

  @Test
  void promptsOfOneTickAreThoughtAboutOnce() {
    int[] shared = prompt(5, 100);
    Config config = Config.read(NANO.resolve("config.json"));
    assertThat(config.blockSize()).isGreaterThan(110);
    try (Engine engine = Engine.open(NANO, options(NANO, 256, 64))) {
      List<Generation> together = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        together.add(engine.submit(request(with(shared, i), Thinking.PLAIN)));
      }
      int cached = 0;
      for (Generation one : together) {
        cached += one.completion().join().stats().cachedTokens();
      }
      assertThat(cached).isEqualTo(3 * 96);
    }
  }

  @Test
  void positionsThatLeftEarlyAreNotFound() {
    int[] prompt = prompt(6, 28);
    Thinking exits =
        Thinking.PLAIN.withExit(new Exit(new KnownExit(KnownExit.Kind.COSINE, 10), 2, 1, false));
    try (Engine engine = Engine.open(NANO, options(NANO, ROWS, 64))) {
      Completion first = answer(engine, request(prompt, exits));
      assertThat(first.tokens()).last().extracting(Token::steps).isEqualTo(2);
      int[] next = with(with(prompt, ids(first)), prompt(7, 10));
      for (Thinking thinking : List.of(exits, Thinking.PLAIN)) {
        assertThat(answer(engine, request(next, thinking)).stats().cachedTokens())
            .as("the prompt's first block, whoever asks")
            .isEqualTo(thinking.equals(exits) ? 16 : 32);
      }
    }
  }

  @Test
  void nothingIsFoundWhereTheOptionIsOff() {
    EngineOptions off = options(NANO, ROWS, 64).withPrefixReuse(false);
    try (Engine engine = Engine.open(NANO, off)) {
      for (int i = 0; i < 2; i++) {
        Completion one = answer(engine, request(prompt(8, 40), Thinking.PLAIN));
        assertThat(one.stats().cachedTokens()).isZero();
      }
    }
  }

  @Test
  void whoLooksAtEveryPositionHasEveryPositionThoughtAbout() {
    int[] prompt = prompt(9, 40);
    try (Engine engine = Engine.open(NANO, options(NANO, 64, 64))) {
      List<float[]> before = engine.inspect(prompt, STEPS, 1, 0).logits();
      List<float[]> again = engine.inspect(prompt, STEPS, 1, 0).logits();
      assertThat(again).hasSize(40);
      for (int i = 0; i < 40; i++) {
        assertThat(again.get(i)).isEqualTo(before.get(i));
      }
    }
  }

  @Test
  void workBetweenTicksEndsReuse() {
    try (Engine engine = Engine.open(NANO, options(NANO, ROWS, 64))) {
      answer(engine, request(prompt(8, 40), Thinking.PLAIN));
      engine.betweenTicks(latents -> {});
      for (int i = 0; i < 2; i++) {
        Completion one = answer(engine, request(prompt(8, 40), Thinking.PLAIN));
        assertThat(one.stats().cachedTokens()).isZero();
      }
    }
  }

  @ParameterizedTest
  @FieldSource("FAMILIES")
  void everyFamilySaysTheSameWithAndWithout(String checkpoint) {
    if (FAMILIES.indexOf(checkpoint) >= families()) {
      return;
    }
    Path folder = Golden.folder(checkpoint);
    EngineOptions options = options(folder, 64, 40);
    List<Completion> with = new ArrayList<>();
    List<Completion> without = new ArrayList<>();
    for (boolean reuse : new boolean[] {false, true}) {
      try (Engine engine = Engine.open(folder, options.withPrefixReuse(reuse))) {
        int[] turn = prompt(10, 21);
        for (int i = 0; i < 3; i++) {
          Completion one = answer(engine, request(turn, Thinking.PLAIN));
          (reuse ? with : without).add(one);
          turn = with(with(turn, ids(one)), 5 + i);
        }
      }
    }
    for (int i = 0; i < with.size(); i++) {
      assertThat(with.get(i).tokens()).isEqualTo(without.get(i).tokens());
    }
    assertThat(with.getLast().stats().cachedTokens()).isEqualTo(32);
  }

  /**
   * Conversations that begin alike, in an engine that is short of rows, places and memory, some of
   * them cancelled: each turn says what it says without reuse, and in the end nothing is held.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  @Timeout(120)
  void randomConversationsSayWhatTheySayWithout(long seed) throws Exception {
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    List<Completion> alone = new ArrayList<>();
    EngineOptions roomy = options(NANO, ROWS, 64).withPrefixReuse(false);
    List<int[]> beginnings = List.of(prompt(11, 70), prompt(12, 45), prompt(13, 20));
    try (Engine engine = Engine.open(NANO, roomy)) {
      for (int i = 0; i < conversations(); i++) {
        int[] turn = beginnings.get(random.nextInt(3));
        turn = with(Arrays.copyOf(turn, random.nextInt(1, turn.length + 1)), random.nextInt(3));
        Options how = randomOptions(random);
        for (int t = random.nextInt(1, 4); t > 0 && turn.length < 110; t--) {
          requests.add(new Request(turn, how));
          alone.add(answer(engine, requests.getLast()));
          turn = with(with(turn, ids(alone.getLast())), random.nextInt(100));
        }
      }
    }

    AtomicReference<Monitor.Pages> pages = new AtomicReference<>();
    Monitor monitor =
        new Monitor() {
          @Override
          public void tickEnds(Tick tick) {
            pages.set(tick.pages());
          }
        };
    long cached = 0;
    EngineOptions cramped = options(NANO, ROWS, (int) (8 + 8 * (seed % 3)));
    try (Engine engine =
        Engine.open(
            Checkpoint.open(NANO),
            cramped,
            () -> EngineTest.ahead(Devices.open(device()), (int) (seed % 3)),
            monitor)) {
      List<Generation> together = new ArrayList<>();
      List<Integer> cancelled = new ArrayList<>();
      for (int i = 0; i < requests.size(); i++) {
        together.add(engine.submit(requests.get(i)));
        if (random.nextInt(4) == 0) {
          together.get(random.nextInt(together.size())).completion().get(100, TimeUnit.SECONDS);
        }
        if (random.nextInt(6) == 0) {
          int victim = random.nextInt(together.size());
          together.get(victim).cancel();
          cancelled.add(victim);
        }
      }
      for (int i = 0; i < requests.size(); i++) {
        Completion one = together.get(i).completion().get(100, TimeUnit.SECONDS);
        List<Token> wanted = alone.get(i).tokens();
        if (cancelled.contains(i)) {
          wanted = wanted.subList(0, one.tokens().size());
        }
        assertThat(one.tokens())
            .as("request %d of %s", i, requests.get(i).options())
            .isEqualTo(wanted);
        cached += one.stats().cachedTokens();
      }
    }
    assertThat(cached).as("positions found").isPositive();
    assertThat(pages.get().held()).as("pages held in the end").isZero();
  }

  private static Options randomOptions(Random random) {
    int steps = random.nextBoolean() ? STEPS : 4;
    Sampling drawn =
        Sampling.GREEDY
            .withTemperature(0.9f)
            .withTopK(30)
            .withRepetitionPenalty(1.2f)
            .withSeed(random.nextInt(2));
    return Options.DEFAULT
        .withSteps(steps)
        .withMaxTokens(1 + random.nextInt(20))
        .withSampling(random.nextBoolean() ? Sampling.GREEDY : drawn)
        .withInitScale(random.nextInt(2))
        .withIgnoreEos(random.nextBoolean())
        .withLogProbs(2)
        .withThinking(thinking(random, steps));
  }

  private static Thinking thinking(Random random, int steps) {
    KnownExit.Kind[] kinds = Rules.ofAnyModel();
    KnownExit.Kind kind = kinds[random.nextInt(kinds.length)];
    float threshold = kind == KnownExit.Kind.ARGMAX_STABILITY ? 2 : 0.2f;
    Exit exit =
        random.nextInt(3) == 0
            ? Exit.NEVER
            : new Exit(new KnownExit(kind, threshold), 1, 1, random.nextInt(3) == 0)
                .withSelects(random.nextInt(3) == 0);
    String[] sharings = {
      "full", "full", "full", "full", "full", "mod:1", "mod:3", "first:2", "div:2", "div-blocks:3"
    };
    KvSharing kv = KvSharing.parse(sharings[random.nextInt(sharings.length)]);
    if (random.nextBoolean()) {
      return new Thinking(exit, kv, Rules.continuous(random, 4), Speculation.NONE);
    }
    boolean output = exit.rule() != null && exit.rule().sees() == ExitRule.Sees.OUTPUT;
    int draft = 1 + random.nextInt(steps - 1);
    return Thinking.PLAIN
        .withExit(output ? Exit.NEVER : exit)
        .withSpeculation(
            random.nextBoolean()
                ? Speculation.rounds(draft, 2 + random.nextInt(4))
                : Speculation.wavefront(draft));
  }
}

package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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
import muninn.kernels.KvCache;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.WeightChoice;
import muninn.model.forward.Forward;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests of every kind at once, some of them cancelled, in an engine that is short of rows,
 * places and memory: all end, each says what it says alone, unless its text is approximate, and
 * nothing is kept of them.
 */
class MixtureTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final int STEPS = 12;
  private static final int ROWS = 13;

  /** Where the engine runs. */
  DeviceOptions device() {
    return DeviceOptions.cpu(2);
  }

  /** Requests of a mixture. */
  int requests() {
    return 60;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  @Timeout(120)
  void randomMixturesEndAndLeaveNothingBehind(long seed) throws Exception {
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < requests(); i++) {
      requests.add(randomRequest(random));
    }
    List<Completion> alone = new ArrayList<>();
    try (Engine engine = Engine.open(NANO, options(4096))) {
      for (Request request : requests) {
        alone.add(engine.submit(request).completion().get(100, TimeUnit.SECONDS));
      }
    }

    int positions = 60; // of the largest request, which then needs all pages that there are
    int chunks = KvCache.chunks(positions);
    EngineOptions cramped = options(chunks * pagesAChunk());
    try (Engine engine =
        Engine.open(
            NANO, cramped, () -> EngineTest.ahead(Devices.open(device()), (int) (seed % 2)))) {
      List<Generation> together = new ArrayList<>();
      List<Integer> cancelled = new ArrayList<>();
      for (int i = 0; i < requests.size(); i++) {
        together.add(engine.submit(requests.get(i)));
        Thread.sleep(random.nextInt(3));
        if (random.nextInt(5) == 0) {
          int victim = random.nextInt(together.size());
          together.get(victim).cancel();
          cancelled.add(victim);
        }
      }
      for (int i = 0; i < requests.size(); i++) {
        Completion completion = together.get(i).completion().get(100, TimeUnit.SECONDS);
        Request request = requests.get(i);
        List<Token> wanted = alone.get(i).tokens();
        if (request.options().thinking().whyApproximate().isPresent()) {
          if (request.options().ignoreEos() && !cancelled.contains(i)) {
            assertThat(completion.tokens()).hasSize(request.options().maxTokens());
          }
          continue;
        }
        if (cancelled.contains(i)) {
          wanted = wanted.subList(0, completion.tokens().size());
        } else {
          assertThat(completion.finishReason()).isEqualTo(alone.get(i).finishReason());
        }
        assertThat(completion.tokens())
            .as("request %d: %s", i, request.options().thinking())
            .isEqualTo(wanted);
      }

      // One that needs every page, and one that needs every row at once.
      Request allPages = greedy(new int[positions], 1, Thinking.PLAIN);
      Thinking shared = Thinking.PLAIN.withKv(KvSharing.parse("mod:1"));
      Request allRows = greedy(new int[ROWS], 1, shared);
      for (Request all : List.of(allPages, allRows)) {
        assertThat(engine.submit(all).completion().get(100, TimeUnit.SECONDS).tokens()).hasSize(1);
      }
    }
  }

  /** What weights are kept in. */
  WeightChoice weights() {
    return WeightChoice.AUTO;
  }

  private EngineOptions options(long pages) {
    try (Device device = Devices.open(device())) {
      long bytes = pages * device.kvPageBytes(3, 16);
      return new EngineOptions(device(), ROWS, 5, STEPS, bytes).withWeights(weights());
    }
  }

  private static long pagesAChunk() {
    return Forward.slots(Config.read(NANO.resolve("config.json")), STEPS);
  }

  private static Request greedy(int[] prompt, int maxTokens, Thinking thinking) {
    return new Request(
        prompt,
        Options.DEFAULT
            .withSteps(STEPS)
            .withMaxTokens(maxTokens)
            .withInitScale(0)
            .withIgnoreEos(true)
            .withThinking(thinking));
  }

  private static Request randomRequest(Random random) {
    int steps = 1 + random.nextInt(STEPS);
    Sampling sampling =
        random.nextBoolean()
            ? Sampling.GREEDY
            : Sampling.GREEDY
                .withTemperature(0.8f)
                .withTopK(20)
                .withTopP(0.9f)
                .withMinP(0.02f)
                .withRepetitionPenalty(1.2f)
                .withSeed(random.nextLong());
    return new Request(
        random.ints(1 + random.nextInt(30), 0, 160).toArray(),
        Options.DEFAULT
            .withSteps(steps)
            .withMaxTokens(1 + random.nextInt(20))
            .withSampling(sampling)
            .withInitScale(random.nextInt(2))
            .withIgnoreEos(random.nextInt(3) > 0)
            .withThinking(thinking(random, steps)));
  }

  /** Any way of thinking that one may ask for. */
  static Thinking thinking(Random random, int steps) {
    KnownExit.Kind[] kinds = Rules.ofAnyModel();
    KnownExit.Kind kind = kinds[random.nextInt(kinds.length)];
    float threshold = kind == KnownExit.Kind.ARGMAX_STABILITY ? 2 : 0.08f;
    Exit exit =
        random.nextInt(3) == 0
            ? Exit.NEVER
            : new Exit(
                new KnownExit(kind, threshold),
                1 + random.nextInt(steps),
                1 + random.nextInt(3),
                random.nextInt(4) == 0,
                random.nextInt(3) == 0);
    String[] sharings = {"full", "mod:1", "mod:3", "first:2", "div:2", "div-blocks:3"};
    KvSharing kv = KvSharing.parse(sharings[random.nextInt(sharings.length)]);
    Thinking thinking = new Thinking(exit, kv, Rules.continuous(random, 3), Speculation.NONE);
    if (random.nextBoolean() || steps == 1) {
      return thinking;
    }
    int draft = 1 + random.nextInt(steps - 1);
    Speculation how =
        random.nextBoolean()
            ? Speculation.rounds(draft, 2 + random.nextInt(4))
            : Speculation.wavefront(random.nextInt(3) == 0 ? Speculation.AUTO : draft);
    return switch (random.nextInt(4)) {
      case 0 -> thinking.withSpeculation(how.approximately());
      case 1 ->
          thinking
              .withExit(Exit.NEVER)
              .withSpeculation(
                  Speculation.wavefront(draft).freezing(new KnownExit(kind, threshold)));
      default -> {
        boolean output = exit.rule() != null && exit.rule().sees() == ExitRule.Sees.OUTPUT;
        yield Thinking.PLAIN.withExit(output ? Exit.NEVER : exit).withSpeculation(how);
      }
    };
  }
}

package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Exit;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.model.Checkpoint;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.forward.Forward;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Small mixtures of everything a request may ask for, on models of every family, in engines that
 * are as short of rows, places and pages as chance has it: all requests end, each says what it says
 * alone to the bit of its log-probabilities, and nothing is kept of any. Requests come, and some
 * are cancelled, at ticks that the seed decides, so that what a seed finds it finds again.
 */
class RandomMixturesTest {
  private static final List<String> CHECKPOINTS =
      Stream.concat(Stream.of("raven-nano"), FamilyGoldenTest.ALL.stream()).toList();
  private static final int STEPS = 12;
  private static final int LONGEST = 40 + 40;

  /** Mixtures; hundreds of them are to be asked for. */
  static LongStream seeds() {
    long first = Long.getLong("muninn.firstMixture", 1);
    return LongStream.range(first, first + Integer.getInteger("muninn.randomMixtures", 14));
  }

  /** How an engine is short of everything. */
  private record Cramped(Path folder, int rows, int places, int chunks, int ahead, boolean reuse) {

    static Cramped of(Random random) {
      return new Cramped(
          Golden.folder(CHECKPOINTS.get(random.nextInt(CHECKPOINTS.size()))),
          6 + random.nextInt(40),
          1 + random.nextInt(6),
          KvCache.chunks(LONGEST) + random.nextInt(4),
          random.nextInt(3),
          random.nextInt(3) > 0);
    }

    EngineOptions options(int withChunks) {
      Config config = Config.read(folder.resolve("config.json"));
      DeviceOptions cpu = DeviceOptions.cpu(1);
      try (Device device = Devices.open(cpu)) {
        long page = device.kvPageBytes(config.kvHeads(), config.headWidth());
        long bytes = page * withChunks * Forward.slots(config, STEPS);
        return new EngineOptions(cpu, rows, places, STEPS, bytes).withPrefixReuse(reuse);
      }
    }

    Engine open(Monitor monitor) {
      return Engine.open(
          Checkpoint.open(folder),
          options(chunks),
          () -> EngineTest.ahead(Devices.open(DeviceOptions.cpu(1)), ahead),
          monitor);
    }
  }

  /** Submits and cancels on the engine's own thread, at the ticks that chance decided. */
  private static final class Arrivals implements Monitor {
    private final List<Request> requests;
    private final Random random;
    private final List<Generation> generations = new ArrayList<>();
    private volatile Pages pages;
    private Engine engine;

    Arrivals(List<Request> requests, Random random) {
      this.requests = requests;
      this.random = random;
    }

    synchronized void begin(Engine engine) {
      this.engine = engine;
      next();
    }

    private void next() {
      generations.add(engine.submit(requests.get(generations.size())));
    }

    @Override
    public synchronized void tickEnds(Tick tick) {
      assertThat(tick.pages().held()).isLessThanOrEqualTo(tick.pages().reserved());
      pages = tick.pages();
      boolean nothingLeft = tick.running() + tick.waiting() == 0;
      while (generations.size() < requests.size() && (nothingLeft || random.nextInt(6) == 0)) {
        next();
        nothingLeft = false;
      }
      if (random.nextInt(120) == 0) {
        generations.get(random.nextInt(generations.size())).cancel();
      }
    }

    synchronized List<Generation> submitted() {
      return List.copyOf(generations);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Timeout(60)
  void eachSaysWhatItSaysAloneAndNothingIsKept(long seed) throws Exception {
    Random random = new Random(seed);
    Cramped cramped = Cramped.of(random);
    List<Request> requests = new ArrayList<>();
    List<Completion> alone = new ArrayList<>();
    try (Engine engine = Engine.open(cramped.folder, cramped.options(64).withPrefixReuse(false))) {
      while (requests.size() < 10) {
        requests.addAll(request(random, engine.model()).each());
      }
      for (Request request : requests) {
        alone.add(engine.submit(request).completion().get(50, TimeUnit.SECONDS));
      }
    }

    Arrivals arrivals = new Arrivals(requests, random);
    try (Engine engine = cramped.open(arrivals)) {
      arrivals.begin(engine);
      for (int i = 0; i < requests.size(); i++) {
        while (arrivals.submitted().size() <= i) {
          Thread.sleep(1);
        }
        Completion one = arrivals.submitted().get(i).completion().get(50, TimeUnit.SECONDS);
        boolean cancelled = one.finishReason() == FinishReason.CANCELLED;
        assertSame(i, requests.get(i), one, alone.get(i), cancelled);
      }
      everythingIsFree(engine, cramped);
    }
    assertThat(arrivals.pages.held()).as("pages held in the end").isZero();
    assertThat(arrivals.pages.reserved()).as("and reserved").isZero();
  }

  private static void assertSame(
      int i, Request request, Completion one, Completion alone, boolean cancelled) {
    if (request.options().thinking().whyApproximate().isPresent()) {
      if (request.options().ignoreEos() && !cancelled) {
        assertThat(one.tokens()).hasSize(request.options().maxTokens());
      }
      return;
    }
    List<Token> wanted = alone.tokens();
    assertThat(one.tokens())
        .as("request %d: %s", i, request.options())
        .isEqualTo(cancelled ? wanted.subList(0, one.tokens().size()) : wanted);
    if (!cancelled) {
      assertThat(one.finishReason()).isEqualTo(alone.finishReason());
      assertThat(one.prompt()).as("scores of prompt %d", i).isEqualTo(alone.prompt());
    }
  }

  /** A request that needs all pages, one that needs all rows, and one for each place. */
  private static void everythingIsFree(Engine engine, Cramped cramped) throws Exception {
    Options short1 =
        Options.DEFAULT.withSteps(STEPS).withMaxTokens(1).withInitScale(0).withIgnoreEos(true);
    Thinking shared = Thinking.PLAIN.withKv(KvSharing.parse("mod:1"));
    List<Generation> all = new ArrayList<>();
    all.add(engine.submit(new Request(new int[cramped.chunks * 16 - 1], short1)));
    all.add(engine.submit(new Request(new int[cramped.rows], short1.withThinking(shared))));
    for (int place = 0; place < cramped.places; place++) {
      all.add(engine.submit(new Request(new int[] {place}, short1.withSteps(1))));
    }
    for (Generation one : all) {
      assertThat(one.completion().get(50, TimeUnit.SECONDS).tokens()).hasSize(1);
    }
  }

  /** Any request, for one to three answers. */
  private static Request request(Random random, Model model) {
    int vocabulary = model.config().vocabulary();
    int steps = 1 + random.nextInt(STEPS);
    int[] beginning = new Random(random.nextInt(2)).ints(36, 0, 100).toArray();
    int[] prompt = Arrays.copyOf(beginning, 1 + random.nextInt(beginning.length + 4));
    prompt[prompt.length - 1] = random.nextInt(vocabulary);
    return new Request(
        prompt,
        Options.DEFAULT
            .withSteps(steps)
            .withMaxTokens(1 + random.nextInt(40))
            .withSampling(RandomSampling.next(random, vocabulary))
            .withInitScale(random.nextInt(2))
            .withIgnoreEos(random.nextInt(3) > 0)
            .withLogProbs(random.nextInt(3) - 1)
            .withPromptLogProbs(random.nextInt(4) == 0 ? 1 : -1)
            .withN(Math.max(1, random.nextInt(5) - 1))
            .withThinking(thinking(random, steps, model)));
  }

  /** Branches in a third of them; else anything that may be asked for. */
  private static Thinking thinking(Random random, int steps, Model model) {
    if (random.nextInt(3) == 0 && steps > 2) {
      return Thinking.PLAIN.withSpeculation(Speculation.wavefront(1 + random.nextInt(2)));
    }
    if (model.architecture().gate() != null && random.nextInt(3) == 0) {
      KnownExit gate = new KnownExit(KnownExit.Kind.GATE, 0.3f + random.nextFloat() / 2);
      boolean late = random.nextBoolean();
      Exit exit = new Exit(gate, 1, 1, random.nextInt(3) == 0, !late && random.nextBoolean(), late);
      Speculation how =
          steps == 1 || random.nextBoolean()
              ? Speculation.NONE
              : Speculation.wavefront(1 + random.nextInt(steps - 1));
      return Thinking.PLAIN.withExit(exit).withSpeculation(how);
    }
    return MixtureTest.thinking(random, steps);
  }
}

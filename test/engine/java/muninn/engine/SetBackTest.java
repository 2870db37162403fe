package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.engine.request.Thinking;
import muninn.kernels.Device;
import muninn.model.Checkpoint;
import muninn.model.Config;
import muninn.model.forward.Forward;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests are let in on what they need now. Where memory runs out the youngest are set back, and
 * say the same in the end as if there had always been enough, however they think.
 */
class SetBackTest {
  private static final List<String> CHECKPOINTS =
      Stream.concat(Stream.of("raven-nano"), FamilyGoldenTest.ALL.stream()).toList();
  private static final int STEPS = 6;
  private static final int LONGEST = 40 + 30;

  /** Mixtures: by turns of every family, with and without prefix reuse. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("muninn.mixtures", 7));
  }

  /** Where the engine runs. */
  DeviceOptions device() {
    return DeviceOptions.cpu(2);
  }

  /** Requests of a mixture. */
  int requests() {
    return 60;
  }

  private EngineOptions options(Path folder, int chunks) {
    Config config = Config.read(folder.resolve("config.json"));
    try (Device device = Devices.open(device())) {
      long page = device.kvPageBytes(config.kvHeads(), config.headWidth());
      return new EngineOptions(
          device(), 24, 6, STEPS, page * chunks * Forward.slots(config, STEPS));
    }
  }

  /** Two of these at once are too much for any memory here. */
  private static Request longest(Random random) {
    return new Request(
        random.ints(14, 0, 100).toArray(),
        Options.DEFAULT.withSteps(STEPS).withMaxTokens(45).withIgnoreEos(true).withLogProbs(2));
  }

  private static Request request(Random random) {
    int steps = 2 + random.nextInt(STEPS - 1);
    Sampling drawn =
        Sampling.GREEDY
            .withTemperature(0.9f)
            .withTopK(30)
            .withRepetitionPenalty(1.2f)
            .withSeed(random.nextLong());
    Thinking thinking =
        random.nextInt(3) == 0 ? Thinking.PLAIN : MixtureTest.thinking(random, steps);
    int[] beginning = new Random(random.nextInt(2)).ints(34, 0, 100).toArray();
    int[] prompt = Arrays.copyOf(beginning, 1 + random.nextInt(beginning.length + 6));
    prompt[prompt.length - 1] = random.nextInt(100);
    return new Request(
        prompt,
        Options.DEFAULT
            .withSteps(steps)
            .withMaxTokens(1 + random.nextInt(30))
            .withSampling(random.nextBoolean() ? Sampling.GREEDY : drawn)
            .withInitScale(random.nextInt(2))
            .withIgnoreEos(random.nextInt(3) > 0)
            .withLogProbs(2)
            .withPromptLogProbs(random.nextInt(4) == 0 ? 1 : -1)
            .withThinking(thinking));
  }

  /** Where an engine's pages are, and how many requests it set back. */
  private static final class Account implements Monitor {
    private final AtomicReference<Pages> pages = new AtomicReference<>();
    private final AtomicInteger setBack = new AtomicInteger();
    private final AtomicInteger admitted = new AtomicInteger();

    @Override
    public void tickEnds(Tick tick) {
      assertThat(tick.pages().held()).isLessThanOrEqualTo(tick.pages().reserved());
      pages.set(tick.pages());
    }

    @Override
    public void setBack(SetBack request) {
      setBack.incrementAndGet();
    }

    @Override
    public void admitted(Admission admission) {
      admitted.incrementAndGet();
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Timeout(120)
  void whoeverIsSetBackSaysTheSameInTheEnd(long seed) throws Exception {
    Path folder = Golden.folder(CHECKPOINTS.get((int) (seed % CHECKPOINTS.size())));
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    List<Completion> alone = new ArrayList<>();
    try (Engine engine = Engine.open(folder, options(folder, 64).withPrefixReuse(false))) {
      for (int i = 0; i < requests(); i++) {
        requests.add(i < 2 ? longest(random) : request(random));
        alone.add(engine.submit(requests.getLast()).completion().get(100, TimeUnit.SECONDS));
      }
    }

    Account account = new Account();
    int chunks = (LONGEST + 15) / 16 + (int) (seed % 3);
    try (Engine engine =
        Engine.open(
            Checkpoint.open(folder),
            options(folder, chunks).withPrefixReuse(seed % 3 > 0),
            () -> EngineTest.ahead(Devices.open(device()), (int) (seed % 3)),
            account)) {
      List<Generation> together = new ArrayList<>();
      for (Request request : requests) {
        together.add(engine.submit(request));
      }
      List<Integer> cancelled = new ArrayList<>();
      for (int i = 2; i < requests.size(); i += 7) {
        Thread.sleep(random.nextInt(3));
        together.get(i).cancel();
        cancelled.add(i);
      }
      for (int i = 0; i < requests.size(); i++) {
        Completion one = together.get(i).completion().get(100, TimeUnit.SECONDS);
        Request request = requests.get(i);
        List<Token> wanted = alone.get(i).tokens();
        List<Token> scored = alone.get(i).prompt();
        if (request.options().thinking().whyApproximate().isPresent()) {
          if (request.options().ignoreEos() && !cancelled.contains(i)) {
            assertThat(one.tokens()).hasSize(request.options().maxTokens());
          }
          continue;
        }
        if (cancelled.contains(i)) {
          wanted = wanted.subList(0, one.tokens().size());
        }
        assertThat(one.tokens())
            .as("request %d: %s", i, request.options().thinking())
            .isEqualTo(wanted);
        if (!cancelled.contains(i)) {
          assertThat(one.prompt()).as("scores of prompt %d", i).isEqualTo(scored);
        }
      }
    }
    assertThat(account.setBack).as("requests set back").hasPositiveValue();
    assertThat(account.admitted.get()).as("each is admitted once").isLessThanOrEqualTo(requests());
    assertThat(account.pages.get().held()).as("pages held in the end").isZero();
    assertThat(account.pages.get().reserved()).as("and reserved").isZero();
  }
}

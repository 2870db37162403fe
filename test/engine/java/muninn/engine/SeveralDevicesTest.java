package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Continuous;
import muninn.engine.request.Exit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.kernels.Device;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.Program;
import muninn.kernels.Routine;
import muninn.kernels.cpu.CpuDevice;
import muninn.model.Checkpoint;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One queue before several devices: the same answers as one gives, whatever becomes of them. */
class SeveralDevicesTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final EngineOptions OPTIONS =
      new EngineOptions(DeviceOptions.cpu(1), 16, 4, 8, 64 << 20);

  private final List<LostDevice> lost = Collections.synchronizedList(new ArrayList<>());

  /** A device that counts the steps of its core, and breaks after so many. */
  private static Supplier<Device> breaking(int most, AtomicInteger steps) {
    return () ->
        new ForwardingDevice(new CpuDevice(1)) {
          @Override
          public Routine prepare(Program program) {
            Routine routine = super.prepare(program);
            if (program.role() != Program.Role.CORE) {
              return routine;
            }
            return lanes -> {
              if (steps.incrementAndGet() > most) {
                throw new IllegalStateException("fell off the bus");
              }
              routine.run(lanes);
            };
          }
        };
  }

  private static Supplier<Device> sound(AtomicInteger steps) {
    return breaking(Integer.MAX_VALUE, steps);
  }

  private Engine open(List<Supplier<Device>> devices) {
    Engine engine = Engine.open(Checkpoint.open(NANO), OPTIONS, devices, Monitor.NONE);
    engine.whenLost(lost::add);
    return engine;
  }

  private static List<Request> requests(int count) {
    Random random = new Random(7);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = random.ints(1 + random.nextInt(12), 1, 160).toArray();
      Thinking thinking =
          switch (i % 4) {
            case 0 -> Thinking.PLAIN.withSpeculation(Speculation.parse("wavefront:draft=2"));
            case 1 -> Thinking.PLAIN.withExit(Exit.parse("kl"));
            default -> Thinking.PLAIN;
          };
      Options options =
          Options.DEFAULT
              .withSteps(3 + random.nextInt(6))
              .withMaxTokens(1 + random.nextInt(10))
              .withTemperature(i % 2)
              .withSeed(i)
              .withThinking(thinking)
              .withIgnoreEos(true);
      requests.add(new Request(prompt, options));
    }
    return requests;
  }

  private static List<List<Token>> alone(List<Request> requests) {
    try (Engine engine = Engine.open(NANO, OPTIONS)) {
      return answers(requests.stream().map(engine::submit).toList());
    }
  }

  private static List<List<Token>> answers(List<Generation> generations) {
    return generations.stream().map(g -> g.completion().join().tokens()).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void theAnswersAreThoseOfOneDevice(int count) {
    List<Request> requests = requests(40);
    List<AtomicInteger> steps = new ArrayList<>();
    List<Supplier<Device>> devices = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      steps.add(new AtomicInteger());
      devices.add(sound(steps.get(i)));
    }
    try (Engine engine = open(devices)) {
      assertThat(answers(requests.stream().map(engine::submit).toList()))
          .isEqualTo(alone(requests));
    }
    assertThat(steps).allSatisfy(n -> assertThat(n.get()).isPositive());
    assertThat(lost).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 30})
  void theRequestsOfADeviceThatIsLostGoOnElsewhere(int stepsUntilThen) {
    List<Request> requests = requests(40);
    List<Supplier<Device>> devices =
        List.of(breaking(stepsUntilThen, new AtomicInteger()), sound(new AtomicInteger()));
    try (Engine engine = open(devices)) {
      List<Generation> generations = requests.stream().map(engine::submit).toList();
      List<List<Token>> heard = new ArrayList<>();
      for (Generation generation : generations) {
        List<Token> tokens = new ArrayList<>();
        generation.forEach(tokens::add);
        heard.add(tokens);
      }
      assertThat(heard).as("as they came").isEqualTo(alone(requests));
      assertThat(answers(generations)).as("whole").isEqualTo(heard);
    }
    assertThat(lost)
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.cause()).hasMessage("fell off the bus");
              assertThat(one.requests()).isPositive();
            });
  }

  private static Request turn(int... prompt) {
    return new Request(prompt, Options.DEFAULT.withSteps(4).withMaxTokens(2).withIgnoreEos(true));
  }

  private static int[] tokens(int first, int count) {
    return IntStream.range(first, first + count).toArray();
  }

  @Test
  void aTurnGoesWhereTheTurnBeforeItWasThoughtAbout() {
    List<Supplier<Device>> devices =
        List.of(sound(new AtomicInteger()), sound(new AtomicInteger()));
    try (Engine engine = open(devices)) {
      List<Generation> first =
          List.of(engine.submit(turn(tokens(1, 40))), engine.submit(turn(tokens(50, 40))));
      first.forEach(answer -> answer.completion().join());
      for (int beginning : new int[] {50, 1, 1, 50, 50}) { // two conversations in any order
        Completion next = engine.submit(turn(tokens(beginning, 45))).completion().join();
        assertThat(next.stats().cachedTokens()).as("turn of %d", beginning).isEqualTo(32);
      }
    }
  }

  @Test
  void whoBeginsAlikeDoesNotQueueWhereAnotherDeviceIsIdle() {
    List<AtomicInteger> steps = List.of(new AtomicInteger(), new AtomicInteger());
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      int[] prompt = tokens(1, 36);
      prompt[34] = 100 + i;
      requests.add(turn(prompt));
    }
    try (Engine engine = open(steps.stream().map(SeveralDevicesTest::sound).toList())) {
      assertThat(answers(requests.stream().map(engine::submit).toList()))
          .isEqualTo(alone(requests));
    }
    assertThat(steps).allSatisfy(n -> assertThat(n.get()).isPositive());
  }

  @Test
  void whenTheLastIsLostEverythingFailsWithThat() {
    List<Request> requests = requests(30);
    List<Supplier<Device>> devices =
        List.of(breaking(3, new AtomicInteger()), breaking(9, new AtomicInteger()));
    try (Engine engine = open(devices)) {
      List<Generation> generations = requests.stream().map(engine::submit).toList();
      Generation last = generations.getLast();
      assertThatThrownBy(() -> last.completion().join())
          .isInstanceOf(CompletionException.class)
          .hasRootCauseMessage("fell off the bus");
      assertThat(generations).allSatisfy(g -> assertThat(g.completion()).isDone());
      assertThatThrownBy(() -> engine.submit(requests.getFirst()))
          .hasMessage("the engine failed earlier")
          .hasRootCauseMessage("fell off the bus");
    }
    assertThat(lost).hasSize(1);
  }

  /** What an observer is shown, in order. */
  private static final class Shown implements Observer {
    private final List<String> all = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void begins(int position, float[] state) {
      all.add(position + " begins " + Arrays.hashCode(state));
    }

    @Override
    public void steps(int position, int step, float[] state, float[] logits) {
      all.add(
          position + " after " + step + ": " + Arrays.hashCode(state) + Arrays.hashCode(logits));
    }

    List<String> sorted() {
      return all.stream().sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 6, 9, 20})
  void whoLooksOnIsShownEachStepOnceWhereverItIsTaken(int stepsUntilThen) {
    for (Thinking thinking :
        List.of(
            Thinking.PLAIN,
            Thinking.PLAIN.withExit(Exit.parse("latent-diff")),
            Thinking.PLAIN.withContinuous(Continuous.PUBLISHED),
            Thinking.PLAIN.withKv(KvSharing.parse("mod:2")))) {
      Request request = Request.of(new int[] {3, 4}, 6, 5).with(thinking);
      Shown alone = new Shown();
      List<Token> wanted;
      try (Engine engine = Engine.open(NANO, OPTIONS)) {
        wanted = engine.observe(request, alone).completion().join().tokens();
      }
      lost.clear();
      List<Supplier<Device>> devices =
          List.of(breaking(stepsUntilThen, new AtomicInteger()), sound(new AtomicInteger()));
      Shown shown = new Shown();
      try (Engine engine = open(devices)) {
        assertThat(engine.observe(request, shown).completion().join().tokens()).isEqualTo(wanted);
      }
      assertThat(lost).as("%s", thinking).hasSize(1);
      assertThat(shown.sorted())
          .as("%s", thinking)
          .isEqualTo(alone.sorted())
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void whatOnlyScoresAPromptIsScoredElsewhere() {
    Request scored =
        new Request(
            new int[] {3, 4, 5, 6},
            Options.DEFAULT.withSteps(6).withMaxTokens(3).withPromptLogProbs(2));
    List<Token> expected;
    try (Engine engine = Engine.open(NANO, OPTIONS)) {
      expected = engine.submit(scored).completion().join().prompt();
    }
    assertThat(expected).hasSize(4);
    List<Supplier<Device>> devices =
        List.of(breaking(8, new AtomicInteger()), sound(new AtomicInteger()));
    try (Engine engine = open(devices)) {
      Completion answer = engine.submit(scored).completion().join();
      assertThat(answer.prompt()).isEqualTo(expected);
    }
    assertThat(lost).singleElement().satisfies(one -> assertThat(one.requests()).isEqualTo(1));
  }

  @Test
  void whoWaitsForAPlaceIsGoneWhenCancelledAndLeavesItToOthers() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    Supplier<Device> held =
        () ->
            new ForwardingDevice(new CpuDevice(1)) {
              @Override
              public Routine prepare(Program program) {
                Routine routine = super.prepare(program);
                return lanes -> {
                  awaited(goOn);
                  routine.run(lanes);
                };
              }
            };
    try (Engine engine = open(List.of(held, held))) {
      List<Request> requests = requests(40);
      List<Generation> generations = requests.stream().map(engine::submit).toList();
      for (Generation last : generations.subList(20, 40)) {
        last.cancel();
        assertThat(last.completion().get(30, TimeUnit.SECONDS).finishReason())
            .as("no tick ends while the devices are held")
            .isEqualTo(FinishReason.CANCELLED);
      }
      goOn.countDown();
      assertThat(answers(generations.subList(0, 20))).isEqualTo(alone(requests.subList(0, 20)));
    }
  }

  private static void awaited(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void oneThatCannotBeOpenedKeepsAllFromStarting() {
    AtomicReference<Boolean> closed = new AtomicReference<>(false);
    Supplier<Device> good =
        () ->
            new ForwardingDevice(new CpuDevice(1)) {
              @Override
              public void close() {
                closed.set(true);
                super.close();
              }
            };
    Supplier<Device> bad =
        () -> {
          throw new UserException("GPU 1 is not there");
        };
    assertThatThrownBy(() -> open(List.of(good, bad))).hasMessage("GPU 1 is not there");
    assertThat(closed.get()).isTrue();
  }

  @Test
  void closingCancelsWhatWaitsAndWhatIsInWorkOnAllOfThem() {
    List<Supplier<Device>> devices =
        List.of(sound(new AtomicInteger()), sound(new AtomicInteger()));
    List<Generation> generations;
    try (Engine engine = open(devices)) {
      Request lasting =
          new Request(
              new int[] {1}, Options.DEFAULT.withSteps(8).withMaxTokens(100).withIgnoreEos(true));
      generations = Collections.nCopies(40, lasting).stream().map(engine::submit).toList();
    }
    assertThat(generations)
        .allSatisfy(g -> assertThat(g.completion().join().finishReason()).isNotNull());
  }

  @Test
  void aDeviceIsNamedOnce() {
    assertThatThrownBy(
            () -> new DeviceOptions("cuda:1,1", 0, "auto", "auto", 0.9, false, "auto", ""))
        .isInstanceOf(UserException.class)
        .hasMessage("device 'cuda:1,1' names one twice: name each once");
  }
}

package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
import muninn.kernels.WatchedDevice;
import muninn.model.KvSharing;
import muninn.text.Tokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Guessing ahead: the text of plain decoding, from less work in sequence and none done twice. */
class SpeculationTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final Path SUMS = Path.of("../../weights/raven-sums");
  private static final long MIB = 1 << 20;

  /** Where the engine runs. */
  DeviceOptions device() {
    return DeviceOptions.cpu(2);
  }

  /** Requests that are tried; {@code -Dmuninn.requests=N} tries another number. */
  private int requests() {
    return Integer.getInteger("muninn.requests", usualRequests());
  }

  /** Requests that are tried where no number is stated. */
  int usualRequests() {
    return 200;
  }

  /** One in so many of the bundled model's problems is tried. */
  int stride() {
    return 10;
  }

  private EngineOptions roomy() {
    return new EngineOptions(device(), 256, 64, 16, 512 * MIB);
  }

  /** Lanes, places and memory that the requests wait for. */
  private EngineOptions cramped() {
    return new EngineOptions(device(), 24, 9, 16, 24 * MIB);
  }

  private Device open() {
    return Devices.open(device());
  }

  @ParameterizedTest
  @CsvSource({"0, 3", "1, 2"})
  void theTextIsThatOfPlainDecodingToTheBit(int ticksAhead, long seed) {
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < requests(); i++) {
      requests.add(randomRequest(random, 160));
    }
    List<Completion> plain;
    EngineOptions enough = new EngineOptions(device(), 24, 24, 16, 512 * MIB);
    try (Engine engine = Engine.open(NANO, enough)) {
      plain = answers(engine, requests);
    }
    int squashed = 0;
    int kept = 0;
    try (Engine engine = Engine.open(NANO, cramped(), () -> EngineTest.ahead(open(), ticksAhead))) {
      List<Request> speculating = new ArrayList<>();
      for (Request request : requests) {
        speculating.add(
            request.with(
                request
                    .options()
                    .thinking()
                    .withSpeculation(how(random, request.options().steps()))));
      }
      List<Completion> guessed = answers(engine, speculating);
      for (int i = 0; i < requests.size(); i++) {
        assertThat(guessed.get(i).tokens())
            .as("request %d: %s", i, speculating.get(i).options().thinking())
            .isEqualTo(plain.get(i).tokens());
        assertThat(guessed.get(i).finishReason()).isEqualTo(plain.get(i).finishReason());
        squashed += guessed.get(i).stats().speculated().squashed();
        kept +=
            guessed.get(i).stats().speculated().byPlace().stream()
                .mapToInt(Completion.Rate::right)
                .sum();
      }
    }
    assertThat(squashed).isGreaterThan(requests() / 2);
    assertThat(kept).isGreaterThan(requests() / 2);
  }

  private static Speculation how(Random random, int steps) {
    if (steps == 1) {
      return Speculation.NONE;
    }
    int draft = 1 + random.nextInt(steps - 1);
    return switch (random.nextInt(4)) {
      case 0 -> Speculation.wavefront(Speculation.AUTO);
      case 1 -> Speculation.rounds(draft, 2 + random.nextInt(5));
      case 2 -> Speculation.wavefront(draft).withLanes(2 + random.nextInt(4));
      default -> Speculation.wavefront(draft);
    };
  }

  private static Request randomRequest(Random random, int vocabulary) {
    Sampling sampling = RandomSampling.next(random, vocabulary);
    KnownExit.Kind kind = Rules.exact()[random.nextInt(Rules.exact().length)];
    Exit exit =
        random.nextInt(3) > 0
            ? Exit.NEVER
            : new Exit(new KnownExit(kind, 0.1f), 1, 1 + random.nextInt(3), random.nextInt(3) == 0)
                .withLookahead(random.nextInt(3) == 0);
    int longest = random.nextInt(4) == 0 ? 100 : 10;
    return new Request(
        random.ints(1 + random.nextInt(longest), 0, vocabulary).toArray(),
        Options.DEFAULT
            .withSteps(1 + random.nextInt(16))
            .withMaxTokens(1 + random.nextInt(20))
            .withSampling(sampling)
            .withInitScale(random.nextInt(2))
            .withIgnoreEos(random.nextInt(4) > 0)
            .withLogProbs(random.nextInt(4) - 1)
            .withThinking(Thinking.PLAIN.withExit(exit)));
  }

  private static List<Completion> answers(Engine engine, List<Request> requests) {
    List<Generation> generations = requests.stream().map(engine::submit).toList();
    return generations.stream().map(generation -> generation.completion().join()).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rounds:draft=1,k=4", "wavefront:draft=1", "wavefront:draft=2"})
  void stopStringsAndTheModelsEndCutWhatWasGuessedBeyondThem(String how) throws IOException {
    EngineOptions options = new EngineOptions(device(), 64, 8, 16, 64 * MIB);
    try (Engine engine = Engine.open(SUMS, options)) {
      for (List<String> stop : List.of(List.<String>of(), List.of("11", "0"))) {
        List<Completion> plain = sums(engine, Speculation.NONE, 12, stop);
        List<Completion> guessed = sums(engine, Speculation.parse(how), 12, stop);
        for (int i = 0; i < plain.size(); i++) {
          assertThat(guessed.get(i).text()).isEqualTo(plain.get(i).text());
          assertThat(guessed.get(i).tokens()).isEqualTo(plain.get(i).tokens());
        }
      }
    }
  }

  private List<Completion> sums(Engine engine, Speculation how, int steps, List<String> stop)
      throws IOException {
    Tokenizer tokenizer = engine.model().tokenizer().orElseThrow();
    List<Request> requests = new ArrayList<>();
    List<String> lines = Files.readAllLines(SUMS.resolve("eval.jsonl"));
    for (int i = 0; i < lines.size(); i += stride()) { // of every kind
      String prompt = new ObjectMapper().readTree(lines.get(i)).get("prompt").asText();
      requests.add(
          new Request(
              tokenizer.encodePrompt(prompt),
              Options.DEFAULT
                  .withSteps(steps)
                  .withMaxTokens(9)
                  .withStop(stop)
                  .withThinking(Thinking.PLAIN.withSpeculation(how))));
    }
    return answers(engine, requests);
  }

  @Test
  void aWavefrontTakesFarFewerPassesWherePredictionsSettleEarly() throws IOException {
    EngineOptions alone = new EngineOptions(device(), 64, 1, 16, 64 * MIB);
    try (Engine engine = Engine.open(SUMS, alone)) {
      long plain = ticks(sums(engine, Speculation.NONE, 12, List.of()));
      List<Completion> guessed = sums(engine, Speculation.wavefront(1), 12, List.of());
      assertThat(ticks(guessed)).isLessThanOrEqualTo(plain * 4 / 10);
    }
  }

  private static long ticks(List<Completion> completions) {
    return completions.stream().mapToLong(completion -> completion.stats().ticks()).sum();
  }

  @Test
  void nothingIsComputedTwice() {
    // Where every guess is right the work is that of plain decoding, step for step; where one is
    // wrong, what was built on it comes on top and nothing else.
    Request request = Request.of(new int[] {5}, 16, 20).with(Thinking.PLAIN);
    try (Engine engine = Engine.open(NANO, roomy())) {
      long plain = engine.submit(request).completion().join().stats().steps();
      assertThat(plain).isEqualTo(16 * 20);
      for (int draft : new int[] {1, 4, 8, 12, 15}) {
        for (Speculation how :
            List.of(Speculation.rounds(draft, 4), Speculation.wavefront(draft))) {
          Completion.Stats stats =
              engine
                  .submit(request.with(Thinking.PLAIN.withSpeculation(how)))
                  .completion()
                  .join()
                  .stats();
          int squashed = stats.speculated().squashed();
          assertThat(stats.steps())
              .as("%s with %d lanes squashed", how, squashed)
              .isBetween(plain + squashed, plain + 16L * squashed);
        }
      }
    }
  }

  @Test
  void aRoundDraftsLanesOneAfterAnotherAndAdvancesThemTogether() {
    // After the prompt's 16 steps, every round of k = 4 with all guesses right takes 4 drafts of 12
    // and 4 more steps, and says 4 tokens.
    Request request = Request.of(new int[] {5}, 16, 9);
    try (Engine engine = Engine.open(NANO, roomy())) {
      Completion completion =
          engine
              .submit(request.with(Thinking.PLAIN.withSpeculation(Speculation.rounds(12, 4))))
              .completion()
              .join();
      Completion.Stats stats = completion.stats();
      assertThat(stats.speculated().squashed()).isZero();
      assertThat(stats.ticks()).isEqualTo(16 + 2 * (4 * 12 + 4));
      assertThat(stats.speculated().byDepth()).isEqualTo(Map.of(12, new Completion.Rate(6, 6)));
      assertThat(stats.speculated().byPlace()).containsOnly(new Completion.Rate(2, 2)).hasSize(3);
    }
  }

  @Test
  void lanesOnGuessesGiveWayWhenTheBatchIsFull() {
    EngineOptions full = new EngineOptions(device(), 4, 4, 16, 64 * MIB);
    CountDownLatch submitted = new CountDownLatch(1);
    try (Engine engine = Engine.open(NANO, full, () -> startingAfter(submitted, open()))) {
      Thinking wave = Thinking.PLAIN.withSpeculation(Speculation.wavefront(1));
      List<Generation> generations = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        generations.add(engine.submit(Request.of(new int[] {i}, 8, 12).with(wave)));
      }
      submitted.countDown();
      List<Completion> completions =
          generations.stream().map(generation -> generation.completion().join()).toList();
      // Four rows for four requests, until only the last ones are left.
      assertThat(completions.subList(0, 8))
          .allMatch(completion -> completion.stats().speculated().opened() == 0);
      Generation alone = engine.submit(Request.of(new int[] {5}, 8, 12).with(wave));
      assertThat(alone.completion().join().stats().speculated().opened()).isPositive();
    }
  }

  /** A device whose first position waits for the latch. */
  private static Device startingAfter(CountDownLatch latch, Device device) {
    return new WatchedDevice(
        device,
        (program, lanes) -> {
          try {
            latch.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void whatCannotBeExactIsRefusedWithTheReasonUnlessApproximateIsAskedFor() {
    Speculation wave = Speculation.wavefront(2);
    Thinking shared = Thinking.PLAIN.withKv(KvSharing.parse("mod:2")).withSpeculation(wave);
    Thinking continuous = Thinking.PLAIN.withContinuous(Continuous.PUBLISHED).withSpeculation(wave);
    Thinking output =
        Thinking.PLAIN.withExit(Exit.when(KnownExit.Kind.KL.rule())).withSpeculation(wave);
    Request request = Request.of(new int[] {5}, 8, 12);
    try (Engine engine = Engine.open(NANO, roomy())) {
      refuses(engine, request.with(shared), "kv mod:2", "keys", "approximate");
      refuses(engine, request.with(continuous), "continuous", "starts where", "approximate");
      refuses(engine, request.with(output), "exit rule", "output", "approximate");
      for (Thinking thinking : List.of(shared, continuous, output)) {
        Request allowed = request.with(thinking.withSpeculation(wave.approximately()));
        assertThat(engine.submit(allowed).completion().join().tokens()).hasSize(12);
      }
      Thinking deep = Thinking.PLAIN.withSpeculation(Speculation.wavefront(8));
      refuses(engine, request.with(deep), "drafts at 8 steps and steps is 8");
      Thinking alone = Thinking.PLAIN.withSpeculation(Speculation.rounds(2, 1));
      refuses(engine, request.with(alone), "speculate k is 1");
      Thinking none = Thinking.PLAIN.withSpeculation(Speculation.rounds(0, 4));
      refuses(engine, request.with(none), "speculate draft is 0");
      Thinking wide = Thinking.PLAIN.withSpeculation(wave.withLanes(1));
      refuses(engine, request.with(wide), "speculate lanes is 1");
      KnownExit rule = KnownExit.Kind.LATENT_DIFF.rule();
      Thinking both = Thinking.PLAIN.withExit(Exit.when(rule)).withSpeculation(wave.freezing(rule));
      refuses(engine, request.with(both), "leave freeze or the exit rule out");
      Thinking rounds = Thinking.PLAIN.withSpeculation(Speculation.rounds(2, 4).freezing(rule));
      refuses(engine, request.with(rounds), "only a wavefront");
      Thinking zero =
          Thinking.PLAIN.withSpeculation(
              wave.freezing(new KnownExit(KnownExit.Kind.ARGMAX_STABILITY, 0.5f)));
      refuses(engine, request.with(zero), "speculate threshold is 0.5");
    }
  }

  private static void refuses(Engine engine, Request request, String... parts) {
    assertThatThrownBy(() -> engine.submit(request))
        .isInstanceOf(UserException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(parts));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "none",
        "rounds:draft=3,k=5",
        "wavefront:draft=auto",
        "wavefront:draft=2,lanes=6,approximate",
        "wavefront:draft=auto,lanes=6,branches=off",
        "wavefront:draft=4,lanes=6,freeze=latent-diff,threshold=0.1,approximate"
      })
  void speculationIsWrittenAsItIsRead(String text) {
    assertThat(Speculation.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                             | no speculation
          waves                          | no speculation
          none:draft=1                   | none has no 'draft'
          rounds:draft=auto              | draft is 'auto', no whole number from 1
          rounds:k=x                     | k is 'x', no whole number from 1
          rounds:k                       | k is '', no whole number from 1
          rounds:k=4,k=5                 | k is stated twice
          rounds:freeze=latent-diff      | rounds has no 'freeze'
          rounds:branches=off            | rounds has no 'branches'
          wavefront:branches=no          | branches is 'no', not on or off
          wavefront:k=4                  | wavefront has no 'k'
          wavefront:draft=2,             | wavefront has no ''
          wavefront:freeze=soon          | freeze is 'soon', no exit rule (latent-diff, cosine
          wavefront:freeze=kl,threshold=0 | threshold is '0', no number above 0
          wavefront:threshold=0.1        | threshold is stated but not freeze
          """)
  void whatIsNoSpeculationIsRefusedWithWhatIsWrongAndTheForms(String text, String wrong) {
    assertThatThrownBy(() -> Speculation.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "': " + wrong)
        .hasMessageContaining("wanted none, rounds:draft=4,k=4");
  }

  @Test
  void toFreezeIsToAskForApproximateTextInAnyOrderOfOptions() {
    Speculation freezing =
        Speculation.wavefront(2).freezing(new KnownExit(KnownExit.Kind.COSINE, 0.5f));
    assertThat(Speculation.parse("wavefront:threshold=0.5,freeze=cosine,draft=2"))
        .isEqualTo(freezing);
    assertThat(freezing.approximate()).isTrue();
    assertThat(Speculation.parse("wavefront:freeze=latent-diff").freeze())
        .isEqualTo(KnownExit.Kind.LATENT_DIFF.rule());
  }

  @Test
  void frozenPositionsTakeFewerStepsAndTheAnswerSaysThatItIsApproximate() {
    Request request = Request.of(new int[] {5}, 16, 20);
    try (Engine engine = Engine.open(NANO, roomy())) {
      Completion plain = engine.submit(request).completion().join();
      Completion frozen = engine.submit(freezing(request, 0.1f)).completion().join();
      assertThat(plain.stats().speculated().approximate()).isFalse();
      assertThat(frozen.stats().speculated().approximate()).isTrue();
      assertThat(frozen.tokens()).hasSize(20);
      List<Integer> steps = frozen.tokens().stream().map(Token::steps).toList();
      assertThat(steps.getFirst()).as("of the prompt's position").isEqualTo(16);
      assertThat(steps.getLast()).as("of the last, which no later one freezes").isEqualTo(16);
      assertThat(steps.stream().mapToInt(i -> i).average().orElseThrow()).isLessThan(14);
      assertThat(frozen.stats().steps()).isLessThan(plain.stats().steps());

      Completion never = engine.submit(freezing(request, 1e-30f)).completion().join();
      assertThat(never.tokens()).isEqualTo(plain.tokens());
    }
  }

  @Test
  void rulesThatLookAtTheOutputKeepNoRows() throws Exception {
    // Lanes that ask speak first; those before them, at full depth already, are to be heard first.
    int rows = 8;
    EngineOptions narrow = new EngineOptions(device(), rows, 2, 16, 64 * MIB);
    KnownExit rule = new KnownExit(KnownExit.Kind.KL, 0.05f);
    Request request = Request.of(new int[] {5}, 3, 20);
    try (Engine engine = Engine.open(NANO, narrow)) {
      for (Thinking thinking :
          List.of(
              Thinking.PLAIN
                  .withExit(Exit.when(rule))
                  .withSpeculation(Speculation.wavefront(1).approximately()),
              Thinking.PLAIN.withSpeculation(Speculation.wavefront(1).freezing(rule)))) {
        assertThat(engine.submit(request.with(thinking)).completion().get().tokens()).hasSize(20);
        Request everyRow =
            Request.of(new int[rows], 3, 1)
                .with(Thinking.PLAIN.withKv(KvSharing.parse("mod:1"))); // opens at once or not
        engine.submit(everyRow).completion().get(60, TimeUnit.SECONDS);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rounds:draft=2,k=4", "wavefront:draft=2"})
  void aRuleThatThrowsAmongGuessesFailsItsAnswerAlone(String how) throws Exception {
    int rows = 8;
    EngineOptions narrow = new EngineOptions(device(), rows, 2, 16, 64 * MIB);
    Request request = Request.of(new int[] {5}, 8, 12);
    Speculation guessing = Speculation.parse(how);
    Thinking broken = Thinking.PLAIN.withExit(Exit.when(throwsAt(20))).withSpeculation(guessing);
    try (Engine engine = Engine.open(NANO, narrow)) {
      List<Token> plain = engine.submit(request).completion().get().tokens();
      Generation failing = engine.submit(request.with(broken));
      Generation other = engine.submit(request.with(Thinking.PLAIN.withSpeculation(guessing)));
      assertThatThrownBy(() -> failing.completion().get()).hasRootCauseMessage("at 20");
      assertThat(other.completion().get().tokens()).isEqualTo(plain);
      Thinking together = Thinking.PLAIN.withKv(KvSharing.parse("mod:1"));
      Request everyRow = Request.of(new int[rows], 3, 1).with(together);
      engine.submit(everyRow).completion().get(60, TimeUnit.SECONDS);
    }
  }

  /** A rule that lets nothing go, and throws when asked so many times. */
  private static ExitRule throwsAt(int asked) {
    AtomicInteger count = new AtomicInteger();
    return new ExitRule() {
      @Override
      public Sees sees() {
        return Sees.LATENT;
      }

      @Override
      public Watch watch() {
        return _ -> {
          if (count.incrementAndGet() == asked) {
            throw new IllegalStateException("at " + asked);
          }
          return false;
        };
      }
    };
  }

  @Test
  void anEngineClosedAmongGuessesEndsItsAnswersWithWhatWasFinal() throws Exception {
    Request request = Request.of(new int[] {5}, 16, 100);
    List<Token> plain;
    try (Engine engine = Engine.open(NANO, roomy())) {
      plain = engine.submit(request).completion().get().tokens();
    }
    List<Generation> generations = new ArrayList<>();
    try (Engine engine = Engine.open(NANO, roomy())) {
      for (Speculation how : List.of(Speculation.wavefront(1), Speculation.rounds(2, 4))) {
        generations.add(engine.submit(request.with(Thinking.PLAIN.withSpeculation(how))));
      }
      generations.getFirst().iterator().next();
    }
    for (Generation generation : generations) {
      List<Token> said = generation.completion().get().tokens();
      assertThat(said).isEqualTo(plain.subList(0, said.size()));
    }
    assertThat(generations.getFirst().completion().get().tokens()).isNotEmpty();
  }

  private static Request freezing(Request request, float threshold) {
    KnownExit rule = new KnownExit(KnownExit.Kind.LATENT_DIFF, threshold);
    return request.with(Thinking.PLAIN.withSpeculation(Speculation.wavefront(1).freezing(rule)));
  }
}

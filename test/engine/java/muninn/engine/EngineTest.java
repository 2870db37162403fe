package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.engine.request.Thinking;
import muninn.kernels.Device;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.Program.Role;
import muninn.kernels.WatchedDevice;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the engine promises of requests, alone and together. */
class EngineTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final long MIB = 1 << 20;

  /** Where the engine runs. */
  DeviceOptions device(int threads) {
    return DeviceOptions.cpu(threads);
  }

  /** Requests that are tried together; each takes up to 40 tokens of prompt, 30 of answer. */
  int requests() {
    return 64;
  }

  /** Small enough that the requests wait for rows, for places and for memory. */
  private EngineOptions cramped() {
    return new EngineOptions(device(3), 12, 7, 16, 20 * MIB);
  }

  private EngineOptions roomy() {
    return new EngineOptions(device(1), 256, 64, 16, 512 * MIB);
  }

  private Device open(int threads) {
    return Devices.open(device(threads));
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 2"})
  void theSameSeedGivesTheSameTokensAloneOrInAnyBatch(int ticksAhead, long seed) throws Exception {
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < requests(); i++) {
      requests.add(randomRequest(random));
    }

    List<Completion> alone = new ArrayList<>();
    try (Engine engine = Engine.open(NANO, roomy())) {
      for (Request request : requests) {
        alone.add(engine.submit(request).completion().join());
      }
    }

    List<Generation> together = new ArrayList<>();
    try (Engine engine = Engine.open(NANO, cramped(), () -> ahead(open(3), ticksAhead))) {
      for (Request request : requests) {
        together.add(engine.submit(request));
        Thread.sleep(random.nextInt(4)); // random arrival
      }
      for (int i = 0; i < requests(); i++) {
        Completion completion = together.get(i).completion().join();
        // tokens, steps and log-probabilities, the latter to the bit
        assertThat(completion.tokens()).as("request %d", i).isEqualTo(alone.get(i).tokens());
        assertThat(completion.finishReason()).isEqualTo(alone.get(i).finishReason());
      }
      assertThat(together.stream().mapToDouble(g -> g.completion().join().stats().lanesPerTick()))
          .as("some requests shared their ticks")
          .anyMatch(lanes -> lanes > 8);
    }
  }

  private static Request randomRequest(Random random) {
    int[] prompt = random.ints(1 + random.nextInt(40), 0, 160).toArray();
    Sampling sampling = RandomSampling.next(random, 160);
    return new Request(
        prompt,
        Options.DEFAULT
            .withSteps(1 + random.nextInt(16))
            .withMaxTokens(1 + random.nextInt(30))
            .withSampling(sampling)
            .withInitScale(random.nextInt(2))
            .withIgnoreEos(true)
            .withLogProbs(random.nextInt(4) - 1));
  }

  /** A device that wants the host to run ahead, as a GPU does. */
  static Device ahead(Device device, int ticks) {
    return new ForwardingDevice(device) {
      @Override
      public int ticksAhead() {
        return ticks;
      }
    };
  }

  @Test
  void aRowThatFallsFreeIsTakenAtTheNextTick() {
    // One row, so every position of both requests takes it in turn: nothing idles or is
    // wasted.
    EngineOptions oneRow = new EngineOptions(device(1), 1, 2, 16, 64 * MIB);
    AtomicLong ticks = new AtomicLong();
    try (Engine engine = Engine.open(NANO, oneRow, () -> counting(open(1), ticks))) {
      Generation first = engine.submit(Request.of(new int[] {5, 6, 7}, 4, 3));
      Generation second = engine.submit(Request.of(new int[] {8}, 2, 2));
      first.completion().join();
      second.completion().join();
    }
    // positions opened × steps: (3 + 2) × 4 and (1 + 1) × 2
    assertThat(ticks).hasValue(24);
  }

  @Test
  void promptsPrefillTogetherAndRequestsOfDifferentDepthShareTicks() {
    AtomicLong ticks = new AtomicLong();
    EngineOptions options = new EngineOptions(device(1), 64, 8, 16, 64 * MIB);
    try (Engine engine = Engine.open(NANO, options, () -> counting(open(1), ticks))) {
      int[] prompt = new int[60];
      Completion completion = engine.submit(Request.of(prompt, 5, 3)).completion().join();
      assertThat(completion.tokens()).hasSize(3);
      assertThat(completion.stats().promptTokens()).isEqualTo(60);
      assertThat(completion.stats().ticks()).isEqualTo(15);
    }
    assertThat(ticks).hasValue(15);
  }

  /** Counts the passes over the core, among them those before one fails. */
  private static Device counting(Device device, AtomicLong coreTicks) {
    return new WatchedDevice(
        device,
        (program, lanes) -> {
          if (program.role() == Role.CORE) {
            coreTicks.incrementAndGet();
          }
        });
  }

  @Test
  void tokensArriveOneByOneAndTheCompletionHoldsThemAll() {
    try (Engine engine = Engine.open(NANO, roomy())) {
      Generation generation = engine.submit(Request.of(new int[] {5}, 3, 9));
      List<Token> heard = new ArrayList<>();
      generation.forEach(heard::add);
      assertThat(heard).hasSize(9).isEqualTo(generation.completion().join().tokens());
      assertThat(generation.iterator().hasNext()).isFalse();
    }
  }

  @Test
  void anAnswerEndsAtTheModelsBlockSize() {
    try (Engine engine = Engine.open(NANO, roomy())) {
      int[] prompt = new int[126];
      Completion completion = engine.submit(Request.of(prompt, 1, 50)).completion().join();
      // positions 126 and 127 can still be thought about, and the last one predicts a third token
      assertThat(completion.tokens()).hasSize(3);
      assertThat(completion.finishReason()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void cancellingEndsAnAnswerAndFreesItsPlace() {
    EngineOptions onePlace = new EngineOptions(device(1), 4, 1, 16, 64 * MIB);
    try (Engine engine = Engine.open(NANO, onePlace)) {
      Generation endless = engine.submit(Request.of(new int[] {5}, 16, 120));
      Generation waiting = engine.submit(Request.of(new int[] {6}, 16, 120));
      Generation last = engine.submit(Request.of(new int[] {7}, 2, 2));
      endless.iterator().next();
      waiting.cancel();
      endless.cancel();
      assertThat(endless.completion().join().finishReason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(endless.completion().join().tokens()).isNotEmpty();
      assertThat(waiting.completion().join().finishReason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(waiting.completion().join().tokens()).isEmpty();
      assertThat(last.completion().join().tokens()).hasSize(2);
    }
  }

  @Test
  void closingCancelsWhatIsUnderWay() {
    Engine engine = Engine.open(NANO, roomy());
    Generation generation = engine.submit(Request.of(new int[] {5}, 16, 120));
    engine.close();
    assertThat(generation.completion().join().finishReason()).isEqualTo(FinishReason.CANCELLED);
    assertThatThrownBy(() -> engine.submit(Request.of(new int[] {5}, 1, 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    engine.close();
  }

  @Test
  void aFailureReachesEveryoneWaitingAndEveryoneAfter() {
    AtomicLong ticks = new AtomicLong();
    try (Engine engine = Engine.open(NANO, roomy(), () -> failing(open(1), ticks))) {
      Generation one = engine.submit(Request.of(new int[] {5}, 16, 100));
      assertThatThrownBy(() -> one.forEach(t -> {})).hasRootCauseMessage("planted");
      assertThatThrownBy(() -> one.completion().join()).hasRootCauseMessage("planted");
      assertThatThrownBy(() -> engine.submit(Request.of(new int[] {5}, 1, 1)))
          .hasRootCauseMessage("planted");
    }
  }

  private static Device failing(Device device, AtomicLong ticks) {
    return new WatchedDevice(
        device,
        (program, lanes) -> {
          if (program.role() == Role.CORE && ticks.incrementAndGet() > 20) {
            throw new IllegalStateException("planted");
          }
        });
  }

  @Test
  void logitsThatAreNotNumbersEndTheirAnswersAndLeaveTheEngineRunning(@TempDir Path folder)
      throws IOException {
    Files.copy(NANO.resolve("config.json"), folder.resolve("config.json"));
    byte[] file = Files.readAllBytes(NANO.resolve("model.safetensors"));
    int data = 8 + (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    JsonNode norm =
        new ObjectMapper().readTree(file, 8, data - 8).at("/transformer.ln_f.weight/data_offsets");
    // the largest number, which is fine in itself: what it is multiplied with is not
    for (int at = data + norm.get(0).asInt(); at < data + norm.get(1).asInt(); at += Float.BYTES) {
      ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putFloat(at, Float.MAX_VALUE);
    }
    Files.write(folder.resolve("model.safetensors"), file);

    try (Engine engine = Engine.open(folder, roomy())) {
      for (Sampling sampling :
          List.of(Sampling.GREEDY, Sampling.GREEDY.withTemperature(1).withTopK(5).withTopP(0.9f))) {
        Request request =
            new Request(
                new int[] {5, 6},
                Options.DEFAULT
                    .withSteps(2)
                    .withMaxTokens(3)
                    .withSampling(sampling)
                    .withInitScale(0)
                    .withLogProbs(2));
        Generation generation = engine.submit(request);
        assertThatThrownBy(() -> generation.completion().join())
            .hasCauseInstanceOf(UserException.class)
            .hasMessageContaining("not numbers");
        assertThatThrownBy(() -> generation.forEach(token -> {}))
            .hasRootCauseInstanceOf(UserException.class);
      }
    }
  }

  @Test
  void differentSeedsStartFromDifferentLatentsAndZeroScaleFromNone() {
    try (Engine engine = Engine.open(NANO, roomy())) {
      int[] prompt = {5, 6, 7};
      float[] one = engine.inspect(prompt, 2, 1f, 1).latent();
      assertThat(engine.inspect(prompt, 2, 1f, 1).latent()).isEqualTo(one);
      assertThat(engine.inspect(prompt, 2, 1f, 2).latent()).isNotEqualTo(one);
      float[] zero = engine.inspect(prompt, 2, 0f, 1).latent();
      assertThat(zero).isNotEqualTo(one).isEqualTo(engine.inspect(prompt, 2, 0f, 2).latent());
    }
  }

  @Test
  void aPromptInSmallChunksGivesTheSameLogitsToTheBit() {
    int[] prompt = new Random(3).ints(50, 0, 160).toArray();
    try (Engine whole = Engine.open(NANO, roomy());
        Engine chunked = Engine.open(NANO, new EngineOptions(device(2), 7, 2, 16, 64 * MIB))) {
      Engine.Inspection a = whole.inspect(prompt, 6, 1f, 9);
      Engine.Inspection b = chunked.inspect(prompt, 6, 1f, 9);
      for (int p = 0; p < prompt.length; p++) {
        assertThat(b.logits().get(p)).as("position %d", p).isEqualTo(a.logits().get(p));
      }
      assertThat(b.latent()).isEqualTo(a.latent());
    }
  }

  @Test
  void requestsThatCannotBeServedAreRefusedWithFieldValueAndRemedy() {
    Request good = Request.of(new int[] {5}, 2, 2);
    try (Engine engine = Engine.open(NANO, cramped())) {
      refuses(engine, Request.of(new int[0], 2, 2), "no tokens");
      refuses(engine, Request.of(new int[129], 2, 2), "129", "block_size is 128", "shorten");
      refuses(engine, Request.of(new int[] {5, 160}, 2, 2), "160", "0 to 159");
      refuses(engine, Request.of(new int[] {-1}, 2, 2), "-1");
      refuses(engine, Request.of(new int[] {5}, 0, 2), "steps is 0", "1 to 16");
      refuses(engine, Request.of(new int[] {5}, 17, 2), "steps is 17", "max_steps");
      refuses(engine, Request.of(new int[] {5}, 2, 0), "max_tokens is 0");
      refuses(engine, with(good, Sampling.GREEDY.withTemperature(-1)), "temperature is -1");
      refuses(engine, with(good, Sampling.GREEDY.withTemperature(Float.NaN)), "temperature is NaN");
      refuses(engine, with(good, Sampling.GREEDY.withTemperature(1).withTopK(-1)), "top_k is -1");
      refuses(engine, with(good, Sampling.GREEDY.withTemperature(1).withTopP(0)), "top_p is 0");
      refuses(
          engine, with(good, Sampling.GREEDY.withTemperature(1).withTopP(1.5f)), "top_p is 1.5");
      refuses(engine, with(good, Sampling.GREEDY.withTemperature(1).withMinP(2)), "min_p is 2");
      refuses(
          engine,
          with(good, Sampling.GREEDY.withTemperature(1).withRepetitionPenalty(0)),
          "repetition_penalty is 0");
      refuses(
          engine,
          with(good, Sampling.GREEDY.withLogitBias(Map.of(3, -101f))),
          "logit_bias is 3:-101");
      refuses(
          engine,
          with(good, Sampling.GREEDY.withLogitBias(Map.of(3, 1f, 1_000_000, 1f))),
          "logit_bias token 1000000 is outside the vocabulary");
      Request stop =
          new Request(
              new int[] {5}, Options.DEFAULT.withSteps(2).withMaxTokens(2).withStop(List.of("x")));
      refuses(engine, stop, "stop", "no tokenizer.json");
      Request scale =
          new Request(
              new int[] {5}, Options.DEFAULT.withSteps(2).withMaxTokens(2).withInitScale(-1));
      refuses(engine, scale, "init_scale is -1");
      assertThat(engine.submit(good).completion().join().tokens()).hasSize(2);
    }
    try (Engine tiny = Engine.open(NANO, new EngineOptions(device(1), 4, 1, 16, MIB))) {
      refuses(tiny, Request.of(new int[100], 16, 20), "KV pages", "kv_memory");
    }
  }

  @Test
  void aSequenceHasNoMorePositionsThanThereIsMemoryForAtOneStep() {
    long page;
    try (Device device = Devices.open(device(1))) {
      page = device.kvPageBytes(3, 16);
    }
    // 8 blocks: one page each for 16 positions, while 2 · 5 of shared ones would hold 32
    EngineOptions options = new EngineOptions(device(1), 4, 1, 16, 12 * page);
    try (Engine engine = Engine.open(NANO, options)) {
      Options shared =
          Options.DEFAULT
              .withSteps(4)
              .withMaxTokens(8)
              .withThinking(Thinking.PLAIN.withKv(KvSharing.parse("div-blocks:1000")));
      refuses(engine, new Request(new int[12], shared), "19 positions", "of 16", "kv_memory");
      Completion fits = engine.submit(new Request(new int[9], shared)).completion().join();
      assertThat(fits.tokens()).hasSize(8);
    }
  }

  private static Request with(Request r, Sampling sampling) {
    return new Request(
        r.prompt(),
        Options.DEFAULT
            .withSteps(r.options().steps())
            .withMaxTokens(r.options().maxTokens())
            .withSampling(sampling));
  }

  private static void refuses(Engine engine, Request request, String... parts) {
    assertThatThrownBy(() -> engine.submit(request))
        .as(Arrays.toString(parts))
        .isInstanceOf(UserException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(parts));
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 4, 1, 16, 0, threads is -1",
    "1, -1, 1, 16, 0, max_lanes is -1",
    "1, 4, -1, 16, 0, max_sequences is -1",
    "1, 4, 1, 0, 0, max_steps is 0",
    "1, 4, 1, 2147483647, 0, max_steps is 2147483647",
    "1, 4, 1, 16, -1, kv_memory is -1",
  })
  void optionsOutOfRangeAreRefusedWithTheirName(
      int threads, int lanes, int sequences, int steps, long kvBytes, String message) {
    assertThatThrownBy(
            () -> new EngineOptions(DeviceOptions.cpu(threads), lanes, sequences, steps, kvBytes))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message + ", wanted ");
  }

  @Test
  void aRequestKeepsItsPromptWhateverItsMakerDoesToTheArray() {
    int[] prompt = {5, 6};
    Request request = Request.of(prompt, 1, 1);
    prompt[0] = -1;
    assertThat(request.prompt()).containsExactly(5, 6);
  }

  @Test
  void aDeviceNobodyKnowsIsRefused() {
    assertThatThrownBy(() -> DeviceOptions.DEFAULT.on("tpu"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("tpu");
  }
}

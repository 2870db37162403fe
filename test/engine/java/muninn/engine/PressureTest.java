package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import muninn.cuda.Emulated;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.cuda.CudaOnPaper;
import muninn.kernels.cuda.TestDevice;
import muninn.model.KvSharing;
import muninn.model.Model;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A job takes in as many requests as would have memory if all were like most. Where they want more
 * than that, all are answered all the same, with the texts that they have alone.
 */
class PressureTest {
  private static final String MODEL = "random:d=32,heads=2,ffn=48,vocab=96,layers=1/1/1,context=80";
  private static final int MULTIPROCESSORS = 2;
  private static final int STEPS = 4;
  private static final int REQUESTS = 24;
  private static final int PAGE_BYTES = 2 * 2 * 16 * 32 * Float.BYTES; // a row is filled up to 32

  /** What most of its requests are said to be like; in truth they keep many times as much. */
  private static final Offline SAID = new Offline(1, KvSharing.parse("mod:1"));

  private static EngineOptions options() {
    DeviceOptions device =
        new DeviceOptions("emulated", 0, "float32", "auto", 0.9, true, "own", "");
    return new EngineOptions(device, 0, 0, STEPS, 0).withOffline(SAID);
  }

  private static List<Request> requests() {
    Random random = new Random(3);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      int[] prompt = random.ints(1 + random.nextInt(20), 0, 90).toArray();
      Options options =
          Options.DEFAULT
              .withSteps(STEPS - random.nextInt(2))
              .withMaxTokens(10 + random.nextInt(40))
              .withIgnoreEos(true)
              .withSampling(Sampling.GREEDY.withTemperature(0.8f).withSeed(i));
      requests.add(new Request(prompt, options));
    }
    return requests;
  }

  /** A monitor that counts who is set back. */
  private record SetBacks(AtomicInteger count) implements Monitor {
    @Override
    public void setBack(SetBack which) {
      count.incrementAndGet();
    }
  }

  /** Memory of a GPU on which an engine for the job has so many pages, or a few more. */
  private static long memory(int pages) {
    long memory = 1 << 20;
    while (true) {
      try (Model model = Model.open(MODEL)) {
        Footprint footprint =
            Footprint.of(
                model,
                options(),
                CudaOnPaper.device(DType.F32, Format.F32, MULTIPROCESSORS, true),
                memory);
        if (footprint.keyBytes() >= (long) pages * PAGE_BYTES) {
          return memory;
        }
      }
      memory += 16 << 10;
    }
  }

  /** Chunks of 16 positions at full depth: the longest request needs five. */
  @ParameterizedTest
  @ValueSource(ints = {5, 12})
  void manyRequestsInLittleMemorySayWhatEachSaysAlone(int chunks) {
    Assumptions.assumeFalse(TestDevice.isGpu(), "it is the emulated device that has little memory");
    Emulated.driver();
    long memory = memory(chunks * (2 + STEPS));
    List<Request> requests = requests();
    AtomicInteger setBack = new AtomicInteger();
    try (Devices.Claim _ = Devices.claim(MULTIPROCESSORS, memory)) {
      List<List<Integer>> alone;
      EngineOptions one = new EngineOptions(DeviceOptions.cpu(1), 0, 1, STEPS, 0);
      try (Engine engine = Engine.open(Model.open(MODEL), one)) {
        alone = answers(engine, requests);
      }
      EngineOptions options = options();
      Supplier<Device> device = () -> Devices.open(options.device());
      try (Engine engine = Engine.open(Model.open(MODEL), options, device, new SetBacks(setBack))) {
        assertThat(engine.room().sequences()).isGreaterThan(1);
        assertThat(answers(engine, requests)).isEqualTo(alone);
      }
    }
    assertThat(setBack.get()).as("requests set back").isPositive();
    assertThat(setBack.get()).as("each but a few times").isLessThan(4 * REQUESTS);
  }

  private static List<List<Integer>> answers(Engine engine, List<Request> requests) {
    List<Generation> asked = requests.stream().map(engine::submit).toList();
    return asked.stream()
        .map(generation -> generation.completion().join().tokens())
        .map(tokens -> tokens.stream().map(Token::id).toList())
        .toList();
  }
}

package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.request.Request;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.forward.Forward;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** For how many lanes and requests an engine makes room. */
class RoomTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final int STEPS = 4;

  private static EngineOptions options(int lanes, int sequences, long kvBytes) {
    return new EngineOptions(DeviceOptions.cpu(1), lanes, sequences, 128, kvBytes);
  }

  /** Huginn in bfloat16: a token's keys and values at 32 steps are 2.8 MB. */
  @ParameterizedTest(name = "{0} GiB, {1} lanes and {2} requests asked for: {3} and {4}")
  @CsvSource({
    "60,  0,  0,  256, 90",
    "250, 0,  0,  512, 256",
    "4,   0,  0,  256, 6",
    "0,   0,  0,  256, 1",
    "60,  7,  0,  7,   90",
    "60,  0,  64, 256, 64",
    "250, 0,  900, 512, 900",
    "0,   7,  3,  7,   3"
  })
  void memoryDecidesWhereNobodyDoes(
      long gib, int lanes, int sequences, int roomForLanes, int roomForSequences) {
    Config huginn = Model.open("random:huginn-0125").config();
    long page = 2L * KvCache.PAGE * huginn.kvHeads() * huginn.headWidth() * 2;
    assertThat(Room.of(options(lanes, sequences, 0), huginn, gib << 30, page, 4096))
        .isEqualTo(new Room(roomForLanes, roomForSequences));
  }

  /** In fp8 and with the keys of four steps alone, a token of Huginn's takes 0.22 MB. */
  @ParameterizedTest(name = "{0} GiB, {1} lanes and {2} requests asked for on {3}: {4} and {5}")
  @CsvSource({
    "60,  0,  0,  cuda,     2048, 1024",
    "60,  0,  0,  emulated, 2048, 1024",
    "60,  0,  0,  cuda:0,   2048, 1024",
    "60,  0,  0,  cpu,      346,  173",
    "13,  0,  0,  cuda,     494,  247",
    "0,   0,  0,  cuda,     256,  1",
    "60,  64, 0,  cuda,     64,   1024",
    "60,  0,  32, cuda,     256,  32",
    "60,  0,  3000, cuda,   2048, 3000"
  })
  void aJobThatNobodyWaitsForTakesMoreOnAGpu(
      long gib, int lanes, int sequences, String device, int roomLanes, int roomSequences) {
    Config huginn = Model.open("random:huginn-0125").config();
    long page = 2L * KvCache.PAGE * huginn.kvHeads() * (huginn.headWidth() + 4);
    EngineOptions options =
        new EngineOptions(DeviceOptions.DEFAULT.on(device), lanes, sequences, 128, 0)
            .withOffline(new Offline(32, KvSharing.parse("mod:4")));
    assertThat(Room.of(options, huginn, gib << 30, page, 4096))
        .isEqualTo(new Room(roomLanes, roomSequences));
    assertThat(options.mostSequences())
        .isEqualTo(sequences > 0 ? sequences : device.equals("cpu") ? 256 : 1024);
  }

  @Test
  void whatIsStatedIsWhatThereIs() {
    try (Engine engine = Engine.open(NANO, options(9, 3, 1 << 24))) {
      assertThat(engine.room()).isEqualTo(new Room(9, 3));
    }
  }

  /** Chunks of memory at full depth; one is what the longest request needs. */
  @ParameterizedTest
  @ValueSource(ints = {3, 5, 40})
  void howeverLittleMemoryThereIsAnswersAreTheSame(int chunks) {
    Random random = new Random(chunks);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      int[] prompt = random.ints(1 + random.nextInt(20), 0, 160).toArray();
      requests.add(Request.of(prompt, STEPS, 1 + random.nextInt(20)));
    }
    Config config = Config.read(NANO.resolve("config.json"));
    long page;
    try (Device device = Devices.open(DeviceOptions.cpu(1))) {
      page = device.kvPageBytes(config.kvHeads(), config.headWidth());
    }
    List<Completion> alone;
    try (Engine engine = Engine.open(NANO, options(64, 1, 1 << 24))) {
      alone = answers(engine, requests);
    }
    long memory = page * chunks * Forward.slots(config, STEPS);
    try (Engine engine = Engine.open(NANO, options(0, 0, memory))) {
      assertThat(engine.room().sequences()).isBetween(1, 256);
      assertThat(answers(engine, requests))
          .extracting(Completion::tokens)
          .isEqualTo(alone.stream().map(Completion::tokens).toList());
    }
  }

  private static List<Completion> answers(Engine engine, List<Request> requests) {
    List<Generation> generations = requests.stream().map(engine::submit).toList();
    return generations.stream().map(generation -> generation.completion().join()).toList();
  }
}

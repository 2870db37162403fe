package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import muninn.UserException;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.text.Tokenizer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys and values as scaled bytes through the CUDA kernels: exact within a format. */
@Tag("gpu")
class CudaKvFormatsTest {
  private static final Path SUMS = Path.of("../../weights/raven-sums");
  private static final Path NANO = Golden.folder("raven-nano");

  private static DeviceOptions cuda(String dtype, String kv) {
    return OnCuda.device(dtype).withKvDtype(kv);
  }

  @Nested
  class Mixtures extends MixtureTest {
    @Override
    DeviceOptions device() {
      return cuda("bfloat16", "int8");
    }

    @Override
    int requests() {
      return 6; // a tick of the emulated device takes tens of milliseconds
    }
  }

  @Nested
  class SetBacks extends SetBackTest {
    static LongStream seeds() {
      return LongStream.rangeClosed(1, 1);
    }

    @Override
    DeviceOptions device() {
      return cuda("float32", "fp8");
    }

    @Override
    int requests() {
      return 10;
    }
  }

  @ParameterizedTest
  @CsvSource({"fp8, 2", "int8, 1"})
  void inFloat32TheTextIsTheCpusToTheBit(String kv, int seed) {
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Sampling drawn = Sampling.GREEDY.withTemperature(0.9f).withSeed(random.nextLong());
      requests.add(
          new Request(
              random.ints(1 + random.nextInt(24), 0, 160).toArray(),
              Options.DEFAULT
                  .withSteps(1 + i)
                  .withMaxTokens(6)
                  .withSampling(i % 2 == 0 ? Sampling.GREEDY : drawn)
                  .withIgnoreEos(true)
                  .withLogProbs(2)));
    }
    EngineOptions here =
        new EngineOptions(DeviceOptions.cpu(0).withKvDtype(kv), 64, 16, 16, 64L << 20);
    assertThat(answers(NANO, here.on(cuda("float32", kv)), requests))
        .isEqualTo(answers(NANO, here, requests));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp8", "int8"})
  void theBundledModelSaysWhatItSaysOnTheCpuInTheSameFormat(String kv) {
    EngineOptions here =
        new EngineOptions(DeviceOptions.cpu(0).withKvDtype(kv), 64, 16, 16, 64L << 20);
    List<Request> requests = new ArrayList<>();
    try (Engine engine = Engine.open(SUMS, here)) {
      Tokenizer tokenizer = engine.model().tokenizer().orElseThrow();
      Random random = new Random(12);
      for (int i = 0; i < 100; i++) {
        String sum = random.nextInt(1000) + "+" + random.nextInt(1000) + "=";
        requests.add(Request.of(tokenizer.encodePrompt(sum), 8, 6));
      }
    }
    List<List<Token>> wanted = answers(SUMS, here, requests);
    List<List<Token>> found = answers(SUMS, here.on(cuda("bfloat16", kv)), requests);
    int equal = 0;
    for (int i = 0; i < requests.size(); i++) {
      equal += ids(found.get(i)).equals(ids(wanted.get(i))) ? 1 : 0;
    }
    assertThat(equal).as("answers of 100 that are the CPU's").isGreaterThanOrEqualTo(99);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp8", "int8"})
  void aLanesLogitsAreTheSameToTheBitAloneAndAmongManyOthers(String kv) {
    Random random = new Random(13);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      requests.add(
          new Request(
              random.ints(1 + i % 3 * 9, 0, 160).toArray(),
              Options.DEFAULT.withSteps(3).withMaxTokens(2).withIgnoreEos(true).withLogProbs(159)));
    }
    EngineOptions options = new EngineOptions(cuda("bfloat16", kv), 64, 64, 4, 64L << 20);
    List<List<Token>> together = answers(NANO, options, requests);
    for (int i : new int[] {0, 7, 38, 39}) {
      assertThat(answers(NANO, options, requests.subList(i, i + 1)).getFirst())
          .as("request %d in %s", i, kv)
          .isEqualTo(together.get(i));
    }
  }

  @Test
  void keysInATypeThatItDoesNotMultiplyAreRefusedWithThoseThatItKeeps() {
    EngineOptions options = new EngineOptions(cuda("bfloat16", "float32"), 8, 2, 4, 1L << 20);
    assertThatThrownBy(() -> Engine.open(NANO, options))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "a CUDA device that computes in bfloat16 does not keep keys and values in float32:"
                + " choose bfloat16, fp8 or int8 (kv_dtype)");
  }

  private static List<List<Token>> answers(
      Path folder, EngineOptions options, List<Request> requests) {
    try (Engine engine = Engine.open(folder, options)) {
      List<Generation> generations = requests.stream().map(engine::submit).toList();
      return generations.stream().map(g -> g.completion().join().tokens()).toList();
    }
  }

  private static List<Integer> ids(List<Token> tokens) {
    return tokens.stream().map(Token::id).toList();
  }
}

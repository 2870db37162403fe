package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.text.Tokenizer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The CUDA kernels against the CPU, whole answers of whole models. */
@Tag("gpu")
class BackendTest {
  private static final Path SUMS = Path.of("../../weights/raven-sums");
  private static final EngineOptions CPU =
      new EngineOptions(DeviceOptions.cpu(0), 64, 16, 16, 64L << 20);

  private static EngineOptions emulated(String dtype) {
    return new EngineOptions(OnCuda.device(dtype), 64, 16, 16, 64L << 20);
  }

  @Test
  void inFloat32TheTextIsTheCpusToTheBitGreedyAndDrawn() {
    Random random = new Random(11);
    Path nano = Golden.folder("raven-nano");
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Sampling sampling =
          i % 2 == 0
              ? Sampling.GREEDY
              : Sampling.GREEDY
                  .withTemperature(0.5f + random.nextFloat())
                  .withTopK(20)
                  .withTopP(0.9f)
                  .withMinP(0.02f)
                  .withRepetitionPenalty(1.2f)
                  .withSeed(random.nextLong());
      int[] prompt = random.ints(1 + random.nextInt(24), 0, 160).toArray();
      requests.add(
          new Request(
              prompt,
              Options.DEFAULT
                  .withSteps(1 + i)
                  .withMaxTokens(6)
                  .withSampling(sampling)
                  .withInitScale(i % 3)
                  .withIgnoreEos(true)
                  .withLogProbs(2)));
    }
    assertThat(answers(nano, emulated("float32"), requests))
        .isEqualTo(answers(nano, CPU, requests));
  }

  @Test
  void inBfloat16TheBundledModelSaysWhatItSaysOnTheCpu() {
    List<Request> requests = new ArrayList<>();
    try (Engine engine = Engine.open(SUMS, CPU)) {
      Tokenizer tokenizer = engine.model().tokenizer().orElseThrow();
      Random random = new Random(12);
      for (int i = 0; i < 100; i++) {
        String sum = random.nextInt(1000) + "+" + random.nextInt(1000) + "=";
        requests.add(Request.of(tokenizer.encodePrompt(sum), 8, 6));
      }
    }
    List<List<Integer>> there = ids(answers(SUMS, emulated("bfloat16"), requests));
    List<List<Integer>> here = ids(answers(SUMS, CPU, requests));
    int equal = 0;
    for (int i = 0; i < requests.size(); i++) {
      equal += there.get(i).equals(here.get(i)) ? 1 : 0;
    }
    assertThat(equal).as("answers of 100 that are the CPU's").isGreaterThanOrEqualTo(99);
  }

  @Test
  void aLanesLogitsAreTheSameToTheBitAloneAndAmongSixtyThreeOthers() {
    for (String dtype : List.of("float32", "bfloat16")) {
      Random random = new Random(13);
      List<Request> requests = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        // All their positions open in the same tick: 64 lanes, one of each sequence.
        requests.add(
            new Request(
                new int[] {random.nextInt(160)},
                Options.DEFAULT
                    .withSteps(4)
                    .withMaxTokens(2)
                    .withIgnoreEos(true)
                    .withLogProbs(159)));
      }
      Path nano = Golden.folder("raven-nano");
      EngineOptions options = new EngineOptions(OnCuda.device(dtype), 64, 64, 4, 64L << 20);
      List<List<Token>> together = answers(nano, options, requests);
      for (int i : new int[] {0, 7, 8, 40, 63}) {
        // every log-probability of the distribution, so every logit but for a common shift
        assertThat(answers(nano, options, requests.subList(i, i + 1)).getFirst())
            .as("request %d in %s", i, dtype)
            .isEqualTo(together.get(i));
      }
    }
  }

  private static List<List<Token>> answers(
      Path folder, EngineOptions options, List<Request> requests) {
    try (Engine engine = Engine.open(folder, options)) {
      List<Generation> generations = requests.stream().map(engine::submit).toList();
      return generations.stream().map(g -> g.completion().join().tokens()).toList();
    }
  }

  private static List<List<Integer>> ids(List<List<Token>> answers) {
    return answers.stream().map(tokens -> tokens.stream().map(Token::id).toList()).toList();
  }
}

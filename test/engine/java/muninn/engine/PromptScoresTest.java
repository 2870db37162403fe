package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Token;
import muninn.engine.request.Exit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How probable a prompt's own tokens are. */
class PromptScoresTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5};
  private static Engine engine;

  @BeforeAll
  static void open() {
    engine = Engine.open(Path.of("../../weights/raven-sums"));
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  @Test
  void eachTokenHasTheLogProbabilityThatTheLogitsBeforeItGive() {
    List<float[]> logits = engine.inspect(PROMPT, 6, 1f, 3).logits();

    Completion scored = scored(PROMPT, Options.DEFAULT.withSteps(6).withSeed(3));

    assertThat(scored.prompt()).extracting(Token::id).containsExactly(boxed(PROMPT));
    assertThat(scored.prompt().getFirst().logProb()).isNaN();
    for (int i = 1; i < PROMPT.length; i++) {
      Token token = scored.prompt().get(i);
      assertThat(token.logProb()).isCloseTo(logProb(logits.get(i - 1), PROMPT[i]), within(1e-5f));
      assertThat(token.steps()).isEqualTo(6);
      assertThat(token.top()).hasSize(2);
      float[] before = logits.get(i - 1);
      assertThat(before[token.top().getFirst().id()]).isEqualTo(largest(before));
      assertThat(token.top().get(0).logProb()).isGreaterThanOrEqualTo(token.top().get(1).logProb());
    }
  }

  @Test
  void whatWasSaidIsAsProbableWhenItIsReadAgain() {
    Options options =
        Options.DEFAULT.withSteps(5).withMaxTokens(6).withIgnoreEos(true).withLogProbs(0);
    Completion said = engine.submit(new Request(PROMPT, options)).completion().join();
    int[] whole =
        IntStream.concat(IntStream.of(PROMPT), said.tokens().stream().mapToInt(Token::id))
            .toArray();

    List<Token> read = scored(whole, options).prompt();

    for (int i = 0; i < 6; i++) {
      assertThat(read.get(PROMPT.length + i).logProb())
          .isCloseTo(said.tokens().get(i).logProb(), within(1e-5f));
    }
  }

  @Test
  void anAnswerIsTheSameAndThinkingInOtherWaysIsScoredToo() {
    for (Thinking thinking :
        List.of(
            Thinking.PLAIN,
            Thinking.PLAIN.withSpeculation(Speculation.parse("wavefront:draft=2")),
            Thinking.PLAIN.withExit(Exit.parse("latent-diff")))) {
      Options options = Options.DEFAULT.withSteps(8).withMaxTokens(5).withThinking(thinking);
      Completion plain = engine.submit(new Request(PROMPT, options)).completion().join();

      Completion scored = scored(PROMPT, options);

      assertThat(scored.tokens())
          .extracting(Token::id)
          .isEqualTo(plain.tokens().stream().map(Token::id).toList());
      assertThat(scored.prompt()).hasSameSizeAs(boxed(PROMPT));
      assertThat(plain.prompt()).isEmpty();
    }
  }

  @Test
  void aPromptThatOthersHadIsScoredInFull() {
    Options options = Options.DEFAULT.withSteps(4).withMaxTokens(1).withInitScale(0);
    int[] prompt = IntStream.range(0, 100).map(i -> i % 10).toArray();
    engine.submit(new Request(prompt, options)).completion().join();

    assertThat(scored(prompt, options).prompt()).hasSize(100);
  }

  private static Completion scored(int[] prompt, Options options) {
    return engine.submit(new Request(prompt, options.withPromptLogProbs(2))).completion().join();
  }

  private static Integer[] boxed(int[] ids) {
    return IntStream.of(ids).boxed().toArray(Integer[]::new);
  }

  private static float largest(float[] logits) {
    return (float)
        IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).max().orElseThrow();
  }

  private static float logProb(float[] logits, int token) {
    double sum = IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(logits[i])).sum();
    return (float) (logits[token] - Math.log(sum));
  }
}

package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Exit;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.model.KvSharing;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * What holds for Huginn holds for every family: an answer depends neither on what else is answered
 * nor on speculation, to the bit of its log-probabilities.
 */
class FamilyExactnessTest {
  static final List<String> ALL = FamilyGoldenTest.ALL;

  private static final int STEPS = 4;
  private static final Sampling DRAWN =
      Sampling.GREEDY.withTemperature(1).withTopK(20).withTopP(0.95f).withSeed(7);

  EngineOptions options() {
    return new EngineOptions(DeviceOptions.cpu(0), 64, 16, 8, 0L);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void anAnswerIsTheSameAloneAmongOthersAndWithSpeculation(String checkpoint) {
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      for (Sampling sampling : List.of(Sampling.GREEDY, DRAWN)) {
        List<Token> alone = answer(engine.submit(request(3, sampling, Thinking.PLAIN)));
        List<Generation> together = new ArrayList<>();
        for (Thinking thinking :
            List.of(
                Thinking.PLAIN,
                Thinking.PLAIN.withSpeculation(Speculation.wavefront(1)),
                Thinking.PLAIN.withSpeculation(Speculation.wavefront(2)),
                Thinking.PLAIN.withSpeculation(Speculation.rounds(1, 3)))) {
          together.add(engine.submit(request(3, sampling, thinking)));
        }
        List<Generation> others = new ArrayList<>();
        for (int seed = 0; seed < 3; seed++) {
          Thinking shared = Thinking.PLAIN.withKv(KvSharing.parse("mod:1"));
          others.add(engine.submit(request(5 + seed, sampling, shared)));
        }
        for (Generation generation : together) {
          assertThat(answer(generation)).as("%s", sampling).isEqualTo(alone);
        }
        others.forEach(FamilyExactnessTest::answer);
      }
    }
  }

  /** Both meanings of an exit, of the rules that see the state alone. */
  @ParameterizedTest
  @FieldSource("ALL")
  void soItIsWithExitsThatLeaveAndExitsThatSelect(String checkpoint) {
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      boolean gated = engine.model().architecture().gate() != null;
      KnownExit rule =
          gated
              ? new KnownExit(KnownExit.Kind.GATE, 0.6f)
              : new KnownExit(KnownExit.Kind.LATENT_DIFF, 0.5f);
      KnownExit path = new KnownExit(KnownExit.Kind.CONTRACTION, 0.5f);
      for (Exit exit :
          List.of(
              Exit.when(rule),
              Exit.when(path),
              Exit.when(rule).withLookahead(true),
              new Exit(rule, 1, 1, true),
              new Exit(rule, 1, 1, true, true))) {
        Thinking plain = Thinking.PLAIN.withExit(exit);
        List<Token> alone = answer(engine.submit(request(3, DRAWN, plain)));
        List<Generation> together = new ArrayList<>();
        for (Speculation how :
            List.of(
                Speculation.NONE,
                Speculation.wavefront(1),
                Speculation.wavefront(2),
                Speculation.rounds(1, 3))) {
          together.add(engine.submit(request(3, DRAWN, plain.withSpeculation(how))));
        }
        Generation other = engine.submit(request(6, DRAWN, Thinking.PLAIN));
        for (Generation generation : together) {
          assertThat(answer(generation)).as("%s", exit).isEqualTo(alone);
        }
        answer(other);
      }
    }
  }

  private static Request request(int first, Sampling sampling, Thinking thinking) {
    int[] prompt = {first, 11, 7, 2, 50, 3, 90, 4, 17};
    return new Request(
        prompt,
        Options.DEFAULT
            .withSteps(STEPS)
            .withMaxTokens(12)
            .withSampling(sampling)
            .withIgnoreEos(true)
            .withLogProbs(3)
            .withThinking(thinking));
  }

  private static List<Token> answer(Generation generation) {
    return generation.completion().join().tokens();
  }
}

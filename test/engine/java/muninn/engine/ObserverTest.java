package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Continuous;
import muninn.engine.request.Exit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Test;

/** What an observer sees is what happens, and looking changes nothing. */
class ObserverTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final int[] PROMPT = {5, 7, 9, 11, 3};
  private static final int STEPS = 6;

  /** Where the engine runs. */
  DeviceOptions device() {
    return DeviceOptions.cpu(2);
  }

  private record Seen(float[] state, float[] logits) {}

  /** By position, then step. */
  private static final class Notes implements Observer {
    final Map<Integer, Map<Integer, Seen>> seen = new TreeMap<>();

    @Override
    public void begins(int position, float[] state) {
      seen.computeIfAbsent(position, p -> new TreeMap<>()).put(0, new Seen(state, null));
    }

    @Override
    public void steps(int position, int step, float[] state, float[] logits) {
      assertThat(seen.get(position).put(step, new Seen(state, logits))).isNull();
    }
  }

  private Engine open() {
    return Engine.open(NANO, new EngineOptions(device(), 32, 4, 16, 64 << 20));
  }

  private static Request request(float initScale, int maxTokens) {
    Sampling sampling = Sampling.GREEDY.withSeed(7);
    return new Request(
        PROMPT,
        Options.DEFAULT
            .withSteps(STEPS)
            .withMaxTokens(maxTokens)
            .withSampling(sampling)
            .withInitScale(initScale)
            .withIgnoreEos(true));
  }

  @Test
  void everyStepSaysWhatARequestOfThatDepthWouldSay() {
    try (Engine engine = open()) {
      Notes notes = new Notes();
      engine.observe(request(1, 1), notes).completion().join();

      assertThat(notes.seen).hasSize(PROMPT.length);
      for (int step = 1; step <= STEPS; step++) {
        Engine.Inspection wanted = engine.inspect(PROMPT, step, 1, 7);
        for (int position = 0; position < PROMPT.length; position++) {
          assertThat(notes.seen.get(position).get(step).logits())
              .as("step %d of position %d", step, position)
              .isEqualTo(wanted.logits().get(position));
        }
      }
    }
  }

  @Test
  void statesBeginWhereTheScaleSaysAndMoveWithEachStep() {
    try (Engine engine = open()) {
      Notes zero = new Notes();
      engine.observe(request(0, 1), zero).completion().join();
      Notes random = new Notes();
      engine.observe(request(1, 1), random).completion().join();

      assertThat(zero.seen.get(2).get(0).state()).containsOnly(0f);
      assertThat(random.seen.get(2).get(0).state()).isNotEqualTo(zero.seen.get(2).get(0).state());
      for (int step = 0; step < STEPS; step++) {
        assertThat(random.seen.get(2).get(step + 1).state())
            .hasSameSizeAs(random.seen.get(2).get(step).state())
            .isNotEqualTo(random.seen.get(2).get(step).state());
      }
    }
  }

  @Test
  void anAnswerIsTheSameObservedAndAmongOthersAndItsPositionsAreSeenToo() {
    try (Engine engine = open()) {
      Completion wanted = engine.submit(request(1, 6)).completion().join();
      Notes alone = new Notes();
      engine.observe(request(1, 6), alone).completion().join();
      List<Generation> others = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        others.add(engine.submit(Request.of(new int[] {i + 1, 4}, i + 3, 9)));
      }
      Notes among = new Notes();
      Completion observed = engine.observe(request(1, 6), among).completion().join();
      others.forEach(other -> other.completion().join());

      assertThat(observed.tokens()).isEqualTo(wanted.tokens());
      assertThat(among.seen).hasSize(PROMPT.length + 5);
      among.seen.forEach(
          (position, steps) -> {
            assertThat(steps).hasSize(STEPS + 1);
            steps.forEach(
                (step, seen) -> {
                  assertThat(seen.state()).isEqualTo(alone.seen.get(position).get(step).state());
                  assertThat(seen.logits()).isEqualTo(alone.seen.get(position).get(step).logits());
                });
          });
    }
  }

  /** Ways to think, each of which leaves something else behind for later positions. */
  private static List<Thinking> ways() {
    return List.of(
        Thinking.PLAIN,
        Thinking.PLAIN.withExit(Exit.parse("latent-diff").withMinSteps(2)),
        Thinking.PLAIN.withExit(Exit.parse("kl").withPrompt(true)),
        Thinking.PLAIN.withExit(Exit.parse("cosine").withLookahead(true)),
        Thinking.PLAIN.withExit(Exit.parse("argmax-stability").withSelects(true)),
        Thinking.PLAIN.withKv(KvSharing.parse("mod:2")),
        Thinking.PLAIN.withContinuous(Continuous.PUBLISHED),
        Thinking.PLAIN
            .withContinuous(Continuous.STATE)
            .withKv(KvSharing.parse("mod:1"))
            .withExit(Exit.parse("latent-diff")));
  }

  /** An answer that is seen whole, and one of which a part is known: the same is thought. */
  @Test
  void whatWasSaidThinksAgainAsItDid() {
    try (Engine engine = open()) {
      for (Thinking way : ways()) {
        Request request = request(1, 6).with(way);
        Notes whole = new Notes();
        Completion answer = engine.observe(request, whole).completion().join();
        assertThat(answer.tokens())
            .as("%s, unobserved", way)
            .isEqualTo(engine.submit(request).completion().join().tokens());
        int[] said = answer.tokens().stream().limit(4).mapToInt(Token::id).toArray();
        int last = PROMPT.length + said.length - 1;
        Notes one = new Notes();
        Completion next =
            engine
                .observe(new Request(PROMPT, request.options().withMaxTokens(5)), said, last, one)
                .completion()
                .join();

        assertThat(next.tokens()).as("%s", way).hasSize(1);
        assertThat(next.tokens().getFirst().id()).isEqualTo(answer.tokens().get(4).id());
        assertThat(one.seen.keySet()).as("nothing else is shown").containsExactly(last);
        Map<Integer, Seen> wanted = whole.seen.get(last);
        assertThat(one.seen.get(last).keySet()).as("%s", way).isEqualTo(wanted.keySet());
        one.seen
            .get(last)
            .forEach(
                (step, seen) -> {
                  assertThat(seen.state())
                      .as("%s, step %d", way, step)
                      .isEqualTo(wanted.get(step).state());
                  assertThat(seen.logits())
                      .as("%s, step %d", way, step)
                      .isEqualTo(wanted.get(step).logits());
                });
      }
    }
  }

  @Test
  void positionsLeaveWhereTheirRuleSaysAlsoWhenSeen() {
    try (Engine engine = open()) {
      Request request =
          request(1, 6).with(Thinking.PLAIN.withExit(Exit.parse("latent-diff").withMinSteps(2)));
      Notes notes = new Notes();
      List<Token> tokens = engine.observe(request, notes).completion().join().tokens();
      for (int i = 1; i < tokens.size(); i++) {
        assertThat(notes.seen.get(PROMPT.length - 1 + i)).hasSize(1 + tokens.get(i).steps());
      }
    }
  }

  @Test
  void guessesThatWouldChangeTheTextAreRefusedByName() {
    try (Engine engine = open()) {
      Speculation wave = Speculation.parse("wavefront:draft=1,approximate");
      Request request =
          request(1, 1)
              .with(Thinking.PLAIN.withSpeculation(wave).withContinuous(Continuous.PUBLISHED));
      assertThatThrownBy(() -> engine.observe(request, new Notes()))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("cannot be watched here");
      Request plain = request(1, 2);
      assertThatThrownBy(() -> engine.observe(plain, new int[] {1, 2}, 0, new Notes()))
          .hasMessage("max_tokens is 2 and 2 tokens are said already: raise max_tokens");
      assertThatThrownBy(() -> engine.observe(plain, new int[] {-1}, 0, new Notes()))
          .hasMessageContaining("answer token -1 (at place 0) is outside the vocabulary");
    }
  }
}

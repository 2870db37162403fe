package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import muninn.UserException;
import muninn.engine.DeviceOptions;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.answer.Generation;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.model.Model;
import muninn.text.ChatTemplate.Message;
import org.junit.jupiter.api.Test;

/** What can be refused without weights is refused without them. */
class LateEngineTest {
  private static final EngineOptions ROOM = new EngineOptions(DeviceOptions.cpu(1), 8, 2, 16, 0L);

  private final Model model = Model.open("random:32x2x48,vocab=40,context=32,layers=1/1/1");
  private final StringWriter said = new StringWriter();
  private final Waiting waiting = new Waiting(new PrintWriter(said), false, () -> 0, 0);
  private int opened;

  private LateEngine late() {
    return new LateEngine(
        model,
        ROOM,
        waiting,
        () -> {
          opened++;
          return Engine.open(model, ROOM);
        });
  }

  @Test
  void noWeightIsMadeForWhatCannotBeAnswered() {
    try (LateEngine late = late()) {
      refused("no tokenizer.json", () -> late.responder().prompt("hi"));
      refused(
          "no tokenizer.json",
          () -> late.responder().conversation(List.of(new Message("user", "hi"))));
      refused("outside the vocabulary", () -> late.responder().submit(Request.of(ids(40), 2, 2)));
      refused("the prompt has no tokens", () -> late.check(Request.of(new int[0], 2, 2)));
      refused("steps is 17", () -> late.check(Request.of(ids(1), 17, 2)));
      Thinking hasty = Thinking.PLAIN.withSpeculation(Speculation.wavefront(8));
      Options options = Options.DEFAULT.withSteps(4).withThinking(hasty);
      refused("drafts at 8 steps", () -> late.check(new Request(ids(1), options)));
    }
    assertThat(opened).isZero();
  }

  @Test
  void theFirstGoodRequestOpensItAndTheNextOnesFindItOpen() {
    try (LateEngine late = late()) {
      for (int i = 0; i < 3; i++) {
        Generation answer = late.responder().submit(Request.of(ids(1, 2), 2, 3));
        assertThat(answer.completion().join().tokens()).hasSize(3);
      }
    }
    assertThat(opened).isEqualTo(1);
  }

  @Test
  void anEngineThatCannotBeOpenedIsNoRequestsFault() {
    UserException reason = new UserException("no such device");
    LateEngine late =
        new LateEngine(
            model,
            ROOM,
            waiting,
            () -> {
              throw reason;
            });
    assertThatThrownBy(() -> late.responder().submit(Request.of(ids(1), 2, 2)))
        .isInstanceOf(LateEngine.NotOpened.class)
        .hasCause(reason);
    assertThatThrownBy(late::engine).isSameAs(reason);
    late.close();
  }

  @Test
  void moreStepsThanALoopWasTrainedForAreSaidOnceAndAnswered() {
    Model ouro = Model.open("random:ouro-1.4b,32x2x48,vocab=40,context=32,layers=0/1/0");
    try (LateEngine late = new LateEngine(ouro, ROOM, waiting, () -> Engine.open(ouro, ROOM))) {
      late.check(Request.of(ids(1), 4, 2));
      assertThat(said.toString()).isEmpty();
      for (int i = 0; i < 2; i++) {
        late.responder().submit(Request.of(ids(1), 6, 2)).completion().join();
      }
      assertThat(said.toString())
          .startsWith("muninn: steps is 6 and random:ouro-1.4b")
          .contains("(Ouro) is meant for 4")
          .hasLineCount(1);
    }
  }

  @Test
  void aModelThatTakesItsInputAgainAtEachStepMayThinkAsLongAsItLikes() {
    try (LateEngine late = late()) {
      late.check(Request.of(ids(1), 16, 2));
      assertThat(said.toString()).isEmpty();
    }
  }

  private static void refused(String why, Runnable asking) {
    assertThatThrownBy(asking::run).isInstanceOf(UserException.class).hasMessageContaining(why);
  }

  private static int[] ids(int... ids) {
    return ids;
  }
}

package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;
import muninn.UserException;
import muninn.engine.DeviceOptions;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.Generation;
import muninn.engine.Options;
import muninn.engine.Request;
import muninn.engine.Speculation;
import muninn.engine.Thinking;
import muninn.model.Model;
import muninn.text.ChatTemplate.Message;
import org.junit.jupiter.api.Test;

/** What can be refused without weights is refused without them. */
class LateEngineTest {
  private static final EngineOptions ROOM = new EngineOptions(DeviceOptions.cpu(1), 8, 2, 16, 0L);

  private final Model model = Model.open("random:32x2x48,vocab=40,context=32,layers=1/1/1");
  private final Waiting waiting = new Waiting(new PrintWriter(Writer.nullWriter()), false, 0);
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

  private static void refused(String why, Runnable asking) {
    assertThatThrownBy(asking::run).isInstanceOf(UserException.class).hasMessageContaining(why);
  }

  private static int[] ids(int... ids) {
    return ids;
  }
}

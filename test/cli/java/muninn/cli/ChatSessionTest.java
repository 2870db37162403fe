package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import muninn.batch.FakeResponder;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChatSessionTest {
  private static final Options OPTIONS = Options.DEFAULT.withSteps(8).withMaxTokens(256);

  private final FakeResponder responder = new FakeResponder();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void close() {
    responder.close();
  }

  @Test
  void everyTurnAsksWithTheWholeConversation() {
    talk(100, null, "ab\ncd\n");

    assertThat(prompts())
        .containsExactly("user:ab", "user:ab" + "assistant:" + "ba:resu" + "user:cd");
    assertThat(out.toString().lines().findFirst()).hasValue("ba:resu");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void whatIsSaidFirstNeedNotBeTyped() {
    talk(100, null, "/ab", "cd\n");
    talk(4, null, "too long", "");

    assertThat(prompts())
        .containsExactly("user:/ab", "user:/ab" + "assistant:" + "ba/:resu" + "user:cd");
    assertThat(err.toString()).contains("the model takes 4 (block_size)").hasLineCount(1);
  }

  @Test
  void aMarkBeforeTheFirstLineIsNoPartOfItAndLinesEndInAnyWay() {
    talk(100, null, "\uFEFFab\r\n/reset\rcd");

    assertThat(prompts()).containsExactly("user:ab", "user:cd");
  }

  @Test
  void resetForgetsAllButTheSystemMessage() {
    talk(100, "be brief", "ab\n/reset\ncd\n");

    assertThat(prompts()).containsExactly("system:be briefuser:ab", "system:be briefuser:cd");
  }

  @Test
  void stepsSeedAndTemperatureHoldFromTheNextAnswerOn() {
    talk(100, null, "a\n/steps 3\n/seed -5\n/temperature 0.5\nb\n");

    Request first = responder.requests.get(0);
    Request second = responder.requests.get(1);
    assertThat(first.options().steps()).isEqualTo(8);
    assertThat(second.options().steps()).isEqualTo(3);
    assertThat(second.options().sampling())
        .isEqualTo(Sampling.GREEDY.withTemperature(0.5f).withSeed(-5));
  }

  @Test
  void aConversationThatHasGrownTooLongIsRefusedAndResetHelps() {
    talk(30, null, "abcdef\ngh\n/reset\ngh\n");

    assertThat(prompts()).containsExactly("user:abcdef", "user:gh");
    assertThat(err.toString()).contains("the model takes 30 (block_size): /reset begins a new one");
  }

  @Test
  void wrongCommandsAreExplainedAndTheConversationGoesOn() {
    talk(100, null, "/steps 0\n/temperature warm\n/stats maybe\n/fly\n\n  \na\n");

    assertThat(err.toString())
        .contains("/steps takes a whole number, at least 1, found '0'")
        .contains(
            "/temperature takes a number at least 0 and at most 1e6 (0 is greedy), found 'warm'")
        .contains("/stats takes on or off, found 'maybe'")
        .contains("/fly is no command here: /help lists them");
    assertThat(prompts()).containsExactly("user:a");
  }

  @Test
  void statsArePrintedOnceSwitchedOn() {
    talk(100, null, "a\n");
    assertThat(err.toString()).isEmpty();

    talk(100, null, "/stats on\na\n");
    assertThat(err.toString()).contains("tokens/s").hasLineCount(1);
  }

  @Test
  void quitLeavesAtOnceAndHelpListsTheCommands() {
    talk(100, null, "/help\n/quit\na\n");

    assertThat(out.toString()).contains("/steps N").contains("/reset");
    assertThat(responder.requests).isEmpty();
  }

  private void talk(int blockSize, String system, String input) {
    talk(blockSize, system, null, input);
  }

  private void talk(int blockSize, String system, String first, String input) {
    Console console =
        new Console(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintWriter(out),
            new PrintWriter(err, true),
            new Interrupt(),
            false);
    try (PlainTerminal terminal = new PlainTerminal(console)) {
      Conversation conversation = new Conversation(responder, blockSize, system);
      new ChatSession(terminal, console.err(), responder, conversation, OPTIONS).run(first);
    }
  }

  private List<String> prompts() {
    return responder.requests.stream()
        .map(request -> new String(request.prompt(), 0, request.prompt().length))
        .toList();
  }
}

package muninn.cli;

import java.io.PrintWriter;
import java.util.Locale;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.request.OptionType;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;
import muninn.wire.Responder;

/** Questions, answers and slash commands, until the input ends. */
final class ChatSession {
  private static final String HELP =
      """
      /steps N         think N recurrence steps for every token
      /seed N          draw differently
      /temperature T   0 takes the most probable token
      /stats on|off    print what each answer took
      /reset           forget the conversation
      /quit            leave (so does Ctrl-D)
      Ctrl-C ends an answer; at the prompt it leaves.\
      """;

  private final ChatTerminal terminal;
  private final PrintWriter err;
  private final Responder responder;
  private final Conversation conversation;
  private Options options;
  private boolean stats;

  ChatSession(
      ChatTerminal terminal,
      PrintWriter err,
      Responder responder,
      Conversation conversation,
      Options options) {
    this.terminal = terminal;
    this.err = err;
    this.responder = responder;
    this.conversation = conversation;
    this.options = options;
  }

  /**
   * Talks until the input ends or the user leaves.
   *
   * @param first said before anything is read; null for nothing
   */
  void run(String first) {
    if (first != null && !first.isBlank()) {
      explained(() -> answer(first));
    }
    for (String line = terminal.readLine(); line != null; line = terminal.readLine()) {
      String said = line.strip();
      if (said.equals("/quit") || said.equals("/exit")) {
        return;
      }
      if (said.startsWith("/")) {
        explained(() -> command(said));
      } else if (!said.isEmpty()) {
        explained(() -> answer(said));
      }
    }
  }

  /** What goes wrong is said, and the conversation goes on. */
  private void explained(Runnable turn) {
    try {
      turn.run();
    } catch (UserException e) {
      err.println("muninn: " + OptionNames.asTyped(e.getMessage()));
    }
  }

  private void answer(String question) {
    Generation generation = responder.submit(new Request(conversation.asking(question), options));
    Completion completion;
    try (Interrupt.Scope _ = terminal.onInterrupt(generation::cancel)) {
      completion = StreamedAnswer.print(generation, responder.hasText(), terminal.out());
    }
    conversation.remember(question, completion.text());
    if (stats) {
      err.println(Stats.of(completion).line());
    }
  }

  private void command(String said) {
    String[] words = said.split("\\s+", 2);
    String argument = words.length == 2 ? words[1] : "";
    switch (words[0]) {
      case "/help" -> say(HELP);
      case "/reset" -> conversation.reset();
      case "/stats" -> stats = onOrOff(argument);
      default -> options = changed(option(words[0]), words[0], argument);
    }
  }

  private void say(String text) {
    terminal.out().println(text);
    terminal.out().flush();
  }

  /** Every option of a request is a command too. */
  private static RequestOption<?> option(String command) {
    return RequestOptions.named(command.substring(1).replace('-', '_'))
        .orElseThrow(() -> UserException.of("%s is no command here: /help lists them", command));
  }

  private <T> Options changed(RequestOption<T> option, String command, String argument) {
    OptionType<T> type = option.type();
    T value =
        type.text()
            .apply(argument)
            .filter(type.holds())
            .orElseThrow(
                () ->
                    UserException.of("%s takes %s, found '%s'", command, type.wanted(), argument));
    return option.with().apply(options, value);
  }

  private static boolean onOrOff(String argument) {
    return switch (argument.toLowerCase(Locale.ROOT)) {
      case "on" -> true;
      case "off" -> false;
      default -> throw UserException.of("/stats takes on or off, found '%s'", argument);
    };
  }
}

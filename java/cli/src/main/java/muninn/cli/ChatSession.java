package muninn.cli;

import java.io.PrintWriter;
import java.util.Locale;
import muninn.UserException;
import muninn.batch.JobOptions;
import muninn.batch.Responder;
import muninn.engine.Completion;
import muninn.engine.Generation;
import muninn.engine.Sampling;

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
  private JobOptions options;
  private boolean stats;

  ChatSession(
      ChatTerminal terminal,
      PrintWriter err,
      Responder responder,
      Conversation conversation,
      JobOptions options) {
    this.terminal = terminal;
    this.err = err;
    this.responder = responder;
    this.conversation = conversation;
    this.options = options;
  }

  /** Talks until the input ends or the user leaves. */
  void run() {
    for (String line = terminal.readLine(); line != null; line = terminal.readLine()) {
      String said = line.strip();
      if (said.equals("/quit") || said.equals("/exit")) {
        return;
      }
      try {
        if (said.startsWith("/")) {
          command(said);
        } else if (!said.isEmpty()) {
          answer(said);
        }
      } catch (UserException e) {
        err.println("muninn: " + OptionNames.asTyped(e.getMessage()));
      }
    }
  }

  private void answer(String question) {
    Generation generation = responder.submit(options.request(conversation.asking(question)));
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
    Sampling sampling = options.sampling();
    switch (words[0]) {
      case "/help" -> say(HELP);
      case "/reset" -> conversation.reset();
      case "/steps" -> options = options.withSteps(steps(argument));
      case "/seed" -> options = options.withSampling(seeded(sampling, argument));
      case "/temperature" -> options = options.withSampling(heated(sampling, argument));
      case "/stats" -> stats = onOrOff(argument);
      default -> throw UserException.of("%s is no command here: /help lists them", words[0]);
    }
  }

  private void say(String text) {
    terminal.out().println(text);
    terminal.out().flush();
  }

  private static int steps(String argument) {
    try {
      int steps = Integer.parseInt(argument);
      if (steps >= 1) {
        return steps;
      }
    } catch (NumberFormatException e) {
      // Not a number; the message below says what is wanted.
    }
    throw UserException.of("/steps takes a whole number from 1, found '%s'", argument);
  }

  private static Sampling seeded(Sampling sampling, String argument) {
    try {
      return with(sampling, sampling.temperature(), Long.parseLong(argument));
    } catch (NumberFormatException e) {
      throw UserException.because(e, "/seed takes a whole number, found '%s'", argument);
    }
  }

  private static Sampling heated(Sampling sampling, String argument) {
    try {
      float temperature = Float.parseFloat(argument);
      if (Float.isFinite(temperature) && temperature >= 0) {
        return with(sampling, temperature, sampling.seed());
      }
    } catch (NumberFormatException e) {
      // Not a number; the message below says what is wanted.
    }
    throw UserException.of("/temperature takes a number from 0, found '%s'", argument);
  }

  private static Sampling with(Sampling sampling, float temperature, long seed) {
    return new Sampling(
        temperature,
        sampling.topK(),
        sampling.topP(),
        sampling.minP(),
        sampling.repetitionPenalty(),
        seed);
  }

  private static boolean onOrOff(String argument) {
    return switch (argument.toLowerCase(Locale.ROOT)) {
      case "on" -> true;
      case "off" -> false;
      default -> throw UserException.of("/stats takes on or off, found '%s'", argument);
    };
  }
}

package muninn.cli;

import java.util.Locale;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.model.Config;
import muninn.wire.Responder;

/** {@code muninn chat}: a conversation. */
final class ChatCommand implements Command {
  private static final Option<String> FIRST =
      Option.operand("MESSAGE", Value.text("TEXT"), "What to say first.");
  private static final Option<String> SYSTEM =
      PromptOptions.SYSTEM.helping("System message to begin with.");

  private final Console console;

  ChatCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("chat", "Talks with a model.")
        .details(
            "Each turn, the whole conversation is the prompt, rendered by the model's chat"
                + " template. Inside: /steps N, /seed N, /temperature T, /stats on|off, /reset,"
                + " /help, /quit; Ctrl-C ends an answer, at the prompt it leaves. Input that is not"
                + " a terminal is read line by line.")
        .operands(FIRST)
        .groups(
            Group.of("Conversation", SYSTEM),
            RequestFlags.SAMPLING,
            RequestFlags.THINKING,
            ModelOptions.group())
        .examples(
            "muninn chat --model ~/huginn-0125 --temperature 0.7 --top-p 0.9",
            "muninn chat --model ~/huginn-0125 \"Why is the sky blue?\"",
            "muninn chat --model ~/huginn-0125 --system \"You are terse.\" --steps 64",
            "printf 'Hello\\n/steps 4\\nHello\\n' | muninn chat --model ~/huginn-0125");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions model = new ModelOptions(given);
    RequestFlags flags = new RequestFlags(given);
    try (LateEngine engine = model.late(console, flags.steps())) {
      Responder responder = engine.responder();
      responder.requireChat();
      Config config = engine.model().config();
      Conversation conversation =
          new Conversation(responder, config.blockSize(), given.get(SYSTEM));
      Options options = flags.over(Options.of(config));
      engine.check(new Request(new int[1], options));
      engine.engine();
      if (console.typed()) {
        console
            .err()
            .println(
                String.format(
                    Locale.ROOT,
                    "%s, %d steps a token; /help lists commands, Ctrl-D leaves",
                    engine.model().name(),
                    options.steps()));
      }
      try (ChatTerminal terminal =
          console.typed() ? new EditedTerminal() : new PlainTerminal(console)) {
        new ChatSession(terminal, console.err(), responder, conversation, options)
            .run(given.get(FIRST));
      }
    } catch (ChatTerminal.Left e) {
      return Interrupt.EXIT_CODE;
    }
    return 0;
  }
}

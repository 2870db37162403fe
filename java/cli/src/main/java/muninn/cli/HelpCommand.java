package muninn.cli;

import muninn.cli.args.Arguments;
import muninn.cli.args.Help;
import muninn.cli.args.Option;
import muninn.cli.args.ShellCompletion;
import muninn.cli.args.Similar;
import muninn.cli.args.Usage;
import muninn.cli.args.UsageException;
import muninn.cli.args.Value;

/** {@code muninn help}: what the commands are for. */
final class HelpCommand implements Command {
  private static final Option<String> COMMAND =
      Option.operand(
          "COMMAND",
          Value.text("NAME").offering(new ShellCompletion.Words(Commands.ids())),
          "The command to explain with all of its options; without it all commands are listed.");

  private static final Option<String> SECOND =
      Option.operand("WORD", Value.text("WORD"), "The second word of a command of two.");

  private final Console console;

  HelpCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("help", "Lists the commands, or explains one.")
        .operands(COMMAND, SECOND)
        .examples("muninn help", "muninn help generate", "muninn help bench serve");
  }

  @Override
  public int run(Arguments given) {
    if (!given.has(COMMAND)) {
      console.out().print(overview());
      return 0;
    }
    String name = given.get(COMMAND) + (given.has(SECOND) ? " " + given.get(SECOND) : "");
    Commands command =
        Commands.named(name)
            .orElseThrow(
                () ->
                    UsageException.of(
                        "'%s' is no command%s", name, Similar.hint(name, Commands.ids())));
    console.out().print(Help.of(command.on(console).usage(), true));
    return 0;
  }

  /** All commands, by topic, and how to begin. */
  static String overview() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        Runs recurrent-depth language models: they think for as many steps as you ask.

        Usage: muninn COMMAND [OPTION]…
        """);
    String topic = "";
    for (Commands command : Commands.values()) {
      if (!command.topic().equals(topic)) {
        topic = command.topic();
        text.append('\n').append(topic).append(":\n");
      }
      text.append(Help.item(command.id(), command.on(null).usage().summary()));
    }
    text.append(
        """

        Examples:
          muninn generate "348+27+915="                the bundled model, its trained depth
          muninn generate "348+27+915=" --steps 2      the same, with little thinking
          muninn chat --model DIR                      a conversation with a model in a folder
          muninn batch questions.jsonl answers.jsonl   a file of requests

        muninn COMMAND --help shows a command's options and examples, muninn --version the version.
        """);
    return text.toString();
  }
}

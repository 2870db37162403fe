package muninn.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import muninn.cli.args.Arguments;
import muninn.cli.args.Option;
import muninn.cli.args.Shell;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;

/** {@code muninn completion}: what makes a shell complete commands, options and values. */
final class CompletionCommand implements Command {
  private static final Option<String> SHELL =
      Option.operand("SHELL", Value.oneOf(List.of("bash", "zsh", "fish")), "The shell.").needed();

  private final Console console;

  CompletionCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("completion", "Prints a completion script for a shell.")
        .operands(SHELL)
        .examples(
            "source <(muninn completion bash)                    this shell",
            "muninn completion bash > ~/.local/share/bash-completion/completions/muninn",
            "source <(muninn completion zsh)                     zsh, after compinit",
            "muninn completion fish > ~/.config/fish/completions/muninn.fish");
  }

  @Override
  public int run(Arguments given) {
    List<Usage> commands =
        Stream.of(Commands.values()).map(command -> command.on(console).usage()).toList();
    Shell shell = Shell.valueOf(given.get(SHELL).toUpperCase(Locale.ROOT));
    console.out().print(shell.script("muninn", commands));
    return 0;
  }
}

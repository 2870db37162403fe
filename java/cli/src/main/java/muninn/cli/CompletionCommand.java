package muninn.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muninn completion}: what makes a shell complete commands and options. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = "Prints a completion script for a shell.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(muninn completion bash)                   this shell",
      "  muninn completion bash > ~/.local/share/bash-completion/completions/muninn",
      "  source <(muninn completion zsh)                    zsh, after compinit"
    })
final class CompletionCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "bash|zsh", description = "The shell; both take the same script.")
  private Shell shell;

  /** Shells that can be completed for. */
  enum Shell {
    bash,
    zsh
  }

  @Override
  public void run() {
    String script =
        switch (shell) {
          case bash, zsh -> AutoComplete.bash("muninn", spec.root().commandLine());
        };
    spec.commandLine().getOut().print(script);
  }
}

package muninn.cli.args;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Completion for bash: one function that looks at the command, and at the word before the one that
 * is being typed.
 */
final class BashScript {
  private BashScript() {}

  static String of(String program, List<Usage> commands) {
    StringBuilder values = new StringBuilder();
    StringBuilder options = new StringBuilder();
    for (Usage command : commands) {
      for (Option<?> option : command.options()) {
        if (!option.value().isFlag()) {
          String names =
              option.names().stream()
                  .map(name -> String.format(Locale.ROOT, "\"%s %s\"", command.name(), name))
                  .collect(Collectors.joining(" | "));
          values.append(
              String.format(Locale.ROOT, "    %s) %s; return ;;%n", names, offer(option.value())));
        }
      }
      String names = command.options().stream().map(Option::name).collect(Collectors.joining(" "));
      options.append(
          String.format(
              Locale.ROOT,
              "    \"%s\") options=\"%s\"; %s ;;%n",
              command.name(),
              names,
              operands(command, commands)));
    }
    String names =
        Shell.single(commands).stream().map(Usage::name).collect(Collectors.joining(" "));
    return """
    # bash completion of PROGRAM: source <(PROGRAM completion bash)
    _PROGRAM_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
    _PROGRAM_paths() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen "$1" -- "$cur"); }
    _PROGRAM_complete() {
      local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} options
      # bash takes --name=value apart
      if [ "$cur" = = ]; then
        cur=
      elif [ "$prev" = = ]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
      fi
      COMPREPLY=()
      if [ "$COMP_CWORD" -eq 1 ]; then
        _PROGRAM_words "COMMANDS --help --version"
        return
      fi
      local command=${COMP_WORDS[1]}
      case "$command ${COMP_WORDS[2]}" in
        PAIRS) command="$command ${COMP_WORDS[2]}" ;;
      esac
      case "$command $prev" in
    VALUES  esac
      case $command in
    OPTIONS    *) return ;;
      esac
      case $cur in
        -*) _PROGRAM_words "$options" ;;
      esac
    }
    complete -F _PROGRAM_complete PROGRAM
    """
        .replace("VALUES", values)
        .replace("OPTIONS", options)
        .replace("COMMANDS", names)
        .replace("PAIRS", Shell.pairs(commands))
        .replace("PROGRAM", program);
  }

  /** What completes an operand of the command, or its second word. */
  private static String operands(Usage command, List<Usage> commands) {
    List<String> seconds = Shell.seconds(command, commands);
    if (!seconds.isEmpty()) {
      return String.format(Locale.ROOT, "_PROGRAM_words \"%s\"", String.join(" ", seconds));
    }
    Optional<Option<?>> operand = command.operands().stream().findFirst();
    return operand.map(o -> offer(o.value())).orElse(":");
  }

  private static String offer(Value<?> value) {
    return switch (value.completion()) {
      case ShellCompletion.Words(List<String> words) ->
          words.isEmpty()
              ? ":"
              : String.format(Locale.ROOT, "_PROGRAM_words \"%s\"", String.join(" ", words));
      case ShellCompletion.Files() -> "_PROGRAM_paths -f";
      case ShellCompletion.Folders(List<String> words) -> "_PROGRAM_paths -d";
    };
  }
}

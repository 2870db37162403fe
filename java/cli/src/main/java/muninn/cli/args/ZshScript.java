package muninn.cli.args;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Completion for zsh: what {@code _arguments} has to know of each command. */
final class ZshScript {
  private ZshScript() {}

  static String of(String program, List<Usage> commands) {
    String names =
        Shell.single(commands).stream()
            .map(c -> String.format(Locale.ROOT, "    %s%n", quoted(c.name() + ":" + c.summary())))
            .collect(Collectors.joining());
    StringBuilder cases = new StringBuilder();
    for (Usage command : commands) {
      cases.append(
          String.format(Locale.ROOT, "    \"%s\")%n      _arguments -s : \\%n", command.name()));
      for (Option<?> option : command.options()) {
        cases.append("        ").append(spec(option)).append(" \\\n");
      }
      List<String> seconds = Shell.seconds(command, commands);
      if (!seconds.isEmpty()) {
        cases.append("        ':command:(").append(String.join(" ", seconds)).append(")' \\\n");
      }
      for (Option<?> operand : command.operands()) {
        cases.append("        ").append(quoted(":" + operand(operand))).append(" \\\n");
      }
      cases.append("        && return ;;\n");
    }
    return """
    #compdef PROGRAM
    # zsh completion of PROGRAM: source <(PROGRAM completion zsh), after compinit
    _PROGRAM() {
      local -a commands=(
    NAMES  )
      if (( CURRENT == 2 )); then
        if [[ $PREFIX == -* ]]; then compadd -- --help --version; else _describe command commands; fi
        return
      fi
      local command=$words[2]
      shift words
      (( CURRENT-- ))
      if (( CURRENT > 2 )); then
        case "$command $words[2]" in
          PAIRS) command="$command $words[2]"; shift words; (( CURRENT-- )) ;;
        esac
      fi
      case $command in
    CASES  esac
    }
    if [ "$funcstack[1]" = _PROGRAM ]; then _PROGRAM "$@"; else compdef _PROGRAM PROGRAM; fi
    """
        .replace("NAMES", names)
        .replace("CASES", cases)
        .replace("PAIRS", Shell.pairs(commands))
        .replace("PROGRAM", program);
  }

  private static String spec(Option<?> option) {
    String star = option.value().join() != null ? "*" : "";
    String help = "[" + escaped(Shell.sentence(option.help())) + "]";
    String value = option.value().isFlag() ? "" : ":" + value(option);
    String alone =
        option.value().join() == null ? "(" + String.join(" ", option.names()) + ")" : "";
    return option.names().stream()
        .map(
            name -> {
              // --name=value or --name value, -nvalue or -n value
              String joined = value.isEmpty() ? "" : name.startsWith("--") ? "=" : "+";
              return quoted(alone + star + name + joined + help + value);
            })
        .collect(Collectors.joining(" "));
  }

  /** Any text is no words at all: a message in their place would keep options from being typed. */
  private static String operand(Option<?> operand) {
    return operand.value().completion().equals(ShellCompletion.NOTHING)
        ? escaped(operand.value().label()) + ":()"
        : value(operand);
  }

  private static String value(Option<?> option) {
    String action =
        switch (option.value().completion()) {
          case ShellCompletion.Words(List<String> words) ->
              words.isEmpty() ? " " : "(" + escaped(String.join(" ", words)) + ")";
          case ShellCompletion.Files() -> "_files";
          case ShellCompletion.Folders(List<String> words) ->
              words.isEmpty()
                  ? "_files -/"
                  : "{_files -/; compadd -- " + escaped(String.join(" ", words)) + "}";
        };
    return escaped(option.value().label()) + ":" + action;
  }

  private static String escaped(String text) {
    return text.replaceAll("([\\[\\]:])", "\\\\$1");
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}

package muninn.cli.args;

import java.util.List;
import java.util.Locale;

/** Completion for fish: a line for each command, option and operand. */
final class FishScript {
  private FishScript() {}

  static String of(String program, List<Usage> commands) {
    StringBuilder script = new StringBuilder();
    script.append(
        String.format(
            Locale.ROOT,
            "# fish completion of %s%ncomplete -c %s -f%n"
                + "complete -c %s -n __fish_use_subcommand -l help -l version%n",
            program,
            program,
            program));
    for (Usage command : commands) {
      String name = command.name();
      String last = name.substring(name.indexOf(' ') + 1);
      String when =
          last.equals(name)
              ? "__fish_use_subcommand"
              : seen(name.substring(0, name.length() - last.length() - 1));
      script.append(
          String.format(
              Locale.ROOT,
              "complete -c %s -n %s -a %s -d %s%n",
              program,
              when,
              last,
              quoted(command.summary())));
    }
    for (Usage command : commands) {
      String start =
          String.format(Locale.ROOT, "complete -c %s -n %s", program, seen(command.name()));
      for (Option<?> option : command.options()) {
        script.append(start);
        for (String name : option.names()) {
          script.append(name.startsWith("--") ? " -l " : " -s ").append(name.replaceAll("^-+", ""));
        }
        if (!option.value().isFlag()) {
          script.append(offer(option.value()));
        }
        script.append(" -d ").append(quoted(Shell.sentence(option.help()))).append('\n');
      }
      for (Option<?> operand : command.operands()) {
        String offer = offer(operand.value()).replace(" -x", "").replace(" -r", "");
        if (!offer.isEmpty()) {
          script.append(start).append(offer).append('\n');
        }
      }
    }
    return script.toString();
  }

  /** Where all words of a command have been typed. */
  private static String seen(String name) {
    return quoted(
        "__fish_seen_subcommand_from " + name.replace(" ", "; and __fish_seen_subcommand_from "));
  }

  private static String offer(Value<?> value) {
    return switch (value.completion()) {
      case ShellCompletion.Words(List<String> words) ->
          words.isEmpty() ? " -x" : " -x -a " + quoted(String.join(" ", words));
      case ShellCompletion.Files() -> " -r -F";
      case ShellCompletion.Folders(List<String> words) ->
          " -x -a " + quoted("(__fish_complete_directories) " + String.join(" ", words));
    };
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}

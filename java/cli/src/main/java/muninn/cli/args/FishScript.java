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
            Locale.ROOT, "# fish completion of %s%ncomplete -c %s -f%n", program, program));
    for (Usage command : commands) {
      script.append(
          String.format(
              Locale.ROOT,
              "complete -c %s -n __fish_use_subcommand -a %s -d %s%n",
              program,
              command.name(),
              quoted(command.summary())));
    }
    for (Usage command : commands) {
      String start =
          String.format(
              Locale.ROOT,
              "complete -c %s -n '__fish_seen_subcommand_from %s'",
              program,
              command.name());
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

  private static String offer(Value<?> value) {
    return switch (value.completion()) {
      case Completion.Words(List<String> words) ->
          words.isEmpty() ? " -x" : " -x -a " + quoted(String.join(" ", words));
      case Completion.Files() -> " -r -F";
      case Completion.Folders(List<String> words) ->
          " -x -a " + quoted("(__fish_complete_directories) " + String.join(" ", words));
    };
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}

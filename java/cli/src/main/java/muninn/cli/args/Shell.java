package muninn.cli.args;

import java.util.List;
import java.util.stream.Collectors;

/** Shells that complete commands, options and their values by a script of ours. */
public enum Shell {
  BASH,
  ZSH,
  FISH;

  /** The script that teaches this shell the commands of a program. */
  public String script(String program, List<Usage> commands) {
    return switch (this) {
      case BASH -> BashScript.of(program, commands);
      case ZSH -> ZshScript.of(program, commands);
      case FISH -> FishScript.of(program, commands);
    };
  }

  /** The commands of one word. */
  static List<Usage> single(List<Usage> commands) {
    return commands.stream().filter(command -> !command.name().contains(" ")).toList();
  }

  /** Second words of the commands of two that begin with this one. */
  static List<String> seconds(Usage first, List<Usage> commands) {
    String start = first.name() + " ";
    return commands.stream()
        .map(Usage::name)
        .filter(name -> name.startsWith(start))
        .map(name -> name.substring(start.length()))
        .toList();
  }

  /** The commands of two words, as alternatives of a shell's {@code case}. */
  static String pairs(List<Usage> commands) {
    String pairs =
        commands.stream()
            .map(Usage::name)
            .filter(name -> name.contains(" "))
            .map(name -> "\"" + name + "\"")
            .collect(Collectors.joining(" | "));
    return pairs.isEmpty() ? "\"\"" : pairs;
  }

  /** The first sentence of a help text. */
  static String sentence(String help) {
    int end = help.indexOf(". ");
    return end < 0 ? help : help.substring(0, end + 1);
  }
}

package muninn.cli.args;

import java.util.List;

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

  /** The first sentence of a help text. */
  static String sentence(String help) {
    int end = help.indexOf(". ");
    return end < 0 ? help : help.substring(0, end + 1);
  }
}

package muninn.cli.args;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a command is used, as data.
 *
 * @param summary one sentence
 * @param details paragraphs that help shows below it
 * @param operands what stands without a name, in order
 * @param examples lines as a user types them
 */
public record Usage(
    String name,
    String summary,
    List<String> details,
    List<Option<?>> operands,
    List<Group> groups,
    List<String> examples) {

  /** What every command has. */
  static final Option<Boolean> HELP =
      Option.flag("--help", "Show this, without the options that few need.").letter('h').shown();

  static final Option<Boolean> HELP_ALL = Option.flag("--help-all", "Show all options.").shown();

  /** Where in the program a failure happened. */
  public static final Option<Boolean> STACK_TRACE =
      Option.flag(
          "--stacktrace", "On failure show where in the program; so does MUNINN_STACKTRACE=1.");

  private static final Group GENERAL = Group.of("Help", HELP, HELP_ALL, STACK_TRACE);

  public static Usage of(String name, String summary) {
    return new Usage(name, summary, List.of(), List.of(), List.of(), List.of());
  }

  public Usage details(String... paragraphs) {
    return new Usage(name, summary, List.of(paragraphs), operands, groups, examples);
  }

  public Usage operands(Option<?>... operands) {
    return new Usage(name, summary, details, List.of(operands), groups, examples);
  }

  public Usage groups(Group... groups) {
    return new Usage(name, summary, details, operands, List.of(groups), examples);
  }

  public Usage examples(String... lines) {
    return new Usage(name, summary, details, operands, groups, List.of(lines));
  }

  /** The command's own groups, and what every command has. */
  List<Group> allGroups() {
    return Stream.concat(groups.stream(), Stream.of(GENERAL)).toList();
  }

  /** All options, without operands. */
  List<Option<?>> options() {
    return allGroups().stream().<Option<?>>flatMap(group -> group.options().stream()).toList();
  }

  Optional<Option<?>> option(String name) {
    return options().stream().filter(option -> option.names().contains(name)).findFirst();
  }
}

package muninn.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import muninn.cli.args.Option;
import muninn.cli.args.Parser;
import muninn.cli.args.Usage;
import muninn.cli.args.UsageException;

/** Commands on a page that muninn would not understand. */
final class CommandFaults {
  private static final Pattern PLACEHOLDER =
      Pattern.compile("…|\\.\\.\\.|\\$|\\b[A-Z]{2,}\\b|\\bN\\b");

  private CommandFaults() {}

  /** What is wrong with calls of muninn; of one with a placeholder only the names are looked at. */
  static List<String> of(Markdown page) {
    List<String> faults = new ArrayList<>();
    for (List<String> words : page.commands()) {
      fault(words, true).ifPresent(faults::add);
    }
    for (List<String> words : page.mentioned()) {
      fault(words, false).ifPresent(faults::add);
    }
    return faults;
  }

  private static Optional<String> fault(List<String> words, boolean whole) {
    if (words.getFirst().startsWith("-") || isPlaceholder(words.getFirst())) {
      return Optional.empty();
    }
    String line = "muninn " + String.join(" ", words);
    int length = words.size() > 1 && isCommand(words.subList(0, 2)) ? 2 : 1;
    if (!isCommand(words.subList(0, length))) {
      return Optional.of(line + ": no command");
    }
    Usage usage = command(words.subList(0, length)).orElseThrow().on(null).usage();
    List<String> rest = words.subList(length, words.size());
    Set<String> names = names(usage);
    for (String word : rest) {
      String name = word.split("=", 2)[0];
      if (word.equals("--")) {
        break;
      }
      if (word.matches("--?[a-zA-Z].*")
          && !names.contains(name)
          && !(word.charAt(1) != '-' && names.contains(word.substring(0, 2)))) {
        return Optional.of(line + ": no option " + name);
      }
    }
    if (whole && rest.stream().noneMatch(CommandFaults::isPlaceholder)) {
      try {
        Parser.parse(usage, rest);
      } catch (UsageException e) {
        return Optional.of(line + ": " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private static boolean isCommand(List<String> words) {
    return command(words).isPresent();
  }

  private static Optional<Commands> command(List<String> words) {
    return Commands.named(String.join(" ", words));
  }

  private static boolean isPlaceholder(String word) {
    return PLACEHOLDER.matcher(word).find();
  }

  /** How its options are typed. */
  static Set<String> names(Usage usage) {
    Set<String> names = new TreeSet<>(Set.of("--help", "-h", "--help-all", "--stacktrace"));
    usage.groups().stream()
        .flatMap(group -> group.options().stream())
        .map(Option::names)
        .forEach(names::addAll);
    return names;
  }
}

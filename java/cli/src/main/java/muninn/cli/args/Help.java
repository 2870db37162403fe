package muninn.cli.args;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A usage as text for people, 100 columns wide. */
public final class Help {
  private static final int WIDTH = 100;
  private static final int COLUMN = 30;

  private final StringBuilder out = new StringBuilder();

  private Help() {}

  /** Whether help is what the line asks for. */
  public static boolean asked(Arguments given) {
    return given.has(Usage.HELP) || given.has(Usage.HELP_ALL);
  }

  static boolean isHelp(Option<?> option) {
    return option.equals(Usage.HELP) || option.equals(Usage.HELP_ALL);
  }

  /** The help that the line asks for. */
  public static String of(Usage usage, Arguments given) {
    return of(usage, given.has(Usage.HELP_ALL));
  }

  /** With all options, or with the common ones. */
  public static String of(Usage usage, boolean all) {
    Help help = new Help();
    help.command(usage, all);
    return help.out.toString();
  }

  /** A line of a list: what is explained, and the explanation beside it. */
  public static String item(String term, String explanation) {
    Help help = new Help();
    help.entry(term, explanation);
    return help.out.toString();
  }

  private void command(Usage usage, boolean all) {
    paragraph(usage.summary());
    line("");
    line("Usage: muninn " + usage.name() + " [OPTION]…" + operands(usage));
    for (String details : usage.details()) {
      line("");
      paragraph(details);
    }
    if (!usage.operands().isEmpty()) {
      line("");
      usage.operands().forEach(operand -> entry(operand.name(), operand.help()));
    }
    boolean left = false;
    for (Group group : usage.allGroups()) {
      List<Option<?>> shown =
          Stream.concat(
                  group.options().stream().filter(Option::common),
                  group.options().stream().filter(option -> all && !option.common()))
              .toList();
      left |= shown.size() < group.options().size();
      if (!shown.isEmpty()) {
        line("");
        line(group.title() + ":");
        shown.forEach(option -> entry(term(option), option.help()));
      }
    }
    if (!usage.examples().isEmpty()) {
      line("");
      line("Examples:");
      usage.examples().forEach(example -> line("  " + example));
    }
    if (left) {
      line("");
      line("There are more options: muninn " + usage.name() + " --help-all");
    }
  }

  private static String operands(Usage usage) {
    StringBuilder words = new StringBuilder();
    for (Option<?> operand : usage.operands()) {
      words.append(operand.required() ? " " + operand.name() : " [" + operand.name() + "]");
    }
    return words.toString();
  }

  /** As {@code -s, --steps N}. */
  private static String term(Option<?> option) {
    String letter = option.names().size() > 1 ? option.names().get(1) + ", " : "    ";
    String label = option.value().isFlag() ? "" : " " + option.value().label();
    return letter + option.name() + label;
  }

  private void entry(String term, String explanation) {
    List<String> lines = wrapped(explanation, WIDTH - COLUMN);
    String first = "  " + term;
    if (first.length() + 2 <= COLUMN) {
      line(first + " ".repeat(COLUMN - first.length()) + lines.removeFirst());
    } else {
      line(first);
    }
    lines.forEach(rest -> line(" ".repeat(COLUMN) + rest));
  }

  private void paragraph(String text) {
    wrapped(text, WIDTH).forEach(this::line);
  }

  private void line(String text) {
    out.append(text.stripTrailing()).append('\n');
  }

  private static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}

package muninn.cli.args;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a command line by the usage of its command. A value may stand behind the option ({@code
 * --steps 4}, {@code -s 4}), after an equals sign or right after the letter ({@code --steps=4},
 * {@code -s4}); it may begin with anything, but where it reads like another option of the command
 * the equals sign has to say that it is none. {@code --} ends the options. No text is looked up in
 * a file. An option has its whole name, so that a line means the same when there are more of them,
 * and one that takes one value is given once. Help that is asked for behind a mistake is given.
 */
public final class Parser {
  private final Usage usage;
  private final List<String> line;
  private final Map<String, Arguments.Given> given = new LinkedHashMap<>();
  private int at;
  private int operands;
  private boolean optionsEnded;

  private Parser(Usage usage, List<String> line) {
    this.usage = usage;
    this.line = line;
  }

  /**
   * What stands on the line, the command's own name left out; checked for what is missing unless
   * help is asked for.
   *
   * @throws UsageException naming what is wrong
   */
  public static Arguments parse(Usage usage, List<String> line) {
    return new Parser(usage, line).parse();
  }

  private Arguments parse() {
    try {
      return parseAll();
    } catch (UsageException e) {
      for (String word : line.subList(at, line.size())) {
        Optional<Option<?>> option = optionsEnded ? Optional.empty() : usage.option(word);
        if (option.isPresent() && Help.isHelp(option.get())) {
          given.put(option.get().name(), new Arguments.Given(word, null, true));
          return arguments();
        }
        optionsEnded |= word.equals("--");
      }
      throw e;
    }
  }

  private Arguments parseAll() {
    while (at < line.size()) {
      String word = line.get(at++);
      if (optionsEnded || !word.startsWith("-") || word.equals("-")) {
        operand(word);
      } else if (word.equals("--")) {
        optionsEnded = true;
      } else {
        option(word);
      }
      if (given.containsKey(Usage.HELP.name()) || given.containsKey(Usage.HELP_ALL.name())) {
        return arguments();
      }
    }
    for (Option<?> wanted : usage.options()) {
      requireGiven(wanted);
    }
    usage.operands().forEach(this::requireGiven);
    return arguments();
  }

  private Arguments arguments() {
    List<String> all = new ArrayList<>();
    all.add(usage.name());
    all.addAll(line);
    return new Arguments(all, given);
  }

  private void requireGiven(Option<?> option) {
    if (option.required() && !given.containsKey(option.name())) {
      throw option.isOperand()
          ? UsageException.of("%s is missing: %s", option.name(), option.help())
          : UsageException.of(
              "%s %s is missing: %s", option.name(), option.value().label(), option.help());
    }
  }

  private void operand(String word) {
    refuseLongDash(word);
    if (operands == usage.operands().size()) {
      throw UsageException.of(
          "'%s' is one word too many: %s",
          word,
          operands == 0
              ? "this command takes options only"
              : "a text of several words needs quotes, a value its option before it");
    }
    Option<?> operand = usage.operands().get(operands++);
    put(operand, operand.name(), word);
  }

  /** A dash that an editor or a web page made of two; behind {@code --} it is text. */
  private void refuseLongDash(String word) {
    String rest = word.replaceFirst("^[\u2010-\u2015\u2212]+", "");
    String name = rest.split("=", 2)[0];
    for (String typed : List.of("--" + name, "-" + name)) {
      if (!optionsEnded && rest.length() < word.length() && usage.option(typed).isPresent()) {
        throw UsageException.of(
            "'%s' begins with a long dash, which is text: for the option type %s, for the text"
                + " write -- before it",
            word, typed);
      }
    }
  }

  private void option(String word) {
    int equals = word.indexOf('=');
    String name = equals < 0 ? word : word.substring(0, equals);
    Optional<Option<?>> found = usage.option(name);
    if (found.isPresent()) {
      Option<?> option = found.get();
      if (equals >= 0) {
        if (option.value().isFlag()) {
          throw UsageException.of(
              "%s takes no value, found '%s'", name, word.substring(equals + 1));
        }
        put(option, name, word.substring(equals + 1));
      } else {
        put(option, name, option.value().isFlag() ? null : next(option, name));
      }
      return;
    }
    // -s4
    Optional<Option<?>> letter =
        word.length() > 2 && word.charAt(1) != '-'
            ? usage.option(word.substring(0, 2)).filter(option -> !option.value().isFlag())
            : Optional.empty();
    Option<?> option = letter.orElseThrow(() -> unknown(word, name));
    if (usage.option("-" + name).isPresent()) {
      throw UsageException.of(
          "%s has one dash: for the option write -%s, for the value '%s' of %s a space before it",
          word, word, word.substring(2), word.substring(0, 2));
    }
    put(option, word.substring(0, 2), word.substring(2));
  }

  /** The value behind an option. */
  private String next(Option<?> option, String name) {
    if (at == line.size()) {
      throw UsageException.of("%s needs a value: %s %s", name, name, option.value().label());
    }
    String text = line.get(at++);
    int equals = text.indexOf('=');
    if (usage.option(equals < 0 ? text : text.substring(0, equals)).isPresent()) {
      throw UsageException.of(
          "%s needs a value, and '%s' is an option: if that is the value, write %s",
          name, text, name.startsWith("--") ? name + "='" + text + "'" : name + "'" + text + "'");
    }
    return text;
  }

  private <T> void put(Option<T> option, String name, String text) {
    T value = option.value().of(name, text);
    Arguments.Given before = given.get(option.name());
    if (before != null && option.value().join() != null) {
      value = option.value().join().apply(arguments().get(option), value);
    } else if (before != null && text != null) {
      throw UsageException.of(
          "%s %s: %s %s was given already, and it takes one value",
          name, text, before.name(), before.text());
    }
    given.put(option.name(), new Arguments.Given(name, text, value));
  }

  private UsageException unknown(String word, String name) {
    List<String> names = new ArrayList<>();
    usage.options().forEach(option -> names.addAll(option.names()));
    String hint = Similar.hint(name, names);
    if (hint.isEmpty() && !usage.operands().isEmpty()) {
      hint =
          String.format(
              Locale.ROOT,
              ": text that begins with a dash stands behind --, as in: muninn %s -- '%s'",
              usage.name(),
              word);
    }
    return UsageException.of("'muninn %s' has no option %s%s", usage.name(), name, hint);
  }
}

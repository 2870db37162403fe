package muninn.cli;

import java.util.List;
import java.util.Locale;
import muninn.cli.args.Arguments;
import muninn.cli.args.Help;
import muninn.cli.args.Parser;
import muninn.cli.args.Similar;
import muninn.cli.args.Usage;
import muninn.cli.args.UsageException;

/**
 * The {@code muninn} command. Exit codes: 0 done, 1 failed, 2 used wrongly, 130 ended by Ctrl-C,
 * 141 the reader of the output went away.
 */
public final class Main {
  private final Console console;
  private final Failures failures;

  private Main(Console console) {
    this.console = console;
    this.failures = new Failures(console);
  }

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT); // the libraries' texts too are in English, with ASCII digits
    Interrupt interrupt = Interrupt.ofProcess();
    int code = run(Console.ofProcess(interrupt), args);
    interrupt.ended();
    System.exit(code);
  }

  /** Runs a command and answers its exit code. */
  static int run(Console console, String... args) {
    return new Main(console).run(List.of(args));
  }

  private int run(List<String> args) {
    String name = "";
    try {
      int stackTrace = args.isEmpty() || !isStackTrace(args.getFirst()) ? 0 : 1;
      if (stackTrace > 0) {
        failures.showStackTrace();
      }
      List<String> words = args.subList(stackTrace, args.size());
      String first = words.isEmpty() ? "" : words.getFirst();
      int code;
      switch (first) {
        case "-h", "--help", "--help-all" -> code = print(HelpCommand.overview());
        case "-V", "--version" -> code = print(Version.text());
        default -> {
          String both = String.join(" ", words.subList(0, Math.min(2, words.size())));
          int length = Commands.named(both).isPresent() ? both.split(" ", -1).length : 1;
          Command command = command(length == 2 ? both : first);
          name = command.usage().name();
          code = run(command, words.subList(length, words.size()));
        }
      }
      console.out().flush();
      return code;
    } catch (UsageException e) {
      return failures.usage(e, name);
    } catch (RuntimeException | Error e) {
      return failures.report(e);
    }
  }

  private int run(Command command, List<String> words) {
    Usage usage = command.usage();
    Arguments given = Parser.parse(usage, words);
    if (given.get(Usage.STACK_TRACE)) {
      failures.showStackTrace();
    }
    return Help.asked(given) ? print(Help.of(usage, given)) : command.run(given);
  }

  private Command command(String name) {
    return Commands.named(name).orElseThrow(() -> unknown(name)).on(console);
  }

  private static UsageException unknown(String name) {
    if (name.isEmpty()) {
      return new UsageException("no command is given, as in: muninn generate --prompt \"12+34=\"");
    }
    if (name.startsWith("-")) {
      return UsageException.of("%s stands before any command: options come behind it", name);
    }
    return UsageException.of("'%s' is no command%s", name, Similar.hint(name, Commands.ids()));
  }

  private static boolean isStackTrace(String word) {
    return Usage.STACK_TRACE.names().contains(word);
  }

  private int print(String text) {
    console.out().print(text);
    return 0;
  }
}

package muninn.cli;

import java.util.Locale;
import muninn.UserException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;

/**
 * The {@code muninn} command. Exit codes: 0 done, 1 failed, 2 used wrongly, 130 ended by Ctrl-C,
 * 141 the reader of the output went away.
 */
@Command(
    name = "muninn",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = HelpCommand.class,
    description = "Runs recurrent-depth language models: they think for as many steps as you ask.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn generate --prompt \"348+27+915=\"             the bundled model, its trained depth",
      "  muninn generate --prompt \"348+27+915=\" --steps 2   the same, with little thinking",
      "  muninn batch questions.jsonl answers.jsonl         a file of requests",
      "  muninn COMMAND --help                              options and examples of a command"
    })
public final class Main {
  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "On failure show where in the program; so does MUNINN_STACKTRACE=1.")
  private boolean stackTrace;

  private Main() {}

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
    Main main = new Main();
    Failures failures = new Failures(console, () -> main.stackTrace);
    try {
      int code = commandLine(main, console, failures).execute(args);
      console.out().flush();
      return code;
    } catch (RuntimeException | Error e) {
      return failures.report(e);
    }
  }

  /** Runs what was parsed; picocli itself would answer a failure to print help by a stack trace. */
  private static int run(ParseResult parsed, Failures failures) {
    try {
      return new RunLast().execute(parsed);
    } catch (UserException | Output.Gone e) {
      return failures.report(e);
    }
  }

  private static CommandLine commandLine(Main main, Console console, Failures failures) {
    return new CommandLine(main)
        .addSubcommand(new GenerateCommand(console))
        .addSubcommand(new ChatCommand(console))
        .addSubcommand(new BatchCommand(console))
        .addSubcommand(new EvalCommand(console))
        .addSubcommand(new ScaleCommand(console))
        .addSubcommand(new LogitsCommand(console))
        .addSubcommand(new TraceCommand(console))
        .addSubcommand(new BenchCommand(console))
        .addSubcommand(new ProfileCommand(console))
        .addSubcommand(new SweepCommand(console))
        .addSubcommand(new InspectCommand(ModelOptions::bundled))
        .addSubcommand(new DevicesCommand(console))
        .addSubcommand(new CompletionCommand())
        .setOut(console.out())
        .setErr(console.err())
        .setUsageHelpAutoWidth(false)
        .setUsageHelpWidth(100)
        .setExecutionStrategy(parsed -> run(parsed, failures))
        .setParameterExceptionHandler(failures)
        .setExecutionExceptionHandler(failures);
  }
}

package muninn.cli;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import muninn.UserException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns what went wrong into one line on standard error and an exit code. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  static final int FAILED = 1;
  static final int BAD_USAGE = 2;
  static final int READER_GONE = 141;

  private final Console console;
  private final BooleanSupplier stackTrace;

  Failures(Console console, BooleanSupplier stackTrace) {
    this.console = console;
    this.stackTrace = stackTrace;
  }

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    console.out().flush();
    console.err().println("muninn: " + withoutPrefix(e.getMessage()));
    CommandLine.UnmatchedArgumentException.printSuggestions(e, console.err());
    console
        .err()
        .println("Try '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
    return BAD_USAGE;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine commandLine, ParseResult parsed) {
    return report(e);
  }

  /** Reports a failure and answers the exit code. */
  int report(Throwable failure) {
    Throwable cause = unwrapped(failure);
    if (cause instanceof Output.Gone) {
      return READER_GONE;
    }
    endOutput();
    if (cause instanceof UserException) {
      console.err().println("muninn: " + cause.getMessage());
    } else if (cause instanceof OutOfMemoryError) {
      console
          .err()
          .println(
              "muninn: out of memory ("
                  + cause.getMessage()
                  + "): lower --max-lanes, --max-sequences, --max-steps or --kv-memory; a large"
                  + " block_size in config.json takes memory too");
    } else {
      console
          .err()
          .println(
              "muninn: unexpected failure: "
                  + chain(cause)
                  + "; --stacktrace shows where it happened");
    }
    if (stackTrace.getAsBoolean() || System.getenv("MUNINN_STACKTRACE") != null) {
      failure.printStackTrace(console.err());
    }
    return FAILED;
  }

  /**
   * What was printed before the failure still comes out; if that fails too, the first failure
   * counts.
   */
  private void endOutput() {
    try {
      console.out().flush();
    } catch (RuntimeException e) {
      // Standard output is what failed; it was reported already or is about to be.
    }
  }

  /** A failure and what caused it, on one line. */
  private static String chain(Throwable failure) {
    String cause = failure.getCause() == null ? "" : ", caused by " + chain(failure.getCause());
    return String.valueOf(failure).replaceAll("\\s*\\R\\s*", " ") + cause;
  }

  /** picocli begins some of its messages with a word of its own. */
  private static String withoutPrefix(String message) {
    return message.startsWith("Error: ") ? message.substring("Error: ".length()) : message;
  }

  /** The user's mistake where there is one on the way down, or what engine threads wrapped. */
  private static Throwable unwrapped(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof UserException) {
        return t;
      }
    }
    Throwable t = failure;
    while ((t instanceof CompletionException || t instanceof ExecutionException)
        && t.getCause() != null) {
      t = t.getCause();
    }
    return t;
  }
}

package muninn.cli;

import java.io.PrintWriter;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import muninn.UserException;
import muninn.cli.args.UsageException;

/** Turns what went wrong into one line on standard error and an exit code. */
final class Failures {
  static final int FAILED = 1;
  static final int BAD_USAGE = 2;
  static final int READER_GONE = 141;

  private final Console console;
  private boolean stackTrace = System.getenv("MUNINN_STACKTRACE") != null;

  Failures(Console console) {
    this.console = console;
  }

  /** From now on it is also shown where in the program a failure happened. */
  void showStackTrace() {
    stackTrace = true;
  }

  /** Reports a command that was used wrongly, and where help is; {@code command} may be empty. */
  int usage(UsageException e, String command) {
    endOutput();
    String help = command.isEmpty() ? "muninn --help" : "muninn " + command + " --help";
    say(e.getMessage());
    console.err().println("Try '" + help + "'.");
    trace(e);
    return BAD_USAGE;
  }

  /** Reports a failure and answers the exit code. */
  int report(Throwable failure) {
    Throwable cause = unwrapped(failure);
    if (cause instanceof Output.Gone) {
      return READER_GONE;
    }
    endOutput();
    if (cause instanceof UserException) {
      say(OptionNames.asTyped(cause.getMessage()));
    } else if (cause instanceof OutOfMemoryError) {
      say(
          "out of memory ("
              + cause.getMessage()
              + "): lower --max-lanes, --max-sequences, --max-steps or --kv-memory; a large"
              + " block_size in config.json takes memory too");
    } else {
      say("unexpected failure: " + chain(cause) + "; --stacktrace shows where it happened");
    }
    trace(failure);
    return FAILED;
  }

  private void say(String message) {
    console.err().println("muninn: " + message);
  }

  private void trace(Throwable failure) {
    if (stackTrace) {
      PrintWriter err = console.err();
      failure.printStackTrace(err);
    }
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

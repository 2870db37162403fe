package muninn.cli;

import java.io.PrintWriter;

/** Where a conversation is typed and shown. */
interface ChatTerminal extends AutoCloseable {

  /**
   * The next line, or null at the end of the input.
   *
   * @throws Left when the user pressed Ctrl-C at the prompt, or the process is being ended
   */
  String readLine();

  PrintWriter out();

  /** What Ctrl-C does until the scope is closed: while an answer is printed. */
  Interrupt.Scope onInterrupt(Runnable action);

  @Override
  void close();

  /** The conversation is over because of Ctrl-C. */
  final class Left extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}

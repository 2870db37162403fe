package muninn.cli;

import java.io.IOException;
import java.io.PrintWriter;
import muninn.UserException;
import muninn.files.FileProblem;
import muninn.files.Line;
import muninn.files.Lines;

/** Input that nobody types: read line by line as all text is, without prompt or editing. */
final class PlainTerminal implements ChatTerminal {
  private final Console console;
  private final Lines in;

  PlainTerminal(Console console) {
    this.console = console;
    this.in = new Lines(console.in(), Lines.MAX_BYTES);
  }

  @Override
  public String readLine() {
    if (console.interrupt().raised()) {
      throw new Left();
    }
    Line line;
    try {
      line = in.next();
    } catch (IOException e) {
      throw new UserException("cannot read standard input: " + FileProblem.describe(e), e);
    }
    try {
      return line == null ? null : line.text();
    } catch (UserException e) {
      throw UserException.because(e, "standard input line %d: %s", line.number(), e.getMessage());
    }
  }

  @Override
  public PrintWriter out() {
    return console.out();
  }

  @Override
  public Interrupt.Scope onInterrupt(Runnable action) {
    return console.interrupt().during(action);
  }

  @Override
  public void close() {
    console.out().flush();
  }
}

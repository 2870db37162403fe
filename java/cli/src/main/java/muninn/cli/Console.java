package muninn.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * Where a command reads and writes. The process has one over its standard streams; a test makes its
 * own.
 *
 * @param ofProcess whether these are the streams of the process, which may be a terminal
 */
record Console(
    InputStream in, PrintWriter out, PrintWriter err, Interrupt interrupt, boolean ofProcess) {

  static Console ofProcess(Interrupt interrupt) {
    return new Console(
        System.in,
        Output.writer(new FileOutputStream(FileDescriptor.out)),
        new PrintWriter(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        interrupt,
        true);
  }

  /** Columns of the terminal on which standard error is seen, or 0 when it goes elsewhere. */
  int errorColumns() {
    return ofProcess ? Tty.errorColumns() : 0;
  }

  /** Whether standard error is a terminal, as the launcher found out. */
  boolean errorIsTerminal() {
    return ofProcess && Boolean.getBoolean("muninn.terminal");
  }

  /** Whether a person types the input and sees the output. */
  boolean typed() {
    return ofProcess && System.console() != null && System.console().isTerminal();
  }
}

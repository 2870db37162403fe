package muninn.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import muninn.UserException;

/**
 * Standard output that does not hide its failures, as a {@link PrintWriter} over a plain stream
 * does: a full disk is reported, and a reader that went away ({@code | head}) ends the command
 * quietly.
 */
final class Output extends OutputStream {
  private final OutputStream target;

  private Output(OutputStream target) {
    this.target = target;
  }

  /** A writer in UTF-8, flushed only on demand; failures come out of it as unchecked exceptions. */
  static PrintWriter writer(OutputStream target) {
    return new PrintWriter(new Output(target), false, StandardCharsets.UTF_8);
  }

  /** The reader of our output has gone away. */
  static final class Gone extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Override
  public void write(int b) {
    attempt(() -> target.write(b));
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    attempt(() -> target.write(bytes, offset, length));
  }

  @Override
  public void flush() {
    attempt(target::flush);
  }

  @FunctionalInterface
  private interface Attempt {
    void run() throws IOException;
  }

  private static void attempt(Attempt attempt) {
    try {
      attempt.run();
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      if (message.contains("Broken pipe")) {
        throw new Gone();
      }
      throw new UserException("cannot write to standard output: " + message, e);
    }
  }
}

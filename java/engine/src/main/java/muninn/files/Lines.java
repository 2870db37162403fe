package muninn.files;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import muninn.UserException;

/**
 * Cuts a stream of any length into lines, holding one at a time. A line ends at a line feed, a
 * carriage return or both in a row, as in any editor; the last one need not end. A line beyond the
 * limit is passed over and reported as too long, so that a file without line ends cannot fill the
 * memory. A byte order mark before the first line is dropped. Every input that is read by lines is
 * read by this class.
 */
public final class Lines implements AutoCloseable {
  /** The longest line that an input may have. */
  public static final int MAX_BYTES = 16 << 20;

  private final InputStream in;
  private final int maxBytes;
  private final byte[] buffer = new byte[1 << 16];
  private int position;
  private int limit;
  private long number;
  private boolean afterReturn;

  /**
   * @param maxBytes of a line
   */
  public Lines(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /**
   * What the lines of a file say, blank ones left out.
   *
   * @param what what the lines are, for a message: {@code tasks}
   * @param fields what is on each of them
   * @param parse reads one line
   * @throws UserException naming the file, and the line that cannot be read
   */
  public static <T> List<T> map(Path file, String what, String fields, Function<String, T> parse) {
    List<T> found = new ArrayList<>();
    try (Lines lines = new Lines(Files.newInputStream(file), MAX_BYTES)) {
      for (Line line = lines.next(); line != null; line = lines.next()) {
        if (!line.blank()) {
          found.add(parsed(file, line, parse));
        }
      }
    } catch (IOException e) {
      String problem = Files.exists(file) ? FileProblem.describe(e) : "no such file";
      throw UserException.because(
          e,
          "%s: cannot be read as %s (%s): name a JSONL file with %s on each line",
          file,
          what,
          problem,
          fields);
    }
    if (found.isEmpty()) {
      throw new UserException(file + " holds no " + what);
    }
    return found;
  }

  private static <T> T parsed(Path file, Line line, Function<String, T> parse) {
    try {
      return parse.apply(line.text());
    } catch (UserException e) {
      throw new UserException(file + " line " + line.number() + ": " + e.getMessage(), e);
    }
  }

  /** The next line, or null at the end. */
  public Line next() throws IOException {
    if (afterReturn && fill() && buffer[position] == '\n') {
      position++;
    }
    afterReturn = false;
    if (!fill()) {
      return null;
    }
    number++;
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    boolean tooLong = false;
    boolean ended = false;
    while (!ended && fill()) {
      int end = endOfLine();
      tooLong |= line.size() + (end - position) > maxBytes;
      if (!tooLong) {
        line.write(buffer, position, end - position);
      }
      ended = end < limit;
      afterReturn = ended && buffer[end] == '\r';
      position = ended ? end + 1 : end;
    }
    byte[] bytes = tooLong ? new byte[0] : line.toByteArray();
    return new Line(number, number == 1 ? Text.withoutMark(bytes) : bytes, tooLong, maxBytes);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private int endOfLine() {
    int end = position;
    while (end < limit && buffer[end] != '\n' && buffer[end] != '\r') {
      end++;
    }
    return end;
  }

  /** Whether there is a byte at {@code position}. */
  private boolean fill() throws IOException {
    while (position == limit) {
      int read = in.read(buffer);
      if (read < 0) {
        return false;
      }
      position = 0;
      limit = read;
    }
    return true;
  }
}

package muninn.batch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream of any length into lines, holding one at a time. A line beyond the limit is passed
 * over and reported as too long, so that a file without line ends cannot fill the memory. A byte
 * order mark before the first line is dropped.
 */
final class LineReader implements AutoCloseable {
  private final InputStream in;
  private final int maxBytes;
  private final byte[] buffer = new byte[1 << 16];
  private int position;
  private int limit;
  private long number;

  LineReader(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /** The next line, or null at the end. */
  Line next() throws IOException {
    if (!fill()) {
      return null;
    }
    number++;
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    boolean tooLong = false;
    boolean ended = false;
    while (!ended && fill()) {
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      tooLong |= line.size() + (end - position) > maxBytes;
      if (!tooLong) {
        line.write(buffer, position, end - position);
      }
      ended = end < limit;
      position = ended ? end + 1 : end;
    }
    return new Line(number, tooLong ? new byte[0] : withoutMark(line.toByteArray()), tooLong);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private byte[] withoutMark(byte[] line) {
    boolean marked =
        number == 1
            && line.length >= 3
            && line[0] == (byte) 0xEF
            && line[1] == (byte) 0xBB
            && line[2] == (byte) 0xBF;
    return marked ? Arrays.copyOfRange(line, 3, line.length) : line;
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

package muninn.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import muninn.UserException;
import muninn.files.Json;

/**
 * The files of weights that a checkpoint keeps open. What is looked at here and there is mapped;
 * what is loaded whole is read, because the pages of a mapping that were looked at count as the
 * program's memory beside what was made of them.
 */
final class WeightFiles implements AutoCloseable {
  // A read asks for a buffer, whose size is an int.
  private static final long READ_BYTES = 1L << 30;

  private final Arena arena = Arena.ofShared();
  private final List<FileChannel> channels = new ArrayList<>();

  /** An open file, and its bytes as they are mapped. */
  record Open(Path file, FileChannel channel, MemorySegment bytes) {

    /**
     * Fills a segment with the bytes from there on.
     *
     * @throws UserException when the file ends before, or cannot be read
     */
    void read(long from, MemorySegment to) {
      try {
        for (long at = 0; at < to.byteSize(); ) {
          ByteBuffer buffer =
              to.asSlice(at, Math.min(READ_BYTES, to.byteSize() - at)).asByteBuffer();
          int read = channel.read(buffer, from + at);
          if (read < 0) {
            throw UserException.of(
                "%s: ends at byte %d and went on when it was opened; leave the file alone while it"
                    + " is loaded",
                file, from + at);
          }
          at += read;
        }
      } catch (IOException e) {
        throw Json.unreadable(file, e);
      }
    }
  }

  /**
   * Opens a file.
   *
   * @throws UserException when it is missing, not a regular file, or cannot be read
   */
  Open open(Path file) {
    Json.requireRegularFile(file);
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      channels.add(channel);
      return new Open(
          file, channel, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (IOException e) {
      throw Json.unreadable(file, e);
    }
  }

  /** Closes and unmaps all of them; nothing of them may be in use. A second call does nothing. */
  @Override
  public void close() {
    if (!arena.scope().isAlive()) {
      return;
    }
    arena.close();
    for (FileChannel channel : channels) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

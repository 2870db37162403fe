package muninn.batch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import muninn.UserException;

/**
 * The output of a job: locked against a second one, and grown by whole lines. Each line is handed
 * to the system in one write, so a killed process leaves at most a torn last line, which the next
 * run cuts off; the file is forced to the disk every ten seconds, so a power cut costs at most that
 * much work again.
 */
final class OutputFile implements AutoCloseable {
  private static final long FORCE_NANOS = 10_000_000_000L;

  private final Path path;
  private final FileChannel channel;
  private long forcedAt = System.nanoTime();

  private OutputFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Opens or creates the file for this process alone.
   *
   * @throws UserException when another job has it open
   */
  static OutputFile open(Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return new OutputFile(path, channel);
      }
    } catch (OverlappingFileLockException e) {
      // Another job of this very process has the lock; the message is the same.
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw UserException.of(
        "%s is being written by another batch job: wait for it, or name another output file", path);
  }

  long size() throws IOException {
    return channel.size();
  }

  void clear() throws IOException {
    channel.truncate(0);
  }

  /** Cuts off a torn last line, then reads what the whole lines answer. */
  Answered recover() throws IOException {
    channel.truncate(endOfLastLine());
    channel.position(0);
    Answered answered =
        Answered.read(new BufferedInputStream(Channels.newInputStream(channel)), path.toString());
    channel.position(channel.size());
    return answered;
  }

  /**
   * Appends one line, its end included.
   *
   * @throws UserException when the line could not be written; the lines before it are kept
   */
  void append(byte[] line) {
    try {
      long end = channel.position();
      try {
        ByteBuffer bytes = ByteBuffer.wrap(line);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      } catch (IOException e) {
        channel.truncate(end);
        throw e;
      }
      if (System.nanoTime() - forcedAt > FORCE_NANOS) {
        channel.force(false);
        forcedAt = System.nanoTime();
      }
    } catch (IOException e) {
      throw new UserException(
          String.format(
                  Locale.ROOT,
                  "cannot write to %s (%s): the answers so far are kept; make room and start the"
                      + " same command",
                  path,
                  e.getMessage())
              + " again to continue",
          e);
    }
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      channel.force(false);
    }
  }

  private long endOfLastLine() throws IOException {
    ByteBuffer block = ByteBuffer.allocate(1 << 16);
    for (long end = channel.size(); end > 0; ) {
      long start = Math.max(0, end - block.capacity());
      block.clear().limit((int) (end - start));
      while (block.hasRemaining() && channel.read(block, start + block.position()) >= 0) {}
      for (int i = block.limit() - 1; i >= 0; i--) {
        if (block.get(i) == '\n') {
          return start + i + 1;
        }
      }
      end = start;
    }
    return 0;
  }
}

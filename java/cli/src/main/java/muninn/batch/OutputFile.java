package muninn.batch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import muninn.UserException;

/**
 * The output of a job: locked against a second one, and grown by whole lines. Each line is handed
 * to the system in one write, so a killed process leaves at most a torn last line, which the next
 * run cuts off; the file is forced to the disk every ten seconds, so a power cut costs at most that
 * much work again. A file that somebody else shortens, extends, deletes or replaces meanwhile ends
 * the job before another line is lost in it.
 */
final class OutputFile implements JobOutput.Answers {
  private static final long FORCE_NANOS = 10_000_000_000L;

  private final Path path;
  private final FileChannel channel;
  private final Object identity;
  private long bytes;
  private long forcedAt = System.nanoTime();

  private OutputFile(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    identity = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
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

  @Override
  public Answered begin(JobRecord job, boolean overwrite) throws IOException {
    Optional<JobRecord> before = JobRecord.read(path);
    if (channel.size() > 0) {
      if (before.isEmpty()) {
        throw UserException.of(
            "%s has content, but no %s beside it says which job wrote it: move or delete it, or"
                + " name another output file",
            path, JobRecord.beside(path).getFileName());
      }
      if (!overwrite) {
        requireSame(before.get(), job);
        return recover();
      }
      channel.truncate(0);
    }
    job.write(path);
    return recover();
  }

  private void requireSame(JobRecord before, JobRecord now) {
    String remedy = "start over with --overwrite, or name another output file";
    List<String> differences = before.differences(now);
    if (!differences.isEmpty()) {
      throw UserException.of(
          "%s belongs to another job (%s): repeat that one's options to continue it, %s",
          path, String.join("; ", differences), remedy);
    }
    if (!now.canBeContinued()) {
      throw UserException.of(
          "%s holds answers to an earlier standard input, which cannot be read again: %s",
          path, remedy);
    }
  }

  /** Cuts off a torn last line, then reads what the whole lines answer. */
  Answered recover() throws IOException {
    channel.truncate(endOfLastLine());
    channel.position(0);
    Answered answered =
        Answered.read(new BufferedInputStream(Channels.newInputStream(channel)), path.toString());
    bytes = channel.size();
    channel.position(bytes);
    return answered;
  }

  @Override
  public void append(byte[] line) {
    try {
      requireOurs();
      try {
        ByteBuffer rest = ByteBuffer.wrap(line);
        while (rest.hasRemaining()) {
          channel.write(rest);
        }
      } catch (IOException e) {
        channel.truncate(bytes);
        throw e;
      }
      bytes += line.length;
      if (System.nanoTime() - forcedAt > FORCE_NANOS) {
        channel.force(false);
        forcedAt = System.nanoTime();
      }
    } catch (IOException e) {
      throw UserException.because(
          e,
          "cannot write to %s (%s): the answers so far are kept; make room and start the same"
              + " command again to continue",
          path,
          e.getMessage());
    }
  }

  /** Whether the file of this name is still the one that was opened, as it was left. */
  private void requireOurs() throws IOException {
    BasicFileAttributes now;
    try {
      now = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      throw changed("it is gone");
    }
    if (!Objects.equals(now.fileKey(), identity)) {
      throw changed("another file has taken its place");
    }
    if (now.size() != bytes) {
      throw changed("it had " + bytes + " bytes and has " + now.size() + " now");
    }
  }

  private UserException changed(String how) {
    return UserException.of(
        "output %s was changed by somebody else (%s): no more is written to it; restore it and give"
            + " the same command again, or start over with --overwrite",
        path, how);
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

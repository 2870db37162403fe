package muninn.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/**
 * Held by the one of several downloads, in this program or others, that gathers a content. The file
 * stays behind: whoever waits for it would otherwise wait for one that is no more.
 */
final class BlobLock implements AutoCloseable {
  private static final long POLL_MILLIS = 100;
  private static final long PATIENCE_MILLIS = 2_000;

  private final FileChannel channel;

  private BlobLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits until nobody else has it.
   *
   * @param notes is told when that takes a while
   */
  static BlobLock take(Path file, String name, Consumer<String> notes)
      throws IOException, InterruptedException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      for (long waited = 0; !taken(channel); waited += POLL_MILLIS) {
        if (waited == PATIENCE_MILLIS) {
          notes.accept("another download of " + name + " is running; waiting for it");
        }
        Thread.sleep(POLL_MILLIS);
      }
      return new BlobLock(channel);
    } catch (IOException | InterruptedException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static boolean taken(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // another thread of this program
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

package muninn.hub;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Closes a stream from which nothing has come for too long, which ends whoever reads from it. */
final class Watch implements AutoCloseable {
  private final AtomicLong alive = new AtomicLong();
  private final Thread watcher;

  Watch(Closeable stream, Duration patience) {
    watcher = Thread.ofVirtual().start(() -> watch(stream, patience));
  }

  /** Something came. */
  void alive() {
    alive.incrementAndGet();
  }

  private void watch(Closeable stream, Duration patience) {
    try {
      long seen;
      do {
        seen = alive.get();
        Thread.sleep(patience);
      } while (alive.get() != seen);
      stream.close();
    } catch (InterruptedException e) {
      // The stream came to its end.
    } catch (IOException e) {
      // It was closed as far as it can be; the reader finds out.
    }
  }

  @Override
  public void close() {
    watcher.interrupt();
  }
}

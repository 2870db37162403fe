package muninn.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends the connections of clients that take nothing of what is written to them. Sockets know no
 * such limit: a write to a client that never reads waits for ever, and its connection with it.
 */
final class WriteTimeout {
  private static final int LOOKS = 4; // within the limit: a write ends at most a quarter later

  private final long most;
  private final Set<Timed> connections = ConcurrentHashMap.newKeySet();
  private Thread watch; // null unless it runs

  /**
   * @param most that one write may take
   */
  WriteTimeout(Duration most) {
    this.most = most.toNanos();
  }

  /** A writer whose writes are watched until {@link Timed#forget}. */
  Timed watch(DataWriter to) {
    Timed timed = new Timed(to);
    connections.add(timed);
    return timed;
  }

  synchronized void start() {
    watch = Thread.ofVirtual().name("muninn-write-timeout").start(this::look);
  }

  synchronized void stop() {
    if (watch != null) {
      watch.interrupt();
    }
  }

  private void look() {
    try {
      while (true) {
        Thread.sleep(Duration.ofNanos(most / LOOKS));
        long now = System.nanoTime();
        connections.forEach(connection -> connection.check(now));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server has stopped
    }
  }

  /** The writer of a connection, used by one thread at a time. */
  final class Timed implements DataWriter {
    private final DataWriter to;
    private Thread writing; // null between writes
    private long since;
    private boolean late;

    private Timed(DataWriter to) {
      this.to = to;
    }

    /** To be called when the connection has ended. */
    void forget() {
      connections.remove(this);
    }

    private void timed(Runnable write) {
      begin();
      try {
        write.run();
      } finally {
        end();
      }
    }

    private synchronized void begin() {
      writing = Thread.currentThread();
      since = System.nanoTime();
    }

    private synchronized void end() {
      writing = null;
      if (late) {
        Thread.interrupted(); // was meant for the write
      }
    }

    /** A virtual thread that is interrupted in a write leaves its socket closed. */
    private synchronized void check(long now) {
      if (writing != null && !late && now - since > most) {
        late = true;
        writing.interrupt();
      }
    }

    @Override
    public void write(BufferData... buffers) {
      timed(() -> to.write(buffers));
    }

    @Override
    public void write(BufferData buffer) {
      timed(() -> to.write(buffer));
    }

    @Override
    public void writeNow(BufferData... buffers) {
      timed(() -> to.writeNow(buffers));
    }

    @Override
    public void writeNow(BufferData buffer) {
      timed(() -> to.writeNow(buffer));
    }

    @Override
    public void flush() {
      timed(to::flush);
    }

    @Override
    public void close() {
      to.close();
    }
  }
}

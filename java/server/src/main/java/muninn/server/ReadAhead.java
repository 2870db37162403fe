package muninn.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.CloseConnectionException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * What a client sends over HTTP/1.1, and whether it is still there. A client that waits for an
 * answer sends nothing; so while it waits the next read is already under way, and ends when the
 * client goes away. What it reads otherwise begins the next request, and is given to whoever reads
 * that.
 *
 * <p>Used by the connection's own thread alone.
 */
final class ReadAhead implements Client {
  private final DataReader from;
  private CompletableFuture<byte[]> next; // null unless a read is under way
  private boolean closing;

  ReadAhead(DataReader from) {
    this.from = from;
  }

  @Override
  public byte[] get() {
    if (closing) {
      return null;
    }
    if (next == null) {
      return read();
    }
    try {
      return next.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("the server ends", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } finally {
      next = null;
    }
  }

  /** The one request under way is meant, whatever its number. */
  @Override
  public void whenGone(int request, Runnable action) {
    if (next == null) {
      CompletableFuture<byte[]> reading = new CompletableFuture<>();
      next = reading;
      Thread.ofVirtual()
          .name("muninn-client")
          .start(
              () -> {
                try {
                  reading.complete(read());
                } catch (Throwable t) {
                  reading.completeExceptionally(t);
                }
              });
    }
    next.whenComplete(
        (bytes, failure) -> {
          if (bytes == null) {
            action.run();
          }
        });
  }

  @Override
  public void last() {
    closing = true;
  }

  private byte[] read() {
    try {
      BufferData data = from.readBuffer();
      byte[] bytes = new byte[data.available()];
      data.read(bytes);
      return bytes;
    } catch (DataReader.InsufficientDataAvailableException e) {
      return null;
    }
  }
}

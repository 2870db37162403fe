package muninn.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * HTTP/1.1 connections whose requests can ask to be told when the client goes away, and whose
 * writes end in time. Helidon's own does all the work, on a {@link ReadAhead} instead of the
 * socket's reader and with a {@link WriteTimeout}; a request, which is handled on the thread of its
 * connection, finds the former in {@link #CLIENT}.
 */
final class Connections implements ServerConnectionSelector {
  /** The client of the request that this thread handles. */
  static final ScopedValue<ReadAhead> CLIENT = ScopedValue.newInstance();

  private final Http1ConnectionSelector http =
      Http1ConnectionSelector.builder()
          .config(Http1Config.builder().sendKeepAliveHeader(false).build())
          .build();
  private final WriteTimeout timeout;

  Connections(WriteTimeout timeout) {
    this.timeout = timeout;
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return http.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    ReadAhead client = new ReadAhead(context.dataReader());
    DataReader reader = DataReader.create(client);
    WriteTimeout.Timed writer = timeout.watch(context.dataWriter());
    Watched watched = new Watched(context, reader, writer);
    return new Connection(http.connection(watched), client, writer);
  }

  private record Connection(ServerConnection http, ReadAhead client, WriteTimeout.Timed writer)
      implements ServerConnection, InterruptableTask<Void> {

    @Override
    public void handle(Limit limit) throws InterruptedException {
      try {
        ScopedValue.where(CLIENT, client)
            .call(
                () -> {
                  http.handle(limit);
                  return null;
                });
      } catch (InterruptedException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      } finally {
        writer.forget();
      }
    }

    @Override
    public boolean canInterrupt() {
      return http instanceof InterruptableTask<?> task && task.canInterrupt();
    }

    @Override
    public void run() {
      throw new UnsupportedOperationException("a connection is handled");
    }

    @Override
    public Duration idleTime() {
      return http.idleTime();
    }

    @Override
    public void close(boolean interrupt) {
      http.close(interrupt);
    }
  }

  /** A connection as it is, but for its reader and writer. */
  private record Watched(ConnectionContext all, DataReader dataReader, DataWriter dataWriter)
      implements ConnectionContext {

    @Override
    public ListenerContext listenerContext() {
      return all.listenerContext();
    }

    @Override
    public ExecutorService executor() {
      return all.executor();
    }

    @Override
    public Router router() {
      return all.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
      return all.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
      return all.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
      return all.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
      return all.localPeer();
    }

    @Override
    public boolean isSecure() {
      return all.isSecure();
    }

    @Override
    public String socketId() {
      return all.socketId();
    }

    @Override
    public String childSocketId() {
      return all.childSocketId();
    }
  }
}

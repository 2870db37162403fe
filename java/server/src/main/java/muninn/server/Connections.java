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
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.http2.Http2ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;

/**
 * Connections whose requests can ask to be told when the client goes away, and whose writes end in
 * time. Helidon's own do all the work, on a {@link Client} instead of the socket's reader and with
 * a {@link WriteTimeout}; a request finds the former in {@link #CLIENT}, on whichever thread it is
 * handled.
 */
final class Connections implements ServerConnectionSelector {
  /** The client of the request that this thread handles. */
  static final ScopedValue<Client> CLIENT = ScopedValue.newInstance();

  private final ServerConnectionSelector helidon;
  private final Function<DataReader, Client> clients;
  private final WriteTimeout timeout;

  private Connections(
      ServerConnectionSelector helidon,
      Function<DataReader, Client> clients,
      WriteTimeout timeout) {
    this.helidon = helidon;
    this.clients = clients;
    this.timeout = timeout;
  }

  /** A request at a time, each handled on the thread of its connection. */
  static Connections http1(WriteTimeout timeout) {
    Http1Config config =
        Http1Config.builder()
            .sendKeepAliveHeader(false)
            .maxPrologueLength(OtherProtocols.MOST_LINE)
            .build();
    return new Connections(
        Http1ConnectionSelector.builder().config(config).build(), ReadAhead::new, timeout);
  }

  /**
   * Many requests at a time, over TLS where a client asks for it, else where it begins with it.
   *
   * @param write that one may wait for a client that takes nothing
   */
  static Connections http2(WriteTimeout timeout, Duration write) {
    Http2Config config = Http2Config.builder().flowControlTimeout(write).build();
    return new Connections(
        Http2ConnectionSelector.builder().http2Config(config).build(), Frames::new, timeout);
  }

  @Override
  public int bytesToIdentifyConnection() {
    return helidon.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return helidon.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return helidon.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    Client client = clients.apply(context.dataReader());
    WriteTimeout.Timed writer = timeout.watch(context.dataWriter());
    ExecutorService bound = new BoundExecutor(context.executor(), client);
    Watched watched = new Watched(context, DataReader.create(client), writer, bound);
    return new Connection(helidon.connection(watched), client, writer);
  }

  private record Connection(ServerConnection http, Client client, WriteTimeout.Timed writer)
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
        client.end();
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

  /** A connection as it is, but for its reader, its writer, and who handles its requests. */
  private record Watched(
      ConnectionContext all, DataReader dataReader, DataWriter dataWriter, ExecutorService executor)
      implements ConnectionContext {

    @Override
    public ListenerContext listenerContext() {
      return all.listenerContext();
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

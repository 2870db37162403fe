package muninn.server;

import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import muninn.UserException;
import muninn.engine.Engine;
import muninn.engine.Monitor;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.files.Json;
import muninn.model.Config;
import muninn.wire.AskReader;
import muninn.wire.ErrorJson;
import muninn.wire.Responder;

/**
 * An HTTP server that speaks OpenAI's interface. It listens from the beginning, and says that it is
 * not ready until it is given a model and that has thought for the first time.
 *
 * <p>Threads: each connection has a virtual one of its own; all methods are safe from any thread.
 */
public final class Server implements AutoCloseable {
  // Kept, for what it is told is forgotten with it: what it logs is not for users.
  private static final Logger HELIDON = Logger.getLogger("io.helidon");

  // What the system holds for a client that reads slowly; by itself it would grow to megabytes.
  private static final int SEND_BUFFER = 1 << 18;

  private static final long DRAIN_POLL_MILLIS = 20;

  private static final String CODED =
      "the body has a Content-Encoding, wanted none: send it as it is";

  private final ServerOptions options;
  private final Guard guard;
  private final Front front;
  private final Metrics metrics = new Metrics();
  private final WriteTimeout timeout;
  private final WebServer web;
  private volatile Loaded loaded;

  private Server(ServerOptions options, Consumer<Throwable> failures, Consumer<String> log) {
    this.options = options;
    guard = new Guard(options);
    AccessLog lines = AccessLog.valueOf(options.log().name());
    front = new Front(guard, metrics, failures, visit -> lines.write(visit, log));
    new Routes(options, guard, metrics, this::loaded).addTo(front);
    timeout = new WriteTimeout(options.limits().write());
    HELIDON.setLevel(Level.OFF);
    WebServerConfig.Builder builder =
        WebServer.builder()
            .host(options.host())
            .port(options.port())
            .shutdownHook(false)
            .useNio(false) // reads and writes at the same time, TLS or not
            .addConnectionSelector(new OtherProtocols())
            .addConnectionSelector(Connections.http1(timeout))
            .addConnectionSelector(Connections.http2(timeout, options.limits().write()))
            .connectionOptions(
                SocketOptions.builder().tcpNoDelay(true).socketSendBufferSize(SEND_BUFFER).build())
            .shutdownGracePeriod(Duration.ofMillis(500))
            .directHandlers(errors())
            .routing(routing -> routing.any(front));
    options.tls().map(Server::tls).ifPresent(builder::tls);
    web = builder.build();
  }

  private static Tls tls(ServerOptions.TlsFiles files) {
    try {
      Keys key =
          Keys.builder()
              .pem(
                  pem ->
                      pem.key(Resource.create(files.key()))
                          .certChain(Resource.create(files.certificate())))
              .build();
      return Tls.builder().privateKey(key).privateKeyCertChain(key).build();
    } catch (RuntimeException e) {
      throw UserException.because(
          e,
          "%s and %s are no certificate chain and private key in PEM form: %s",
          files.certificate(),
          files.key(),
          e.getMessage());
    }
  }

  /**
   * Begins to listen.
   *
   * @param failures hears of what is nobody's mistake but the server's
   * @param log hears a line of every request when it is over
   * @throws UserException when the port cannot be had
   */
  public static Server open(
      ServerOptions options, Consumer<Throwable> failures, Consumer<String> log) {
    try {
      InetAddress.getByName(options.host());
    } catch (UnknownHostException e) {
      throw UserException.because(
          e,
          "cannot listen at %s: no address is known by that name: choose another one (--host)",
          options.host());
    }
    Server server = new Server(options, failures, log);
    server.web.start();
    if (!server.web.isRunning()) { // Helidon keeps the reason to itself
      throw UserException.of(
          "cannot listen at %s port %d: another program does, or the address is not this machine's:"
              + " choose another one (--port, --host)",
          options.host(), options.port());
    }
    server.timeout.start();
    return server;
  }

  /** What an engine is to tell of its work, which {@code /metrics} reports. */
  public Monitor monitor() {
    return metrics;
  }

  /** Where it listens. */
  public int port() {
    return web.port();
  }

  /**
   * Answers with this model from now on, once it has thought for the first time.
   *
   * @param defaults hold where a request states nothing
   * @param seeds for requests that draw and state none
   */
  public void serve(Engine engine, Options defaults, LongSupplier seeds) {
    Config config = engine.model().config();
    Optional<Engine> here = Optional.of(engine);
    serve(Responder.of(engine), here, defaults, seeds, config.blockSize(), config.vocabulary());
  }

  /** The same with whatever answers. */
  void serve(
      Responder responder, Options defaults, LongSupplier seeds, int mostTokens, int vocabulary) {
    serve(responder, Optional.empty(), defaults, seeds, mostTokens, vocabulary);
  }

  private void serve(
      Responder responder,
      Optional<Engine> engine,
      Options defaults,
      LongSupplier seeds,
      int mostTokens,
      int vocabulary) {
    responder.submit(Request.of(new int[] {0}, 1, 1)).completion().join();
    AskReader asks = new AskReader(responder, defaults, options.lenient(), seeds);
    loaded =
        new Loaded(
            options,
            responder,
            asks,
            System.currentTimeMillis() / 1000,
            engine,
            defaults,
            mostTokens,
            vocabulary);
  }

  private Loaded loaded() {
    Loaded there = loaded;
    if (there == null) {
      throw Refusal.unable(
          503, "the model is being loaded: ask again soon", "server_error", "loading");
    }
    return there;
  }

  /** Lets nobody in any more, and waits for those who are inside, but no longer than that. */
  public void drain(Duration most) {
    guard.close();
    long end = System.nanoTime() + most.toNanos();
    try {
      while (front.inside() > 0 && System.nanoTime() < end) {
        Thread.sleep(DRAIN_POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends what is under way, and listens no more. The model is its owner's to close, after this. */
  public void stop() {
    guard.close();
    web.stop();
    timeout.stop();
  }

  @Override
  public void close() {
    stop();
  }

  /** What is wrong with a request that is none, said in the same form as everything else. */
  private static DirectHandlers errors() {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
      handlers.addHandler(
          type,
          (request, _, status, headers, message) -> {
            boolean coded = request.headers().contains(HeaderNames.CONTENT_ENCODING);
            return DirectHandler.TransportResponse.builder()
                .status(coded ? Status.UNSUPPORTED_MEDIA_TYPE_415 : status)
                .headers(headers)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .entity(coded ? sentence(CODED) : entity(status, message))
                .build();
          });
    }
    return handlers.build();
  }

  private static byte[] entity(Status status, String message) {
    String said = message == null || message.isBlank() ? status.reasonPhrase() : message;
    return sentence("this is no HTTP request that can be answered: " + said);
  }

  /** An error in OpenAI's form. */
  static byte[] sentence(String said) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var json = Json.FACTORY.createGenerator(bytes)) {
      ErrorJson.invalid(said).write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}

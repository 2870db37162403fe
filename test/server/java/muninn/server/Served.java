package muninn.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.request.Options;
import muninn.model.Checkpoint;
import muninn.model.Model;
import muninn.wire.Responder;

/** A server on a free port, with the model that adds numbers or with whatever answers. */
final class Served implements AutoCloseable {
  /** The model that comes with the repository. */
  static final Path SUMS = Path.of("../../weights/raven-sums");

  static final ServerOptions OPTIONS =
      new ServerOptions(
          "127.0.0.1",
          0,
          List.of(),
          List.of("sums", "other"),
          false,
          List.of(),
          Optional.empty(),
          new ServerOptions.Limits(1 << 20, 8, Duration.ofMinutes(1)),
          ServerOptions.Log.JSON,
          "1.2.3");

  final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  final Queue<String> log = new ConcurrentLinkedQueue<>();
  final Server server;
  final Http http;
  private Runnable closesEngine = () -> {};

  private Served(ServerOptions options) {
    server = Server.open(options, failures::add, log::add);
    http = new Http(server.port());
  }

  /** With nothing to answer yet. */
  static Served loading(ServerOptions options) {
    return new Served(options);
  }

  /** With the model that adds numbers. */
  static Served sums(ServerOptions options) {
    return sums(options, null);
  }

  /** The same with an engine of these options; null for the usual ones. */
  static Served sums(ServerOptions options, EngineOptions room) {
    return of(SUMS, options, room);
  }

  /** With the model of a folder. */
  static Served of(Path folder, ServerOptions options, EngineOptions room) {
    Served served = new Served(options);
    Model model = Checkpoint.open(folder);
    Engine engine =
        Engine.open(model, room == null ? EngineOptions.of(model) : room, served.server.monitor());
    served.closesEngine = engine::close;
    served.server.serve(engine, Options.of(engine.model().config()), () -> 7);
    return served;
  }

  /** With something that answers. */
  static Served by(Responder responder, ServerOptions options) {
    Served served = new Served(options);
    served.server.serve(responder, Options.DEFAULT, () -> 7, 256, 256);
    return served;
  }

  /** A client of bare sockets that has asked for a completion, and can be closed at any moment. */
  Socket ask(String body) throws IOException {
    Socket client = new Socket();
    client.setReceiveBufferSize(1 << 14); // of a system that could hold whole answers otherwise
    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    ask(client, body);
    return client;
  }

  /** The same on a connection that is there. */
  static void ask(Socket client, String body) throws IOException {
    String head =
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: ";
    client
        .getOutputStream()
        .write((head + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
  }

  /** The same options with keys that clients must show. */
  static ServerOptions withKeys(String... keys) {
    return with(List.of(keys), List.of(), Optional.empty(), OPTIONS.limits());
  }

  /** The same options with other limits. */
  static ServerOptions withLimits(ServerOptions.Limits limits) {
    return with(List.of(), List.of(), Optional.empty(), limits);
  }

  /** The same options with pages that may ask through a browser. */
  static ServerOptions withOrigins(List<String> origins) {
    return with(List.of(), origins, Optional.empty(), OPTIONS.limits());
  }

  /** The same options with a certificate. */
  static ServerOptions withTls(ServerOptions.TlsFiles tls) {
    return with(List.of(), List.of(), Optional.of(tls), OPTIONS.limits());
  }

  private static ServerOptions with(
      List<String> keys,
      List<String> origins,
      Optional<ServerOptions.TlsFiles> tls,
      ServerOptions.Limits limits) {
    return new ServerOptions(
        OPTIONS.host(),
        OPTIONS.port(),
        keys,
        OPTIONS.names(),
        OPTIONS.lenient(),
        origins,
        tls,
        limits,
        OPTIONS.log(),
        OPTIONS.version());
  }

  @Override
  public void close() {
    http.close();
    server.close();
    closesEngine.run();
  }
}

package muninn.lab.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import muninn.files.Json;

/** A server that answers every prompt with five tokens, streamed, and fails as it is told. */
final class FakeServer implements AutoCloseable {
  private static final String ERROR = "{\"error\": {\"message\": \"out of ideas\"}}";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<ObjectNode> bodies = new CopyOnWriteArrayList<>();
  private final List<String> keys = new CopyOnWriteArrayList<>();
  private final AtomicInteger now = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile String failure;

  FakeServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/v1/models", e -> send(e, 200, "{\"data\": [{\"id\": \"fake\"}]}"));
    server.createContext("/v1/completions", this::complete);
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The next so many answers fail in this way. */
  void fail(int times, String kind) {
    failure = kind;
    failures.set(times);
  }

  /** What was asked, in order. */
  List<ObjectNode> bodies() {
    return bodies;
  }

  List<String> keys() {
    return keys;
  }

  int mostAtOnce() {
    return most.get();
  }

  private void complete(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    bodies.add(Json.line(new String(body, StandardCharsets.UTF_8)));
    keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    int open = now.incrementAndGet();
    most.accumulateAndGet(open, Math::max);
    try {
      answer(exchange, failures.getAndDecrement() > 0 ? failure : "");
    } finally {
      now.decrementAndGet();
    }
  }

  private void answer(HttpExchange exchange, String kind) throws IOException {
    if (kind.equals("500") || kind.equals("429")) {
      send(exchange, Integer.parseInt(kind), ERROR);
      return;
    }
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, kind.equals("cut") ? 1000 : 0);
    OutputStream out = exchange.getResponseBody();
    event(out, ": a comment\n\n");
    for (String token :
        kind.equals("empty") ? List.<String>of() : List.of("a", "b", "c", "d", "e")) {
      event(out, "data: {\"choices\": [{\"index\": 0, \"text\": \"" + token + "\"}]}\n\n");
    }
    switch (kind) {
      case "cut", "silent" -> {
        exchange.close();
        return;
      }
      case "in-band" -> event(out, "data: " + ERROR + "\n\n");
      case "garbage" -> event(out, "data: {\n\n");
      default ->
          event(
              out,
              "data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 8,"
                  + " \"completion_tokens\": 5}}\n\n");
    }
    event(out, "data: [DONE]\n\n");
    exchange.close();
  }

  private static void event(OutputStream out, String event) throws IOException {
    out.write(event.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}

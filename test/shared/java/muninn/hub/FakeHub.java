package muninn.hub;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A small server that behaves like the Hugging Face hub for one model: it lists a revision, says of
 * files what identifies them, serves small ones itself and sends on to a second server, another
 * host as far as HTTP is concerned, for those in large-file storage. It fails as it is told.
 */
public final class FakeHub implements AutoCloseable {
  public static final String MODEL = "owner/model-1";

  /** What an answer does instead of what it should. */
  public interface Fault {
    void answer(HttpExchange exchange, byte[] content) throws IOException;
  }

  /** A request that came. */
  public record Asked(String method, String path, String range, String token, boolean ofHub) {}

  private final HttpServer hub;
  private final HttpServer storage;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, byte[]> files = new TreeMap<>();
  private final Map<String, String> etags = new ConcurrentHashMap<>();
  private final Map<String, Deque<Fault>> faults = new ConcurrentHashMap<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private volatile String commit = "0123456789abcdef0123456789abcdef01234567";
  private volatile String revision = "main";
  private volatile String token;
  private volatile boolean gated;
  private volatile boolean codes = true;

  public FakeHub() throws IOException {
    hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    storage = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    for (HttpServer server : List.of(hub, storage)) {
      server.setExecutor(threads);
      server.createContext("/", exchange -> serve(exchange, server.equals(hub)));
      server.start();
    }
  }

  /** Its address, as HF_ENDPOINT has it. */
  public String address() {
    return "http://127.0.0.1:" + hub.getAddress().getPort();
  }

  /** Holds a file, with the etag that belongs to it. */
  public FakeHub with(String name, byte[] content) {
    files.put(name, content);
    etags.put(name, isLarge(name) ? sha256(content) : gitHash(content));
    return this;
  }

  public FakeHub with(String name, String content) {
    return with(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** Holds every file of a folder. */
  public FakeHub with(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        with(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return this;
  }

  /** Says another etag than the content has. */
  public void setEtag(String name, String etag) {
    etags.put(name, etag);
  }

  public String etag(String name) {
    return etags.get(name);
  }

  public byte[] content(String name) {
    return files.get(name);
  }

  /** The revision becomes another commit. */
  public void setCommit(String commit) {
    this.commit = commit;
  }

  public String commit() {
    return commit;
  }

  /** The one revision beside the commit itself. */
  public void setRevision(String revision) {
    this.revision = revision;
  }

  /** Shows nothing without this token, or, gated, the listing alone. */
  public void need(String token, boolean gated) {
    this.token = token;
    this.gated = gated;
  }

  /** Leaves out the headers that say more than the status. */
  public void withoutCodes() {
    codes = false;
  }

  /** The next answers with this content, or to this path, go wrong. */
  public FakeHub fault(String nameOrPath, Fault... next) {
    faults.computeIfAbsent(nameOrPath, n -> new ArrayDeque<>()).addAll(List.of(next));
    return this;
  }

  /** Everything that was asked, in order. */
  public List<Asked> asked() {
    return asked;
  }

  /** How often bytes of a file were asked for. */
  public long downloads(String name) {
    return asked.stream()
        .filter(a -> a.method().equals("GET") && a.path().endsWith("/" + name))
        .filter(a -> a.ofHub() != isLarge(name))
        .count();
  }

  /** Ends the connection after some bytes of those that were announced. */
  public static Fault cutAfter(int bytes) {
    return (exchange, content) -> {
      int from = from(exchange);
      announce(exchange, from, content.length);
      exchange.getResponseBody().write(content, from, Math.min(bytes, content.length - from));
      exchange.getResponseBody().flush();
      exchange.close();
    };
  }

  /** Answers with a status and headers, names and values in turn. */
  public static Fault status(int status, String... headers) {
    return (exchange, content) -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    };
  }

  /** Answers with all of a content, whatever was asked for. */
  public static Fault whole() {
    return (exchange, content) -> {
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content);
      exchange.close();
    };
  }

  /** Answers with other bytes. */
  public static Fault instead(byte[] other) {
    return (exchange, content) -> {
      exchange.sendResponseHeaders(200, other.length);
      exchange.getResponseBody().write(other);
      exchange.close();
    };
  }

  private void serve(HttpExchange exchange, boolean ofHub) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    Headers head = exchange.getRequestHeaders();
    asked.add(
        new Asked(
            exchange.getRequestMethod(),
            path,
            head.getFirst("Range"),
            head.getFirst("Authorization"),
            ofHub));
    String name = path.substring(path.lastIndexOf('/') + 1);
    Fault fault = next(path, name, exchange.getRequestMethod(), ofHub);
    if (fault != null) {
      fault.answer(exchange, files.getOrDefault(name, new byte[0]));
    } else if (!ofHub) {
      content(exchange, files.get(name));
    } else if (path.startsWith("/api/models/")) {
      list(exchange, path.substring("/api/models/".length()));
    } else {
      resolve(exchange, path, name);
    }
  }

  /** Those by name concern the bytes alone, those by path every request. */
  private synchronized Fault next(String path, String name, String method, boolean ofHub) {
    Deque<Fault> byPath = faults.get(path);
    if (byPath != null && !byPath.isEmpty()) {
      return byPath.poll();
    }
    Deque<Fault> byName = faults.get(name);
    boolean bytes = method.equals("GET") && ofHub != isLarge(name);
    return bytes && byName != null ? byName.poll() : null;
  }

  private void list(HttpExchange exchange, String rest) throws IOException {
    if (token != null && !gated && !isKnown(exchange)) {
      refuse(exchange, 401, "RepoNotFound");
    } else if (rest.equals(MODEL)
        || rest.equals(MODEL + "/revision/" + commit)
        || URLDecoder.decode(rest, StandardCharsets.UTF_8)
            .equals(MODEL + "/revision/" + revision)) {
      String names =
          files.keySet().stream()
              .map(name -> "{\"rfilename\": \"" + name + "\"}")
              .collect(Collectors.joining(", "));
      send(exchange, "{\"id\": \"x\", \"sha\": \"" + commit + "\", \"siblings\": [" + names + "]}");
    } else {
      refuse(exchange, 404, rest.startsWith(MODEL + "/") ? "RevisionNotFound" : "RepoNotFound");
    }
  }

  private void resolve(HttpExchange exchange, String path, String name) throws IOException {
    byte[] content = files.get(name);
    if (token != null && !isKnown(exchange)) {
      refuse(exchange, 401, gated ? "GatedRepo" : "RepoNotFound");
    } else if (content == null
        || !Stream.of(commit, revision)
            .anyMatch(at -> path.equals("/" + MODEL + "/resolve/" + at + "/" + name))) {
      refuse(exchange, 404, "EntryNotFound");
    } else if (isLarge(name)) {
      Headers head = exchange.getResponseHeaders();
      head.set("X-Repo-Commit", commit);
      head.set("X-Linked-Etag", "\"" + etags.get(name) + "\"");
      head.set("X-Linked-Size", String.valueOf(content.length));
      head.set(
          "Location",
          "http://localhost:" + storage.getAddress().getPort() + "/signed/" + name + "?key=1");
      exchange.sendResponseHeaders(302, -1);
      exchange.close();
    } else {
      exchange.getResponseHeaders().set("X-Repo-Commit", commit);
      exchange.getResponseHeaders().set("ETag", "\"" + etags.get(name) + "\"");
      content(exchange, content);
    }
  }

  private boolean isKnown(HttpExchange exchange) {
    return ("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private void refuse(HttpExchange exchange, int status, String code) throws IOException {
    if (codes) {
      exchange.getResponseHeaders().set("X-Error-Code", code);
    }
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private static void send(HttpExchange exchange, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static void content(HttpExchange exchange, byte[] content) throws IOException {
    int from = from(exchange);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(content.length));
      exchange.sendResponseHeaders(200, -1);
    } else if (from > content.length || (from > 0 && from == content.length)) {
      exchange.sendResponseHeaders(416, -1);
    } else {
      announce(exchange, from, content.length);
      exchange.getResponseBody().write(content, from, content.length - from);
    }
    exchange.close();
  }

  private static void announce(HttpExchange exchange, int from, int length) throws IOException {
    if (exchange.getRequestHeaders().containsKey("Range")) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + from + "-" + (length - 1) + "/" + length);
    }
    int status = exchange.getRequestHeaders().containsKey("Range") ? 206 : 200;
    exchange.sendResponseHeaders(status, length == from ? -1 : length - from);
  }

  private static int from(HttpExchange exchange) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    return range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=([0-9]+)-", "$1"));
  }

  private static boolean isLarge(String name) {
    return name.endsWith(".safetensors");
  }

  private static String sha256(byte[] content) {
    return hash("SHA-256", new byte[0], content);
  }

  private static String gitHash(byte[] content) {
    String head = "blob " + content.length + "\0";
    return hash("SHA-1", head.getBytes(StandardCharsets.US_ASCII), content);
  }

  private static String hash(String algorithm, byte[] head, byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(head);
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The address as a URI. */
  public URI endpoint() {
    return URI.create(address());
  }

  @Override
  public void close() {
    hub.stop(0);
    storage.stop(0);
    threads.shutdownNow();
  }
}

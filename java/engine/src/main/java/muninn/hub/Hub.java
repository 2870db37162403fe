package muninn.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import muninn.UserException;
import muninn.files.Json;

/**
 * The hub over HTTP: what a model's revision holds, what identifies a file, and its bytes. The
 * token goes to the hub's own address only, wherever an answer leads; large files come from other
 * hosts, by addresses that the hub has signed. Safe for use by several threads.
 */
final class Hub implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final int MOST_REDIRECTS = 10;
  private static final int MOST_LISTING_BYTES = 64 << 20;

  private final HubSettings settings;
  private final Patience.Pauses pauses;
  private final Consumer<String> notes;
  private final HttpClient client;
  private volatile boolean reached;

  /**
   * What a revision is.
   *
   * @param commit its whole name
   * @param files names of all its files
   */
  record Revision(String commit, List<String> files) {}

  /**
   * @param notes is told what is waited for
   */
  Hub(HubSettings settings, Patience.Pauses pauses, Consumer<String> notes) {
    this.settings = settings;
    this.pauses = pauses;
    this.notes = notes;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1) // a connection a file
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(new Proxies(System.getenv(), ProxySelector.getDefault()))
            .build();
  }

  /**
   * Asks which commit a revision is now, and for its files.
   *
   * @throws UserException when there is no such model or revision, it may not be seen, or the hub
   *     cannot be asked
   */
  Revision revision(ModelId id) throws InterruptedException {
    URI model = address("/api/models/" + id.repository());
    URI at = URI.create(model + "/revision/" + encoded(id.revision()));
    return patiently(
        () -> {
          HttpResponse<InputStream> response = follow("GET", at, Map.of(), hop -> false);
          try (InputStream body = response.body()) {
            if (response.statusCode() == 404
                && response.headers().firstValue(HubRefusal.CODE).isEmpty()
                && isThere(model)) {
              throw HubRefusal.noRevision(id, settings.endpoint() + "/" + id.repository());
            }
            requireOk(id, null, response);
            return listing(at, body.readNBytes(MOST_LISTING_BYTES));
          }
        });
  }

  private boolean isThere(URI model) throws IOException, InterruptedException {
    HttpResponse<InputStream> response = follow("GET", model, Map.of(), hop -> false);
    response.body().close();
    return response.statusCode() == 200;
  }

  private Revision listing(URI at, byte[] body) {
    ObjectNode object;
    try {
      object = Json.line(new String(body, StandardCharsets.UTF_8));
    } catch (UserException e) {
      throw notTheHub(at, e.getMessage());
    }
    String commit = object.path("sha").asText();
    if (!ModelId.isCommit(commit)) {
      throw notTheHub(at, "field sha is " + Json.kind(object.path("sha")) + ", wanted a commit");
    }
    List<String> files = new ArrayList<>();
    for (JsonNode file : object.path("siblings")) {
      files.add(file.path("rfilename").asText());
    }
    return new Revision(commit, files);
  }

  private static UserException notTheHub(URI at, String why) {
    return UserException.of(
        "%s does not answer as the Hugging Face hub does (%s): check HF_ENDPOINT and the proxy",
        at, why);
  }

  /**
   * Asks what identifies a file of a commit, and how long it is.
   *
   * @throws UserException when it may not be read, the hub cannot be asked, or answers otherwise
   */
  RemoteFile file(ModelId id, String commit, String name) throws InterruptedException {
    URI at = address("/" + id.repository() + "/resolve/" + commit + "/" + encoded(name));
    return patiently(
        () -> {
          HttpResponse<InputStream> response =
              follow(
                  "HEAD",
                  at,
                  Map.of("Accept-Encoding", "identity"),
                  hop -> RemoteFile.etag(hop.headers()).isPresent());
          response.body().close();
          if (response.statusCode() >= 400) {
            requireOk(id, name, response);
          }
          return RemoteFile.read(id, name, at, response);
        });
  }

  /**
   * Asks for the bytes of a file from one on, once.
   *
   * @return an answer of status 206 with these bytes, or 200 with all of the file, or 416
   * @throws Trouble what may go away
   * @throws UserException when it may not be read, or is another file by now
   */
  HttpResponse<InputStream> open(RemoteFile file, long from)
      throws IOException, InterruptedException {
    Map<String, String> headers =
        from == 0
            ? Map.of("Accept-Encoding", "identity")
            : Map.of("Accept-Encoding", "identity", "Range", "bytes=" + from + "-");
    HttpResponse<InputStream> response =
        follow(
            "GET",
            file.address(),
            headers,
            hop -> {
              if (isHub(hop.uri())) {
                file.requireSame(hop.headers());
              }
              return false;
            });
    if (response.statusCode() != 416) {
      requireOk(file.model(), file.name(), response);
      if (isHub(response.uri())) {
        file.requireSame(response.headers());
      }
    }
    return response;
  }

  /** Asks again what may be answered later. */
  private <T> T patiently(Patience.Work<T> work) throws InterruptedException {
    Patience patience = new Patience(pauses, notes);
    while (true) {
      try {
        return work.run();
      } catch (Trouble trouble) {
        patience.afterFailure(trouble, trouble.fromStart() && !reached);
      } catch (IOException e) {
        patience.afterFailure(Trouble.broken(settings.host(), e), false);
      }
    }
  }

  /** Sends a request, and again where it is sent on to, until an answer is enough. */
  private HttpResponse<InputStream> follow(
      String method, URI start, Map<String, String> headers, Predicate<HttpResponse<?>> enough)
      throws IOException, InterruptedException {
    URI at = start;
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(at)
              .method(method, HttpRequest.BodyPublishers.noBody())
              .timeout(ANSWER)
              .header("User-Agent", "muninn");
      headers.forEach(request::header);
      if (isHub(at)) {
        settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
      }
      HttpResponse<InputStream> response = send(request.build());
      if (response.statusCode() / 100 != 3 || enough.test(response)) {
        return response;
      }
      response.body().close();
      at = target(response);
    }
    throw UserException.of(
        "%s is sent on from one address to another without end: check HF_ENDPOINT and the proxy",
        start);
  }

  private HttpResponse<InputStream> send(HttpRequest request)
      throws IOException, InterruptedException {
    try {
      HttpResponse<InputStream> response =
          client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      reached = true;
      return response;
    } catch (IOException e) {
      throw Trouble.unreachable(request.uri(), e);
    }
  }

  /** Where an answer sends on to; never from a connection that is safe to one that is not. */
  private static URI target(HttpResponse<?> response) {
    URI from = response.uri();
    String location = response.headers().firstValue("Location").orElse("");
    try {
      URI to = from.resolve(location);
      boolean safe = "https".equalsIgnoreCase(to.getScheme());
      boolean plain =
          "http".equalsIgnoreCase(to.getScheme()) && "http".equalsIgnoreCase(from.getScheme());
      if (to.getHost() != null && (safe || plain) && !location.isEmpty()) {
        return to;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw UserException.of(
        "%s sends on to '%s', wanted an https address: check HF_ENDPOINT and the proxy",
        from, Json.shortened(location));
  }

  private void requireOk(ModelId id, String file, HttpResponse<?> response) throws Trouble {
    int status = response.statusCode();
    if (Trouble.isPassing(status)) {
      throw Trouble.busy(response);
    }
    if (status / 100 != 2) {
      throw HubRefusal.of(settings, id, file, response);
    }
  }

  /** Whether a request goes to the hub itself: scheme, host and port. */
  private boolean isHub(URI uri) {
    return uri.getScheme().equalsIgnoreCase(settings.endpoint().getScheme())
        && uri.getHost().equalsIgnoreCase(settings.endpoint().getHost())
        && port(uri) == port(settings.endpoint());
  }

  private static int port(URI uri) {
    boolean plain = uri.getScheme().toLowerCase(Locale.ROOT).equals("http");
    return uri.getPort() >= 0 ? uri.getPort() : plain ? 80 : 443;
  }

  private URI address(String path) {
    return URI.create(settings.endpoint() + path);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}

package muninn.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;

/** A client of a server under test, which speaks plain HTTP. */
final class Http implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final String base;

  Http(int port) {
    base = "http://127.0.0.1:" + port;
  }

  /** What came back. */
  record Answer(int status, HttpResponse<String> response) {
    JsonNode json() {
      try {
        return MAPPER.readTree(response.body());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** A value of the object, as text. */
    String text(String pointer) {
      return json().at(pointer).asText();
    }

    /** The sentence that says what is wrong. */
    String message() {
      return text("/error/message");
    }
  }

  HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create(base + path));
  }

  Answer get(String path) {
    return send(to(path).build());
  }

  /** Posts a body as JSON. */
  Answer post(String path, String body) {
    return send(json(path, body).build());
  }

  HttpRequest.Builder json(String path, String body) {
    return to(path)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  Answer send(HttpRequest request) {
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), response);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What the events of a stream say, up to its end. */
  static List<JsonNode> events(Answer answer) {
    List<String> lines = answer.response.body().lines().filter(line -> !line.isEmpty()).toList();
    if (!lines.getLast().equals("data: [DONE]")) {
      throw new AssertionError("the stream ends with " + lines.getLast());
    }
    Stream<String> events = lines.subList(0, lines.size() - 1).stream();
    return events.map(line -> read(line.substring("data: ".length()))).toList();
  }

  static JsonNode read(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}

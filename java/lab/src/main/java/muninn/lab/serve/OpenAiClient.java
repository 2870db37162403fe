package muninn.lab.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.files.Json;

/**
 * Asks a server for completions, streamed as events, and notes when each event came. A stream that
 * ends without saying so is a failure, as is one that carries an error. Safe for use by several
 * threads.
 */
final class OpenAiClient implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(30);
  private static final String DONE = "[DONE]";

  private final ServeOptions options;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1) // a connection a request, as users have
          .connectTimeout(CONNECT)
          .executor(threads)
          .build();

  OpenAiClient(ServeOptions options) {
    this.options = options;
  }

  /**
   * The first model that the server names.
   *
   * @throws UserException when it cannot be asked, or names none
   */
  String firstModel() throws InterruptedException {
    URI at = URI.create(options.url() + "/v1/models");
    try {
      HttpResponse<String> response =
          client.send(request(at).GET().build(), HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw UserException.of(
            "%s answers %d%s: name the model (--model), or check --url and the key",
            at, response.statusCode(), said(response.body()));
      }
      String id = Json.line(response.body()).path("data").path(0).path("id").asText();
      if (id.isEmpty()) {
        throw UserException.of("%s names no model: name it (--model)", at);
      }
      return id;
    } catch (IOException e) {
      throw UserException.because(
          e, "%s: check --url, and that the server runs", unreachable(at, e));
    }
  }

  /** Asks for one completion and listens to its end. */
  Heard complete(String model, int[] prompt) throws InterruptedException {
    URI at = URI.create(options.url() + "/v1/completions");
    HttpRequest request =
        request(at)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body(model, prompt).toString()))
            .build();
    long sent = System.nanoTime();
    try {
      HttpResponse<Stream<String>> response =
          client.send(request, HttpResponse.BodyHandlers.ofLines());
      try (Stream<String> lines = response.body()) {
        if (response.statusCode() != 200) {
          String body = lines.limit(100).collect(Collectors.joining("\n"));
          return Heard.failed(prompt.length, sent, "status " + response.statusCode() + said(body));
        }
        return listen(lines.iterator(), prompt.length, sent);
      }
    } catch (IOException e) {
      return Heard.failed(prompt.length, sent, unreachable(at, e));
    } catch (UncheckedIOException e) {
      return Heard.failed(prompt.length, sent, "the stream broke: " + reason(e.getCause()));
    }
  }

  private static Heard listen(Iterator<String> lines, int inputTokens, long sent) {
    List<Long> events = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    int input = inputTokens;
    int output = 0;
    String error = "the stream ended without " + DONE;
    while (lines.hasNext()) {
      String line = lines.next();
      long now = System.nanoTime();
      String data = line.startsWith("data:") ? line.substring("data:".length()).strip() : "";
      if (data.equals(DONE)) {
        error = events.isEmpty() ? "the answer has no token" : "";
        break;
      }
      if (data.isEmpty()) {
        continue; // between events, or a comment
      }
      ObjectNode event;
      try {
        event = Json.line(data);
      } catch (UserException e) {
        return Heard.failed(inputTokens, sent, "an event is no JSON object: " + e.getMessage());
      }
      if (event.hasNonNull("error")) {
        return Heard.failed(inputTokens, sent, "error in the stream" + said(data));
      }
      JsonNode choice = event.path("choices").path(0);
      if (choice.isObject()) {
        events.add(now);
        text.append(choice.path("text").asText(""));
      }
      input = event.path("usage").path("prompt_tokens").asInt(input);
      output = event.path("usage").path("completion_tokens").asInt(output);
    }
    return new Heard(
        input, output > 0 ? output : events.size(), sent, events, text.toString(), error);
  }

  private ObjectNode body(String model, int[] prompt) {
    ObjectNode body = Json.NODES.objectNode();
    body.put("model", model);
    ArrayNode ids = body.putArray("prompt");
    for (int id : prompt) {
      ids.add(id);
    }
    body.put("max_tokens", options.outputTokens());
    body.put("temperature", 0);
    body.put("stream", true);
    body.putObject("stream_options").put("include_usage", true);
    if (!options.endOfText()) {
      body.put("ignore_eos", true);
    }
    body.setAll(options.extra());
    return body;
  }

  private HttpRequest.Builder request(URI at) {
    HttpRequest.Builder request = HttpRequest.newBuilder(at).header("User-Agent", "muninn");
    if (!options.key().isEmpty()) {
      request.header("Authorization", "Bearer " + options.key());
    }
    return request;
  }

  /** The message of an error, which is an object in OpenAI's form, or anything. */
  private static String said(String body) {
    if (body.isBlank()) {
      return "";
    }
    try {
      JsonNode error = Json.line(body.strip()).path("error");
      String message = error.isTextual() ? error.asText() : error.path("message").asText();
      return ": " + Json.shortened(message.isEmpty() ? body : message);
    } catch (UserException e) {
      return ": " + Json.shortened(body.strip());
    }
  }

  private static String unreachable(URI at, IOException e) {
    return at.getAuthority() + " does not answer (" + reason(e) + ")";
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : Json.shortened(e.getMessage());
  }

  @Override
  public void close() {
    client.shutdownNow();
    threads.shutdownNow();
  }
}

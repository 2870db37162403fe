package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import muninn.engine.answer.FinishReason;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same over HTTP/2: many requests on one connection, each of which may be given up alone. */
@Timeout(120)
class Http2Test {
  private static final String TEXT = "/v1/completions";
  private static final String SUM = "{\"prompt\":\"348+27+915=\",\"stream\":";

  private static final int AUTHORITY = 1;
  private static final int PATH = 4;
  private static final int CONTENT_TYPE = 31;

  @TempDir static Path folder;

  private static Certificate certificate;

  @BeforeAll
  static void make() throws Exception {
    certificate = Certificate.make(folder);
  }

  private static HttpClient client() {
    return HttpClient.newBuilder()
        .sslContext(certificate.trusting())
        .version(HttpClient.Version.HTTP_2)
        .build();
  }

  private static HttpRequest request(Served served, String body) {
    return served
        .http
        .json(TEXT, body)
        .uri(URI.create("https://127.0.0.1:" + served.server.port() + TEXT))
        .build();
  }

  private static CompletableFuture<HttpResponse<String>> ask(
      HttpClient client, Served served, String body) {
    return client.sendAsync(request(served, body), BodyHandlers.ofString());
  }

  @Test
  void manyAreAnsweredAtOnceOnOneConnectionStreamedOrNot() throws Exception {
    try (Served served = Served.sums(Served.withTls(certificate.files()));
        HttpClient client = client()) {
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        all.add(ask(client, served, SUM + (i % 2 == 0) + "}"));
      }
      for (int i = 0; i < all.size(); i++) {
        HttpResponse<String> answer = all.get(i).get();
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        Http.Answer whole = new Http.Answer(answer.statusCode(), answer);
        if (i % 2 == 0) {
          StringBuilder text = new StringBuilder();
          Http.events(whole).forEach(event -> text.append(event.at("/choices/0/text").asText()));
          assertThat(text).hasToString("1290");
        } else {
          assertThat(whole.text("/choices/0/text")).isEqualTo("1290");
        }
      }
      HttpResponse<String> wrong = ask(client, served, "{}").get();
      assertThat(wrong.statusCode()).isEqualTo(400);
      String large = "{\"prompt\":\"" + "x".repeat(1 << 21) + "\"}";
      assertThat(ask(client, served, large).get().statusCode()).isEqualTo(413);
      assertThat(served.failures).isEmpty();
    }
  }

  @Test
  void aRequestThatIsGivenUpEndsAndOthersOnItsConnectionGoOn() throws Exception {
    Silent silent = new Silent();
    try (Served served = Served.by(silent, Served.withTls(certificate.files()));
        HttpClient client = client()) {
      for (boolean streamed : new boolean[] {false, true}) {
        String body = "{\"prompt\":\"go on\",\"stream\":" + streamed + "}";
        CompletableFuture<HttpResponse<InputStream>> given =
            client.sendAsync(request(served, body), BodyHandlers.ofInputStream());
        Silent.Answer dropped = silent.asked.poll(60, TimeUnit.SECONDS);
        CompletableFuture<HttpResponse<String>> kept = ask(client, served, body);
        Silent.Answer spoken = silent.asked.poll(60, TimeUnit.SECONDS);
        if (streamed) {
          dropped.say("one ");
          given.get().body().close();
        } else {
          given.cancel(true);
        }
        assertThat(dropped.completion.get(60, TimeUnit.SECONDS).finishReason())
            .as("streamed: %s", streamed)
            .isEqualTo(FinishReason.CANCELLED);
        spoken.end(FinishReason.STOP);
        assertThat(kept.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      }
      assertThat(served.failures).isEmpty();
    }
  }

  @Test
  void aConnectionThatIsLostTakesItsRequestsWithIt() throws Exception {
    Silent silent = new Silent();
    try (Served served = Served.by(silent, Served.OPTIONS)) {
      Silent.Answer dropped;
      try (Socket client = begin(served, "{\"prompt\":\"go on\",\"stream\":true}")) {
        dropped = silent.asked.poll(60, TimeUnit.SECONDS);
        assertThat(client.isConnected()).isTrue();
      }
      assertThat(dropped.completion.get(60, TimeUnit.SECONDS).finishReason())
          .isEqualTo(FinishReason.CANCELLED);
      while (served.log.isEmpty()) {
        Thread.sleep(5);
      }
      assertThat(served.log.peek()).contains("\"broke_off\":true");
      assertThat(served.failures).isEmpty();
    }
  }

  @Test
  void whoTakesNothingOfAnAnswerIsLetGo() throws Exception {
    ServerOptions brief =
        Served.withLimits(new ServerOptions.Limits(1 << 20, 8, Duration.ofMillis(400)));
    String much =
        "{\"prompt\":\"9+9=\",\"ignore_eos\":true,\"max_tokens\":200,\"steps\":1,\"n\":2,"
            + "\"logprobs\":20,\"stream\":true}"; // more than a window of 64 KB
    try (Served served = Served.sums(brief);
        Socket client = begin(served, much)) {
      while (served.log.isEmpty()) {
        Thread.sleep(5);
      }
      assertThat(served.log.peek()).contains("\"broke_off\":true");
      assertThat(client.isClosed()).isFalse();
      assertThat(served.failures).isEmpty();
    }
  }

  /** Asks in frames of its own, without TLS, on a connection that begins as HTTP/2 does. */
  private static Socket begin(Served served, String body) throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), served.server.port());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(bytes, 4, 0, 0, new byte[0]); // settings
    ByteArrayOutputStream headers = new ByteArrayOutputStream();
    headers.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86}); // POST, http
    header(headers, PATH, TEXT);
    header(headers, AUTHORITY, "localhost");
    header(headers, CONTENT_TYPE, "application/json");
    frame(bytes, 1, 4, 1, headers.toByteArray());
    frame(bytes, 0, 1, 1, body.getBytes(StandardCharsets.US_ASCII));
    client.getOutputStream().write(bytes.toByteArray());
    return client;
  }

  private static void frame(
      ByteArrayOutputStream to, int type, int flags, int stream, byte[] payload) {
    to.writeBytes(new byte[] {0, (byte) (payload.length >> 8), (byte) payload.length});
    to.writeBytes(new byte[] {(byte) type, (byte) flags, 0, 0, 0, (byte) stream});
    to.writeBytes(payload);
  }

  /** A value under a name of the static table, not to be indexed (RFC 7541, §6.2.2, appendix A). */
  private static void header(ByteArrayOutputStream to, int name, String value) {
    to.write(Math.min(name, 15));
    if (name >= 15) {
      to.write(name - 15);
    }
    to.write(value.length());
    to.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
  }
}

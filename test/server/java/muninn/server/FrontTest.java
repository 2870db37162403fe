package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import muninn.UserException;
import muninn.engine.answer.FinishReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is let in, what is answered to whom that is not, and what becomes of those who leave. */
@Timeout(60)
class FrontTest {
  private static final String TEXT = "/v1/completions";
  private static final String ASK = "{\"prompt\":\"hello\"}";
  private static final String STREAM = "{\"prompt\":\"hello\",\"stream\":true}";

  @Test
  void aServerIsReadyOnceItsModelHasThought() throws Exception {
    try (Served served = Served.loading(Served.OPTIONS)) {
      for (String path : List.of("/health", "/v1/models")) {
        Http.Answer early = served.http.get(path);
        assertThat(early.status()).isEqualTo(503);
        assertThat(early.response().headers().firstValue("Retry-After")).hasValue("1");
        assertThat(early.message()).contains("is being loaded");
      }
      assertThat(served.http.post(TEXT, ASK).status()).isEqualTo(503);
      assertThat(served.http.get("/version").text("/version")).isEqualTo("1.2.3");

      served.server.serve(new Silent(), muninn.engine.request.Options.DEFAULT, () -> 0, 256, 256);

      assertThat(served.http.get("/health").status()).isEqualTo(200);
    }
  }

  @Test
  void onlyThoseWithAKeyAreLetIn() throws Exception {
    try (Served served = Served.by(new Silent(), Served.withKeys("right", "other"))) {
      assertThat(served.http.get("/health").status()).isEqualTo(200);
      for (String path : List.of("/v1/models", "/version", "/nowhere")) {
        assertThat(served.http.get(path).status()).as(path).isEqualTo(401);
      }
      for (String shown :
          List.of("Bearer wrong", "Bearer righ", "Bearer ", "right", "Basic right")) {
        Http.Answer refused = served.http.send(models(served, shown));
        assertThat(refused.status()).as(shown).isEqualTo(401);
        assertThat(refused.text("/error/code")).isEqualTo("invalid_api_key");
        assertThat(refused.response().body()).doesNotContain("right");
      }
      for (String shown : List.of("Bearer right", "bearer other")) {
        assertThat(served.http.send(models(served, shown)).status()).isEqualTo(200);
      }
    }
  }

  private static HttpRequest models(Served served, String shown) {
    return served.http.to("/v1/models").header("Authorization", shown).build();
  }

  @Test
  void anAddressOrAMethodThatIsNotThereIsSaidSo() throws Exception {
    try (Served served = Served.by(new Silent(), Served.OPTIONS)) {
      Http.Answer nowhere = served.http.get("/v1/embeddings");
      assertThat(nowhere.status()).isEqualTo(404);
      assertThat(nowhere.message()).startsWith("there is nothing at /v1/embeddings, but at /");
      Http.Answer method = served.http.get(TEXT);
      assertThat(method.status()).isEqualTo(405);
      assertThat(method.response().headers().firstValue("Allow")).hasValue("POST");
      assertThat(served.http.post("/v1/models", "{}").status()).isEqualTo(405);
      assertThat(served.http.get("/v1/models/absent").status()).isEqualTo(404);
    }
  }

  @Test
  void pagesOfOthersMayAskOnlyWhereThatIsAllowed() throws Exception {
    try (Served served = Served.by(new Silent(), Served.OPTIONS)) {
      Http.Answer preflight = served.http.send(preflight(served, "https://a.example"));
      assertThat(preflight.status()).isEqualTo(405);
      assertThat(preflight.response().headers().map())
          .doesNotContainKey("access-control-allow-origin");
    }
    ServerOptions open = Served.withOrigins(List.of("https://a.example"));
    try (Served served = Served.by(new Silent(), open)) {
      Http.Answer preflight = served.http.send(preflight(served, "https://a.example"));
      assertThat(preflight.status()).isEqualTo(204);
      assertThat(preflight.response().headers().firstValue("Access-Control-Allow-Origin"))
          .hasValue("https://a.example");
      assertThat(served.http.send(preflight(served, "https://b.example")).status()).isEqualTo(405);
    }
  }

  private static HttpRequest preflight(Served served, String origin) {
    return served
        .http
        .to(TEXT)
        .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .build();
  }

  @Test
  void aClientThatGoesAwayCancelsWhatItAskedForWhileNothingWasSaid() throws Exception {
    Silent model = new Silent();
    try (Served served = Served.by(model, Served.OPTIONS)) {
      for (String body : List.of(ASK, STREAM)) {
        Socket client = served.ask(body);
        Silent.Answer answer = model.asked.take();
        assertThat(answer.completion).isNotDone();

        client.close();

        assertThat(answer.completion.get(20, TimeUnit.SECONDS).finishReason())
            .isEqualTo(FinishReason.CANCELLED);
      }
    }
  }

  @Test
  void aClientThatStaysMayAskAgainOnItsConnection() throws Exception {
    Silent model = new Silent();
    try (Served served = Served.by(model, Served.OPTIONS);
        Socket client = served.ask(ASK)) {
      for (int i = 0; i < 3; i++) {
        model.asked.take().end(FinishReason.STOP);
        assertThat(readAnswer(client)).startsWith("HTTP/1.1 200 OK").contains("\"stop\"");
        Served.ask(client, ASK);
      }
      model.asked.take();
    }
  }

  @Test
  void aStreamThatFailsBreaksOffWithoutItsEnd() throws Exception {
    Silent model = new Silent();
    try (Served served = Served.by(model, Served.OPTIONS)) {
      Socket client = served.ask(STREAM);
      Silent.Answer answer = model.asked.take();
      answer.say("one");
      answer.fail(new IllegalStateException("planted"));

      String all = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(all).contains("\"one\"").doesNotContain("[DONE]").doesNotEndWith("0\r\n\r\n");
      assertThat(served.failures).isNotEmpty();
    }
  }

  @Test
  void aFailureBeforeTheFirstWordIsAnAnswerThatTellsNothingOfTheInside() throws Exception {
    Silent model = new Silent();
    try (Served served = Served.by(model, Served.OPTIONS)) {
      CompletableFuture<Http.Answer> asking =
          CompletableFuture.supplyAsync(() -> served.http.post(TEXT, ASK));
      model.asked.take().fail(new IllegalStateException("planted"));

      Http.Answer answer = asking.join();

      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.text("/error/type")).isEqualTo("server_error");
      assertThat(answer.message()).doesNotContain("planted");
    }
  }

  @Test
  void aServerThatEndsWaitsForThoseInsideAndLetsNobodyIn() throws Exception {
    Silent model = new Silent();
    try (Served served = Served.by(model, Served.OPTIONS)) {
      CompletableFuture<Http.Answer> asking =
          CompletableFuture.supplyAsync(() -> served.http.post(TEXT, ASK));
      Silent.Answer answer = model.asked.take();
      CompletableFuture<Void> drained =
          CompletableFuture.runAsync(() -> served.server.drain(Duration.ofSeconds(50)));
      while (served.http.get("/health").status() != 503) {
        Thread.onSpinWait();
      }
      assertThat(served.http.post(TEXT, ASK).message()).startsWith("the server ends");
      assertThat(drained).isNotDone();

      answer.end(FinishReason.STOP);

      assertThat(asking.join().status()).isEqualTo(200);
      drained.join();
    }
  }

  private static ServerOptions at(String host, int port) {
    ServerOptions o = Served.OPTIONS;
    return new ServerOptions(
        host, port, o.keys(), o.names(), false, o.origins(), o.tls(), o.limits(), o.log(), "");
  }

  @Test
  void aPortThatIsTakenIsSaidSo() throws Exception {
    try (Served served = Served.loading(Served.OPTIONS)) {
      ServerOptions same = at(Served.OPTIONS.host(), served.server.port());
      assertThatExceptionOfType(UserException.class)
          .isThrownBy(() -> Server.open(same, _ -> {}, _ -> {}))
          .withMessageStartingWith("cannot listen at 127.0.0.1 port " + served.server.port());
    }
  }

  @Test
  void aHostThatNobodyKnowsIsSaidSo() {
    ServerOptions nowhere = at("nowhere.invalid", 0);
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> Server.open(nowhere, _ -> {}, _ -> {}))
        .withMessageStartingWith("cannot listen at nowhere.invalid: no address is known");
  }

  /** Reads one answer, whose length is stated. */
  private static String readAnswer(Socket client) throws IOException {
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      head.append((char) client.getInputStream().read());
    }
    int length =
        Integer.parseInt(head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
    byte[] body = client.getInputStream().readNBytes(length);
    return head + new String(body, StandardCharsets.UTF_8);
  }
}

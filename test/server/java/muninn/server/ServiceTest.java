package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import muninn.engine.DeviceOptions;
import muninn.engine.EngineOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a server offers beside completions: tokens, metrics, a log, TLS; and that nothing leaks. */
@Timeout(120)
class ServiceTest {
  private static final String TEXT = "/v1/completions";

  /** Asks for more than what the system holds for a client that does not read. */
  private static final String LONG =
      "{\"prompt\":\"9+9=\",\"ignore_eos\":true,\"max_tokens\":200,\"steps\":1,\"n\":8,"
          + "\"logprobs\":20,\"stream\":true}";

  @TempDir Path folder;

  @Test
  void textBecomesTokensAndTokensText() throws Exception {
    try (Served served = Served.sums(Served.OPTIONS)) {
      Http.Answer tokens = served.http.post("/tokenize", "{\"prompt\":\"12+3=\"}");
      assertThat(tokens.json().get("count").asInt()).isEqualTo(6);
      assertThat(tokens.json().get("max_model_len").asInt()).isEqualTo(256);
      String back = "{\"tokens\":" + tokens.json().get("tokens") + "}";
      assertThat(served.http.post("/detokenize", back).text("/prompt")).isEqualTo("12+3=");
      String chat = "{\"messages\":[{\"role\":\"user\",\"content\":\"12+3\"}]}";
      assertThat(served.http.post("/tokenize", chat).json().get("count").asInt()).isPositive();
      for (String wrong : List.of("{}", "{\"prompt\":1}", "{\"prompt\":\"1\",\"x\":1}")) {
        assertThat(served.http.post("/tokenize", wrong).status()).as(wrong).isEqualTo(400);
      }
      for (String wrong :
          List.of("{}", "{\"tokens\":[99999]}", "{\"tokens\":[-1]}", "{\"tokens\":\"x\"}")) {
        assertThat(served.http.post("/detokenize", wrong).status()).as(wrong).isEqualTo(400);
      }
    }
  }

  @Test
  void whatWasDoneIsCountedUnderTheNamesThatDashboardsKnow() throws Exception {
    try (Served served = Served.sums(Served.OPTIONS)) {
      Map<String, Double> before = metrics(served);
      served.http.post(TEXT, "{\"prompt\":\"348+27+915=\",\"steps\":8}");
      served.http.post(TEXT, "{\"prompt\":\"348+27+915=\",\"steps\":8,\"stream\":true}");

      Map<String, Double> after = metrics(served);

      assertThat(grown(before, after, "vllm:prompt_tokens_total")).isEqualTo(24);
      assertThat(grown(before, after, "vllm:generation_tokens_total")).isEqualTo(8);
      assertThat(grown(before, after, "vllm:request_success_total stop")).isEqualTo(2);
      assertThat(grown(before, after, "vllm:time_to_first_token_seconds_count")).isEqualTo(2);
      assertThat(grown(before, after, "vllm:inter_token_latency_seconds_count")).isEqualTo(3);
      assertThat(grown(before, after, "vllm:e2e_request_latency_seconds_count")).isEqualTo(2);
      // the prompt's eight steps, and those of each token but the last, whose successor ends it
      assertThat(grown(before, after, "muninn:core_passes_total")).isGreaterThanOrEqualTo(64);
      assertThat(grown(before, after, "muninn:position_steps_count")).isPositive();
      assertThat(after).containsKeys("vllm:num_requests_running", "vllm:kv_cache_usage_perc");
      assertThat(after).containsKeys("vllm:prefix_cache_hits_total", "vllm:num_preemptions_total");
      idle(served);
    }
  }

  @Test
  void whoeverFindsTheQueueFullIsToldToComeAgain() throws Exception {
    EngineOptions narrow =
        new EngineOptions(DeviceOptions.cpu(1), 16, 1, 64, 64 << 20).withMaxQueued(0);
    try (Served served = Served.sums(Served.OPTIONS, narrow)) {
      Socket first =
          served.ask("{\"prompt\":\"1+1=\",\"ignore_eos\":true,\"max_tokens\":240,\"steps\":64}");
      while (metrics(served).get("vllm:num_requests_running") == 0) {
        Thread.onSpinWait();
      }

      Http.Answer refused = served.http.post(TEXT, "{\"prompt\":[\"1+1=\",\"1+2=\"]}");

      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.response().headers().firstValue("Retry-After")).hasValue("1");
      assertThat(refused.text("/error/code")).isEqualTo("queue_full");
      assertThat(metrics(served).get("muninn:refused_requests_total")).isEqualTo(1);
      first.close();
    }
  }

  @Test
  void pagesAreCountedByTheStepThatWroteThem() throws Exception {
    try (Served served = Served.sums(Served.OPTIONS)) {
      // its first 16 positions are kept for whoever asks the same at three steps
      served.http.post(TEXT, "{\"prompt\":\"123+456+789+12=\",\"steps\":3}");
      Map<String, Double> metrics = idle(served);
      double cached = metrics.get("muninn:kv_pages cached");
      assertThat(cached).isPositive();
      double all = metrics.get("muninn:kv_pages_by_step prelude and coda");
      for (int step = 1; step <= 3; step++) {
        double pages = metrics.get("muninn:kv_pages_by_step " + step);
        assertThat(pages).isPositive();
        all += pages;
      }
      assertThat(all).isEqualTo(cached);
      assertThat(metrics).doesNotContainKey("muninn:kv_pages_by_step 4");
    }
  }

  /** Values by name, with the last label where there is one beside the model's. */
  private static Map<String, Double> metrics(Served served) {
    HttpResponse<String> page = served.http.get("/metrics").response();
    assertThat(page.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain");
    return page.body()
        .lines()
        .filter(line -> !line.startsWith("#") && !line.contains("le=\""))
        .peek(
            line ->
                assertThat(line)
                    .matches("[a-z0-9_:]+\\{model_name=\"sums\"(,[a-z_]+=\"[^\"]+\")*} [0-9.E-]+"))
        .collect(
            Collectors.toMap(
                line -> line.replaceAll("\\{.*?(?:,[a-z_]+=\"([^\"]+)\")?} .*", " $1").strip(),
                line -> Double.valueOf(line.substring(line.lastIndexOf(' ')))));
  }

  private static double grown(Map<String, Double> before, Map<String, Double> after, String name) {
    return after.get(name) - before.get(name);
  }

  @Test
  void everyRequestHasALineThatTellsNothingOfItsText() throws Exception {
    try (Served served = Served.sums(Served.OPTIONS)) {
      served.http.post(TEXT, "{\"prompt\":\"348+27+915=\",\"steps\":8}");
      served.http.get("/nowhere");
      while (served.log.size() < 2) {
        Thread.onSpinWait();
      }
      JsonNode line = Http.read(served.log.remove());
      assertThat(line.get("path").asText()).isEqualTo(TEXT);
      assertThat(line.get("status").asInt()).isEqualTo(200);
      assertThat(line.get("completion_tokens").asInt()).isEqualTo(4);
      assertThat(line.get("mean_steps").asDouble()).isEqualTo(8);
      assertThat(line.toString()).doesNotContain("348", "1290");
      assertThat(Http.read(served.log.remove()).get("status").asInt()).isEqualTo(404);
    }
  }

  @Test
  void clientsThatLeaveAtAnyMomentLeaveNothingBehind() throws Exception {
    try (Served served = Served.sums(Served.OPTIONS)) {
      Random random = new Random(1);
      int threads = Thread.activeCount();
      for (int i = 0; i < Integer.getInteger("muninn.disconnects", 60); i++) {
        String body =
            "{\"prompt\":\"9+9=\",\"ignore_eos\":true,\"max_tokens\":200,\"steps\":16,\"stream\":"
                + random.nextBoolean()
                + "}";
        Socket client = served.ask(body);
        if (random.nextBoolean()) {
          client.setSoTimeout(1 + random.nextInt(40));
          readSome(client, random.nextInt(2000));
        }
        client.close();
      }
      // all of them are over, and what they held is free for one who stays
      while (served.log.size() < Integer.getInteger("muninn.disconnects", 60)) {
        Thread.sleep(5);
      }
      assertThat(served.http.post(TEXT, "{\"prompt\":\"1+2=\"}").text("/choices/0/text"))
          .isEqualTo("3");
      Map<String, Double> metrics = idle(served);
      assertThat(metrics.get("vllm:num_requests_waiting")).isZero();
      assertThat(metrics.get("muninn:kv_pages held")).isZero();
      assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 4);
      assertThat(served.failures).isEmpty();
    }
  }

  @Test
  void clientsThatReadNothingKeepNobodyWaitingAndAreLetGo() throws Exception {
    ServerOptions brief =
        Served.withLimits(new ServerOptions.Limits(1 << 20, 8, Duration.ofMillis(400)));
    int clients = Integer.getInteger("muninn.slow", 24);
    List<Socket> slow = new ArrayList<>();
    try (Served served = Served.sums(brief)) {
      int threads = Thread.activeCount();
      for (int i = 0; i < clients; i++) {
        slow.add(served.ask(LONG)); // some 0.9 MB of events
      }
      // their answers wait where they are, and others get theirs
      assertThat(served.http.post(TEXT, "{\"prompt\":\"1+2=\"}").text("/choices/0/text"))
          .isEqualTo("3");
      int others = 1;
      while (served.log.size() < clients + others) {
        Thread.sleep(5);
      }
      assertThat(served.log.stream().filter(line -> line.contains("\"broke_off\":true")))
          .hasSize(clients);
      Map<String, Double> metrics = idle(served);
      assertThat(metrics.get("muninn:kv_pages held")).isZero();
      assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 4);
      assertThat(served.failures).isEmpty();
    } finally {
      for (Socket client : slow) {
        client.close();
      }
    }
  }

  @Test
  void aClientThatReadsSlowlyGetsAllOfItsAnswer() throws Exception {
    try (Served served = Served.sums(Served.OPTIONS);
        Socket client = served.ask(LONG)) {
      StringBuilder answer = new StringBuilder();
      byte[] part = new byte[1 << 14];
      while (answer.indexOf("[DONE]") < 0) {
        Thread.sleep(1);
        int bytes = client.getInputStream().read(part);
        assertThat(bytes).isPositive();
        answer.append(new String(part, 0, bytes, StandardCharsets.US_ASCII));
      }
      assertThat(answer.length()).isGreaterThan(3 << 18);
    }
  }

  /** Metrics of a server with nothing to do: a last token is heard before its tick has ended. */
  private static Map<String, Double> idle(Served served) throws Exception {
    Map<String, Double> metrics = metrics(served);
    while (metrics.get("vllm:num_requests_running") > 0) {
      Thread.sleep(1);
      metrics = metrics(served);
    }
    return metrics;
  }

  private static void readSome(Socket client, int bytes) throws IOException {
    try {
      client.getInputStream().readNBytes(bytes);
    } catch (SocketTimeoutException e) {
      // It does not wait any longer.
    }
  }

  @Test
  void aServerWithACertificateSpeaksTls() throws Exception {
    Certificate certificate = Certificate.make(folder);
    ServerOptions secure = Served.withTls(certificate.files());
    try (Served served = Served.sums(secure);
        HttpClient client = HttpClient.newBuilder().sslContext(certificate.trusting()).build()) {
      HttpRequest request =
          served
              .http
              .json(TEXT, "{\"prompt\":\"348+27+915=\",\"stream\":true}")
              .uri(URI.create("https://127.0.0.1:" + served.server.port() + TEXT))
              .build();

      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());

      assertThat(answer.body()).endsWith("data: [DONE]\n\n");
    }
  }
}

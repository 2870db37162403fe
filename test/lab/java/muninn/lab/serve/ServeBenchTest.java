package muninn.lab.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import muninn.Progress;
import muninn.UserException;
import muninn.files.Json;
import muninn.lab.report.TextTable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServeBenchTest {
  private FakeServer server;

  @BeforeEach
  void open() throws IOException {
    server = new FakeServer();
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void everyRequestIsPutAndCounted() throws Exception {
    ServeResult result = run(options(20, 4));

    ObjectNode json = json(result, true);
    assertThat(json.path("completed").intValue()).isEqualTo(20);
    assertThat(json.path("failed").intValue()).isZero();
    assertThat(json.path("total_input_tokens").intValue()).isEqualTo(20 * 8);
    assertThat(json.path("total_output_tokens").intValue()).isEqualTo(20 * 5);
    assertThat(json.path("itls").path(0)).hasSize(4);
    assertThat(json.path("generated_texts").path(3).textValue()).isEqualTo("abcde");
    assertThat(json.path("model_id").textValue()).isEqualTo("fake");
    assertThat(server.mostAtOnce()).isBetween(1, 4);
  }

  @Test
  void requestsSayWhatIsAskedOf() throws Exception {
    ServeOptions options =
        new ServeOptions(
            server.url(),
            "key-1",
            "other",
            3,
            Double.POSITIVE_INFINITY,
            1,
            1,
            8,
            5,
            50,
            7,
            0,
            false,
            Json.line("{\"steps\": 16, \"temperature\": 0.5}"),
            List.of(),
            Map.of());

    run(options);

    assertThat(server.bodies()).hasSize(3);
    for (ObjectNode body : server.bodies()) {
      assertThat(body.path("model").textValue()).isEqualTo("other");
      assertThat(body.path("max_tokens").intValue()).isEqualTo(5);
      assertThat(body.path("stream").booleanValue()).isTrue();
      assertThat(body.path("stream_options").path("include_usage").booleanValue()).isTrue();
      assertThat(body.path("ignore_eos").booleanValue()).isTrue();
      assertThat(body.path("steps").intValue()).isEqualTo(16);
      assertThat(body.path("temperature").doubleValue()).isEqualTo(0.5);
      assertThat(body.path("prompt"))
          .hasSize(8)
          .allMatch(id -> id.intValue() >= 3 && id.intValue() < 50);
    }
    assertThat(new HashSet<>(server.bodies().stream().map(b -> b.path("prompt")).toList()))
        .as("different prompts")
        .hasSize(3);
    assertThat(server.keys()).containsOnly("Bearer key-1");
    List<ObjectNode> before = List.copyOf(server.bodies());
    run(options);
    assertThat(server.bodies().subList(3, 6)).as("same seed").isEqualTo(before);
  }

  @Test
  void figuresHaveTheNamesThatOtherProgramsRead() throws Exception {
    ObjectNode json = json(run(options(4, 2)), false);

    assertThat(
            Stream.of(
                "date",
                "endpoint_type",
                "backend",
                "label",
                "model_id",
                "tokenizer_id",
                "num_prompts",
                "request_rate",
                "burstiness",
                "max_concurrency",
                "duration",
                "completed",
                "failed",
                "total_input_tokens",
                "total_output_tokens",
                "request_throughput",
                "request_goodput",
                "output_throughput",
                "total_token_throughput",
                "max_output_tokens_per_s",
                "max_concurrent_requests",
                "mean_ttft_ms",
                "median_ttft_ms",
                "std_ttft_ms",
                "p99_ttft_ms",
                "p99.9_ttft_ms",
                "mean_tpot_ms",
                "median_tpot_ms",
                "std_tpot_ms",
                "p99_tpot_ms",
                "p99.9_tpot_ms",
                "mean_itl_ms",
                "median_itl_ms",
                "std_itl_ms",
                "p99_itl_ms",
                "p99.9_itl_ms",
                "mean_e2el_ms",
                "median_e2el_ms",
                "std_e2el_ms",
                "p99_e2el_ms",
                "p99.9_e2el_ms"))
        .containsExactlyElementsOf(names(json));
    assertThat(json.path("request_rate").textValue()).isEqualTo("inf");
    assertThat(json.path("request_goodput").isNull()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"500", "429", "cut", "silent", "in-band", "empty", "garbage"})
  void aFailureIsCountedAndNotMeasured(String kind) throws Exception {
    server.fail(3, kind);

    ServeResult result = run(options(6, 2));

    assertThat(result.completed()).isEqualTo(3);
    assertThat(result.failed()).isEqualTo(3);
    assertThat(result.errors()).hasSize(1).containsValue(3);
    assertThat(result.errors().keySet())
        .singleElement()
        .asString()
        .contains(
            switch (kind) {
              case "500" -> "status 500: out of ideas";
              case "429" -> "status 429";
              case "cut" -> "the stream broke";
              case "silent" -> "ended without [DONE]";
              case "in-band" -> "error in the stream: out of ideas";
              case "empty" -> "no token";
              default -> "no JSON object";
            });
    assertThat(json(result, false).path("total_output_tokens").intValue()).isEqualTo(15);
  }

  @Test
  void aServerThatCannotBeAskedIsSaidAtOnce() {
    server.fail(1, "500");
    assertThatThrownBy(
            () ->
                run(
                    new ServeOptions(
                        server.url(),
                        "",
                        "fake",
                        5,
                        1,
                        1,
                        0,
                        8,
                        5,
                        256,
                        0,
                        1,
                        false,
                        Json.NODES.objectNode(),
                        List.of(),
                        Map.of())))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the first request to " + server.url() + " failed: status 500");
    server.close();
    assertThatThrownBy(() -> run(options(1, 1)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("does not answer")
        .hasMessageContaining("check --url");
  }

  @Test
  void whoIsInterruptedIsDone() throws Exception {
    ServeOptions slow =
        new ServeOptions(
            server.url(),
            "",
            "fake",
            1000,
            0.001,
            1,
            0,
            8,
            5,
            256,
            0,
            0,
            false,
            Json.NODES.objectNode(),
            List.of(),
            Map.of());
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    run(slow);
                    ended.complete(null);
                  } catch (Throwable e) {
                    ended.complete(e);
                  }
                });

    thread.interrupt();

    assertThat(ended.get()).isInstanceOf(InterruptedException.class);
    assertThat(server.bodies()).hasSizeLessThan(3);
  }

  @Test
  void waitsAreThoseOfTheirDefinitions() {
    // 8 in, 5 out: first token after 40 ms, then one each 10 ms, the last after 30 more
    Heard heard = heard(40, 50, 60, 70, 100);

    assertThat(heard.ttft()).isEqualTo(0.040, within(1e-12));
    assertThat(heard.e2el()).isEqualTo(0.100, within(1e-12));
    assertThat(heard.tpot()).isEqualTo(0.015, within(1e-12));
    assertThat(heard.itl()).containsExactly(0.01, 0.01, 0.01, 0.03);
    assertThat(heard(40).tpot()).isZero();
  }

  @Test
  void goodputCountsAnswersThatKeepToEveryGoal() {
    List<Heard> answers = List.of(heard(40, 60), heard(90, 100), heard(40, 200), heard(40));
    Map<Wait, Double> goals = Map.of(Wait.TTFT, 50.0, Wait.TPOT, 25.0);
    ServeOptions options =
        new ServeOptions(
            URI.create("http://x"),
            "",
            "",
            4,
            1,
            1,
            0,
            8,
            5,
            256,
            0,
            0,
            false,
            Json.NODES.objectNode(),
            List.of(99.0),
            goals);

    ServeResult result = new ServeResult(options, "m", 2, answers);

    assertThat(result.totals()).containsEntry("request_goodput", 1.0);
    assertThat(result.totals()).containsEntry("request_throughput", 2.0);
    assertThat(result.totals()).containsEntry("max_concurrent_requests", 4);
    assertThat(result.waits(Wait.TTFT)).containsEntry("median_ttft_ms", 40.0);
    assertThat(result.waits(Wait.ITL).get("mean_itl_ms"))
        .isEqualTo((20 + 10 + 160) / 3.0, within(1e-9));
    String text = TextTable.plain(result.tables().getLast());
    assertThat(text).contains("time to first token", "median", "p99");
  }

  @Test
  void percentilesLieBetweenObservationsAsNumpyHasThem() {
    Spread spread = new Spread(new double[] {4, 1, 3, 2});

    assertThat(spread.mean()).isEqualTo(2.5);
    assertThat(spread.median()).isEqualTo(2.5);
    assertThat(spread.deviation()).isEqualTo(Math.sqrt(1.25), within(1e-12));
    assertThat(spread.percentile(99)).isEqualTo(3.97, within(1e-12));
    assertThat(spread.percentile(100)).isEqualTo(4);
    assertThat(new Spread(new double[0]).percentile(99)).isZero();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.2, 1, 4})
  void requestsOfARateComeAsTheGammaDistributionHasThem(double shape) {
    long[] times = Arrivals.nanos(20_000, 50, shape, 1);

    double[] gaps = new double[times.length - 1];
    Arrays.setAll(gaps, i -> (times[i + 1] - times[i]) / 1e9);
    Spread spread = new Spread(gaps);
    assertThat(times).isSorted();
    assertThat(times[times.length - 1] / 1e9).isEqualTo(20_000 / 50.0, within(1e-6));
    assertThat(spread.deviation() / spread.mean()).isEqualTo(1 / Math.sqrt(shape), within(0.05));
  }

  @Test
  void requestsComeInStepOrAllAtOnceAtTheEnds() {
    assertThat(Arrivals.nanos(3, 2, Double.POSITIVE_INFINITY, 1))
        .containsExactly(500_000_000L, 1_000_000_000L, 1_500_000_000L);
    assertThat(LongStream.of(Arrivals.nanos(5, Double.POSITIVE_INFINITY, 1, 1))).containsOnly(0L);
    assertThat(Arrivals.nanos(50, 3, 1, 4)).isEqualTo(Arrivals.nanos(50, 3, 1, 4));
  }

  private static Heard heard(long... millis) {
    List<Long> events = LongStream.of(millis).mapToObj(m -> 1_000_000 * m).toList();
    return new Heard(8, millis.length, 0, events, "", "");
  }

  private ServeResult run(ServeOptions options) throws InterruptedException {
    return new ServeBench(options).run(Progress.Display.NONE);
  }

  private ServeOptions options(int requests, int concurrency) {
    return new ServeOptions(
        server.url(),
        "",
        "",
        requests,
        Double.POSITIVE_INFINITY,
        1,
        concurrency,
        8,
        5,
        256,
        0,
        0,
        false,
        Json.NODES.objectNode(),
        List.of(99.0, 99.9),
        Map.of());
  }

  private static ObjectNode json(ServeResult result, boolean detailed) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.writeStartObject();
      result.write(json, "20260101-000000", detailed);
      json.writeEndObject();
    }
    return Json.line(text.toString());
  }

  private static List<String> names(ObjectNode json) {
    return json.properties().stream().map(Map.Entry::getKey).toList();
  }
}

package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import muninn.engine.EngineOptions;
import muninn.model.Checkpoint;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page asks beside completions, and how its files are served. */
class ThoughtsTest {
  private static final String TRACE = "/muninn/trace";

  private static Served served;
  private static Http http;

  @BeforeAll
  static void open() {
    served = Served.sums(Served.OPTIONS);
    http = served.http;
  }

  @AfterAll
  static void close() throws Exception {
    served.close();
    assertThat(served.failures).isEmpty();
  }

  @Test
  void aTraceEndsWithTheTokenThatTheAnswerHas() {
    String asked = "{\"prompt\":\"348+27+915=\",\"steps\":12,\"seed\":3,";
    JsonNode ids =
        http.post("/v1/completions", asked + "\"return_token_ids\":true}")
            .json()
            .at("/choices/0/token_ids");
    for (int i = 0; i < ids.size(); i++) {
      StringBuilder before = new StringBuilder();
      for (int j = 0; j < i; j++) {
        before.append(j == 0 ? "" : ",").append(ids.get(j));
      }
      JsonNode trace = http.post(TRACE, asked + "\"answer\":[" + before + "]}").json();

      assertThat(trace.at("/said/11/token")).isEqualTo(ids.get(i));
      assertThat(trace.get("position").asInt()).isEqualTo(11 + i);
      assertThat(trace.get("path")).hasSize(13);
      for (String series : new String[] {"said", "change", "to_deepest", "kl_deepest"}) {
        assertThat(trace.get(series)).as(series).hasSize(12);
      }
      assertThat(trace.at("/to_deepest/11").asDouble()).isZero();
      assertThat(trace.at("/kl_deepest/11").asDouble()).isZero();
    }
  }

  /** An answer, and what each of its positions thought: it ends in what the answer says. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"exit\":\"latent-diff\"",
        "\"exit\":\"kl\",\"exit_threshold\":0.1,\"min_steps\":2,\"exit_prompt\":true",
        "\"exit\":\"cosine\",\"exit_every\":3",
        "\"kv\":\"mod:1\"",
        "\"continuous\":true",
        "\"continuous\":true,\"kv\":\"mod:2\",\"exit\":\"latent-diff\",\"init_scale\":0.5",
        "\"speculate\":\"wavefront:draft=1\"",
      })
  void aPositionThinksAgainAsItDidInTheAnswer(String how) {
    String asked = "{\"prompt\":\"348+27+915=\",\"max_loops\":12,\"seed\":3," + how + ",";
    JsonNode answer =
        http.post("/v1/completions", asked + "\"return_token_ids\":true,\"return_steps\":true}")
            .json()
            .at("/choices/0");
    JsonNode ids = answer.get("token_ids");
    assertThat(ids).isNotEmpty();
    List<String> before = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      JsonNode trace = http.post(TRACE, asked + "\"answer\":" + before + "}").json();

      assertThat(trace.get("steps")).as("%s, token %d", how, i).isEqualTo(answer.at("/steps/" + i));
      assertThat(trace.get("budget").asInt()).isEqualTo(12);
      int last = trace.get("steps").asInt() - 1;
      assertThat(trace.at("/said/" + last + "/token")).isEqualTo(ids.get(i));
      before.add(ids.get(i).asText());
    }
  }

  @Test
  void anEarlierPositionThinksAsIfNothingCameAfterIt() {
    String steps = "\"steps\":6}";
    JsonNode whole = http.post(TRACE, "{\"prompt\":\"348+27\",\"position\":4," + steps).json();

    assertThat(whole).isEqualTo(http.post(TRACE, "{\"prompt\":\"348+\"," + steps).json());
  }

  @Test
  void oneStepHasAPathToo() {
    JsonNode trace = http.post(TRACE, "{\"prompt\":\"1+1=\",\"steps\":1}").json();

    assertThat(trace.get("path")).hasSize(2);
    assertThat(trace.at("/path/0")).hasSize(2);
    assertThat(trace.get("motion").asText()).isEqualTo("too short");
  }

  @Test
  void whatCannotBeWatchedIsRefusedByItsField() {
    refused("{}", "no prompt");
    refused("{\"prompt\":\"1+1=\",\"position\":5}", "position is 5, wanted");
    refused("{\"prompt\":\"1+1=\",\"position\":\"x\"}", "position is \"x\"");
    refused("{\"prompt\":\"1+1=\",\"steps\":0}", "steps");
    refused("{\"prompt\":\"1+1=\",\"steps\":100000}", "at most 32768");
    refused("{\"prompt\":\"1+1=\",\"answer\":\"2\"}", "answer is \"2\"");
    refused("{\"prompt\":\"1+1=\",\"answer\":[1000000]}", "1000000");
    refused("{\"prompt\":\"1+1=\",\"temperature\":1}", "unknown field temperature");
    refused("{\"prompt\":\"1+1=\",\"exit\":\"often\"}", "exit");
    refused(
        "{\"prompt\":\"1+1=\",\"kv\":\"mod:1\",\"speculate\":\"wavefront:draft=1,approximate\"}",
        "cannot be watched here");
  }

  @Test
  void aLargeVocabularyIsWatchedAndScoredWithinBounds(@TempDir Path folder) throws Exception {
    Path model = ManyTokens.write(folder.resolve("many"));
    EngineOptions deep;
    try (var opened = Checkpoint.open(model)) {
      deep = EngineOptions.of(opened).withSteps(256);
    }
    try (Served many = Served.of(model, Served.OPTIONS, deep)) {
      JsonNode answer =
          many.http
              .post(
                  "/v1/completions",
                  "{\"prompt\":\"odd\",\"max_tokens\":12,\"steps\":4,\"logprobs\":5,\"echo\":true,"
                      + "\"return_token_ids\":true}")
              .json()
              .at("/choices/0");
      assertThat(answer.at("/logprobs/top_logprobs/2")).hasSize(5);
      JsonNode said = answer.get("token_ids");
      for (JsonNode id : said) {
        assertThat(id.asInt()).isBetween(0, ManyTokens.COUNT - 1);
      }
      String asked = "{\"prompt\":\"odd\",\"answer\":" + said + ",\"steps\":";
      JsonNode trace = many.http.post(TRACE, asked + "64}").json();
      assertThat(trace.get("said")).hasSize(64);
      assertThat(trace.at("/said/63/text").isTextual()).isTrue();
      Http.Answer tooDeep = many.http.post(TRACE, asked + "200}");
      assertThat(tooDeep.status()).isEqualTo(400);
      assertThat(tooDeep.message())
          .contains("200 steps say 151936 numbers each", "at most 110 steps");
      assertThat(many.failures).isEmpty();
    }
  }

  private static void refused(String body, String why) {
    Http.Answer answer = http.post(TRACE, body);

    assertThat(answer.status()).as(body).isEqualTo(400);
    assertThat(answer.message()).as(body).contains(why);
  }

  @Test
  void thePageSaysWhatItMayDoAndIsFetchedOnceOnly() {
    Http.Answer page = http.get("/");

    assertThat(page.status()).isEqualTo(200);
    assertThat(page.response().headers().firstValue("Content-Security-Policy").orElse(""))
        .contains("default-src 'none'", "connect-src 'self'")
        .doesNotContain("unsafe");
    String tag = page.response().headers().firstValue("ETag").orElseThrow();
    assertThat(http.send(http.to("/").header("If-None-Match", tag).build()).status())
        .isEqualTo(304);
    assertThat(http.get("/page/echarts.js").status()).isEqualTo(200);
    for (String path : new String[] {"/page/", "/page/nothing.js", "/page/../Site.class", "/x"}) {
      assertThat(http.get(path).status()).as(path).isEqualTo(404);
    }
  }

  @Test
  void thePageIsForAllAndWhatItAsksForThoseWithAKey() throws Exception {
    try (Served closed = Served.loading(Served.withKeys("secret"))) {
      assertThat(closed.http.get("/").status()).isEqualTo(200);
      assertThat(closed.http.get("/page/main.js").status()).isEqualTo(200);
      assertThat(closed.http.get("/muninn/model").status()).isEqualTo(401);
      assertThat(closed.http.post(TRACE, "{}").status()).isEqualTo(401);
    }
  }

  @Test
  void aStreamTellsWhatTheAnswerHasTakenWhereAsked() {
    String body = "{\"prompt\":\"348+27+915=\",\"steps\":16,\"stream\":true,\"speculate\":\"";
    for (String how : new String[] {"none", "wavefront:draft=1"}) {
      var events =
          Http.events(http.post("/v1/completions", body + how + "\",\"return_progress\":true}"));
      JsonNode last = events.get(3).get("progress");

      assertThat(events.getFirst().at("/progress/core_passes").asInt()).isGreaterThanOrEqualTo(16);
      assertThat(last.get("core_passes").asInt() == 64).isEqualTo(how.equals("none"));
      assertThat(last.get("drafted").asInt() == 0).isEqualTo(how.equals("none"));
      assertThat(last.get("lanes").asInt()).isPositive();
    }
    assertThat(Http.events(http.post("/v1/completions", body + "none\"}")))
        .noneMatch(event -> event.has("progress"));
  }
}

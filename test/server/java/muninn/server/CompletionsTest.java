package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the two completion endpoints answer, on the model that adds numbers. */
class CompletionsTest {
  private static final String TEXT = "/v1/completions";
  private static final String CHAT = "/v1/chat/completions";

  private static Served served;
  private static Http http;

  @BeforeAll
  static void open() {
    served = Served.sums(Served.OPTIONS);
    http = served.http;
  }

  @AfterAll
  static void close() throws Exception {
    assertThat(served.failures).isEmpty();
    served.close();
  }

  @Test
  void aPromptIsContinued() {
    Http.Answer answer = http.post(TEXT, "{\"model\":\"sums\",\"prompt\":\"348+27+915=\"}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text("/object")).isEqualTo("text_completion");
    assertThat(answer.text("/model")).isEqualTo("sums");
    assertThat(answer.text("/choices/0/text")).isEqualTo("1290");
    assertThat(answer.text("/choices/0/finish_reason")).isEqualTo("stop");
    assertThat(answer.json().get("usage"))
        .hasToString("{\"prompt_tokens\":12,\"completion_tokens\":4,\"total_tokens\":16}");
  }

  @Test
  void aConversationIsAnswered() {
    Http.Answer answer = http.post(CHAT, chat("348+27+915", ""));

    assertThat(answer.text("/object")).isEqualTo("chat.completion");
    assertThat(answer.text("/model")).isEqualTo("sums");
    assertThat(answer.json().at("/choices/0/message"))
        .hasToString("{\"role\":\"assistant\",\"content\":\"1290\"}");
  }

  @Test
  void whatChangesNoAnswerMayBeSaid() {
    String notes =
        "\"user\":\"u\",\"metadata\":{\"a\":1},\"store\":false,\"prompt_cache_key\":\"k\","
            + "\"prompt_cache_retention\":\"24h\",\"request_id\":\"r\",";
    String nothing =
        "\"tools\":[],\"min_tokens\":0,\"length_penalty\":1.0,\"detokenize\":true,"
            + "\"spaces_between_special_tokens\":true,\"top_k\":-1,";
    Http.Answer answer = http.post(TEXT, "{" + notes + nothing + "\"prompt\":\"348+27+915=\"}");
    assertThat(answer.text("/choices/0/text")).isEqualTo("1290");
    assertThat(http.post(TEXT, "{\"prompt\":\"1+2=\",\"length_penalty\":2}").message())
        .startsWith("length_penalty is 2");
  }

  @Test
  void theDepthIsTheRequestsChoiceAndToldForEachToken() {
    for (String steps : List.of("steps", "max_loops")) {
      Http.Answer shallow =
          http.post(
              TEXT,
              "{\"prompt\":\"348+27+915=\",\"return_steps\":true,\"return_token_ids\":true,\""
                  + steps
                  + "\":1}");

      assertThat(shallow.text("/choices/0/text")).isEqualTo("1097");
      assertThat(shallow.json().at("/choices/0/steps")).hasToString("[1,1,1,1]");
      assertThat(shallow.json().at("/choices/0/token_ids")).hasSize(4);
    }
    Http.Answer adaptive =
        http.post(
            TEXT,
            "{\"prompt\":\"348+27+915=\",\"steps\":32,\"exit\":\"kl\",\"return_steps\":true}");
    assertThat(adaptive.text("/choices/0/text")).isEqualTo("1290");
    assertThat(adaptive.json().at("/choices/0/steps"))
        .anySatisfy(step -> assertThat(step.asInt()).isLessThan(32));
  }

  @Test
  void severalPromptsAreAnsweredInOrder() {
    String texts = "{\"prompt\":[\"1+2=\",\"30+4=\",\"9+9=\"]}";
    assertThat(texts(http.post(TEXT, texts))).containsExactly("3", "34", "18");

    JsonNode echoed =
        http.post(TEXT, "{\"prompt\":[\"1+2=\",\"30+4=\"],\"echo\":true}").json().get("choices");
    assertThat(echoed.findValuesAsText("text")).containsExactly("1+2=3", "30+4=34");
  }

  @Test
  void aStreamSaysTheSameTokenByToken() {
    for (String more : List.of("", ",\"speculate\":\"wavefront:draft=auto\"", ",\"exit\":\"kl\"")) {
      String body = "{\"prompt\":\"348+27+915=\",\"steps\":16,\"max_tokens\":4" + more;
      Http.Answer answer =
          http.post(TEXT, body + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");

      assertThat(answer.response().headers().firstValue("Content-Type"))
          .hasValue("text/event-stream");
      List<JsonNode> events = Http.events(answer);
      assertThat(events).hasSize(5);
      StringBuilder text = new StringBuilder();
      for (JsonNode event : events.subList(0, 4)) {
        text.append(event.at("/choices/0/text").asText());
        assertThat(event.get("usage").isNull()).isTrue();
      }
      assertThat(text).hasToString(http.post(TEXT, body + "}").text("/choices/0/text"));
      assertThat(events)
          .extracting(event -> event.at("/choices/0/finish_reason").asText())
          .containsExactly("null", "null", "null", "length", "");
      assertThat(events.getLast().get("choices")).isEmpty();
      assertThat(events.getLast().at("/usage/completion_tokens").asInt()).isEqualTo(4);
    }
  }

  @Test
  void aTokenWhoseTextIsHeldBackHasAnEventAllTheSame() {
    String body = "{\"prompt\":\"348+27+915=\",\"stop\":[\"129x\",\"290\"],\"stream\":true}";

    List<JsonNode> events = Http.events(http.post(TEXT, body));

    assertThat(events)
        .extracting(event -> event.at("/choices/0/text").asText())
        .containsExactly("", "", "", "1");
    assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("stop");
  }

  @Test
  void aStreamedConversationBeginsWithWhoSpeaks() {
    List<JsonNode> events = Http.events(http.post(CHAT, chat("12+30", ",\"stream\":true")));

    assertThat(events)
        .extracting(event -> event.get("object").asText())
        .containsOnly("chat.completion.chunk");
    assertThat(events.getFirst().at("/choices/0/delta"))
        .hasToString("{\"role\":\"assistant\",\"content\":\"\"}");
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.at("/choices/0/delta/content").asText()));
    assertThat(text).hasToString("42");
    assertThat(events).extracting(event -> event.get("id").asText()).hasSameSizeAs(events);
    assertThat(events.getFirst().has("usage")).isFalse();
  }

  @Test
  void logProbabilitiesHaveTheFormOfTheirEndpointStreamedOrNot() {
    String body = "{\"prompt\":\"348+27+915=\",\"logprobs\":2";
    JsonNode whole = http.post(TEXT, body + "}").json().at("/choices/0/logprobs");

    assertThat(whole.get("tokens")).hasToString("[\"1\",\"2\",\"9\",\"0\"]");
    assertThat(whole.get("text_offset")).hasToString("[0,1,2,3]");
    assertThat(whole.get("top_logprobs")).allSatisfy(top -> assertThat(top).hasSize(2));
    List<JsonNode> events = Http.events(http.post(TEXT, body + ",\"stream\":true}"));
    for (int i = 0; i < 4; i++) {
      JsonNode one = events.get(i).at("/choices/0/logprobs");
      assertThat(one.at("/token_logprobs/0")).isEqualTo(whole.at("/token_logprobs/" + i));
      assertThat(one.at("/text_offset/0").asInt()).isEqualTo(i);
    }
    JsonNode chat =
        http.post(CHAT, chat("12+30", ",\"logprobs\":true,\"top_logprobs\":3"))
            .json()
            .at("/choices/0/logprobs/content");
    assertThat(chat).hasSize(2);
    assertThat(chat.at("/0/top_logprobs")).hasSize(3);
    assertThat(chat.at("/0/bytes")).hasToString("[52]");
  }

  @Test
  void theSameSeedGivesTheSameTextAndOneIsChosenWhereNoneIsStated() {
    String hot = "{\"prompt\":\"5+5=\",\"temperature\":5,\"max_tokens\":12,\"ignore_eos\":true";
    String seven = http.post(TEXT, hot + ",\"seed\":7}").text("/choices/0/text");

    assertThat(http.post(TEXT, hot + ",\"seed\":7}").text("/choices/0/text")).isEqualTo(seven);
    assertThat(http.post(TEXT, hot + "}").text("/choices/0/text")).isEqualTo(seven);
    assertThat(http.post(TEXT, hot + ",\"seed\":8}").text("/choices/0/text")).isNotEqualTo(seven);
  }

  @Test
  void aPromptIsEchoedWithHowProbableItsTokensAre() {
    String body = "{\"prompt\":\"12+30=42\",\"steps\":8,\"logprobs\":1,\"echo\":true";

    for (int more : new int[] {0, 1}) {
      String asked = body + ",\"max_tokens\":" + more;
      JsonNode choice = http.post(TEXT, asked + "}").json().at("/choices/0");

      JsonNode logProbs = choice.get("logprobs");
      int tokens = 9 + more; // the begin token and eight digits and signs
      assertThat(choice.get("text").asText()).startsWith("12+30=42");
      for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
        assertThat(logProbs.get(list)).as(list).hasSize(tokens);
      }
      assertThat(logProbs.at("/token_logprobs/0").isNull()).isTrue();
      assertThat(logProbs.at("/top_logprobs/0").isNull()).isTrue();
      for (int answer : new int[] {7, 8}) { // the sum is what follows
        assertThat(logProbs.at("/token_logprobs/" + answer).asDouble()).isGreaterThan(-0.5);
        assertThat(logProbs.at("/top_logprobs/" + answer).properties().iterator().next().getValue())
            .isEqualTo(logProbs.at("/token_logprobs/" + answer));
      }
      List<JsonNode> events = Http.events(http.post(TEXT, asked + ",\"stream\":true}"));
      assertThat(events.getFirst().at("/choices/0/text").asText()).isEqualTo("12+30=42");
      assertThat(events.getFirst().at("/choices/0/logprobs/tokens")).hasSize(9);
    }
    Http.Answer nothing = http.post(TEXT, body + ",\"max_tokens\":0}");
    assertThat(nothing.json().at("/usage/completion_tokens").asInt()).isZero();
    assertThat(nothing.text("/choices/0/text")).isEqualTo("12+30=42");
  }

  @Test
  void severalAnswersOfAPromptHaveSeedsOfTheirOwnAndCountItOnce() {
    String body = "{\"prompt\":[\"5+5=\",\"1+1=\"],\"n\":3,\"temperature\":5,\"max_tokens\":4";
    JsonNode answer =
        http.post(TEXT, body + ",\"ignore_eos\":true,\"return_token_ids\":true}").json();

    assertThat(answer.get("choices")).hasSize(6);
    assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(10);
    assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(24);
    assertThat(answer.get("choices").findValues("token_ids")).doesNotHaveDuplicates();
  }

  private static String chat(String content, String more) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]" + more + "}";
  }

  private static List<String> texts(Http.Answer answer) {
    return answer.json().get("choices").findValuesAsText("text");
  }
}

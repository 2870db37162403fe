package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whatever is wrong with a request is one sentence in OpenAI's form, and the server lives on. */
class MalformedTest {
  private static final String TEXT = "/v1/completions";
  private static final String CHAT = "/v1/chat/completions";

  private static Served served;

  @BeforeAll
  static void open() {
    served = Served.sums(Served.OPTIONS);
  }

  @AfterAll
  static void close() throws Exception {
    assertThat(served.failures).isEmpty();
    assertThat(served.http.post(TEXT, "{\"prompt\":\"1+2=\"}").text("/choices/0/text"))
        .isEqualTo("3");
    served.close();
  }

  @TestFactory
  Stream<DynamicTest> bodiesOfCompletions() {
    Map<String, String> wrong = new TreeMap<>();
    wrong.put("", "the body is empty");
    wrong.put("{", "not valid JSON");
    wrong.put("[]", "the body must be a JSON object");
    wrong.put("null", "the body must be a JSON object");
    wrong.put("{}{}", "not valid JSON");
    wrong.put("{\"prompt\":\"a\",\"prompt\":\"b\"}", "not valid JSON");
    wrong.put("[".repeat(5000), "not valid JSON");
    wrong.put("{}", "prompt is missing");
    wrong.put("{\"prompt\":null}", "prompt is missing");
    wrong.put("{\"prompt\":7}", "prompt is 7, wanted a text");
    wrong.put("{\"prompt\":{}}", "prompt is an object, wanted a text");
    wrong.put("{\"prompt\":[]}", "prompt is an empty list");
    wrong.put("{\"prompt\":[1,\"a\"]}", "prompt[1] is \"a\", wanted a whole number");
    wrong.put("{\"prompt\":[\"a\",1]}", "prompt[1] is 1, wanted a text");
    wrong.put("{\"prompt\":[[]]}", "prompt[0] is an empty list");
    wrong.put("{\"prompt\":[[99999]]}", "prompt token 99999");
    wrong.put("{\"prompt\":[-1]}", "prompt token -1");
    wrong.put("{\"prompt\":[1.5]}", "prompt[0] is 1.5");
    wrong.put("{\"prompt\":\"" + "1+".repeat(400) + "\"}", "the prompt has");
    wrong.put("{\"prompt\":\"\\ud800\"}", "prompt holds half a character");
    wrong.put(prompt("\"messages\":[]"), "messages is not a field of /v1/completions");
    wrong.put(prompt("\"model\":\"absent\""), "there is no model \"absent\"");
    wrong.put(prompt("\"model\":5"), "model is 5, wanted a text");
    wrong.put(prompt("\"steps\":0"), "steps is 0");
    wrong.put(prompt("\"steps\":100000"), "steps is 100000");
    wrong.put(prompt("\"steps\":\"many\""), "steps is \"many\"");
    wrong.put(prompt("\"max_tokens\":0"), "max_tokens is 0");
    wrong.put(prompt("\"max_tokens\":-1"), "max_tokens is -1");
    wrong.put(prompt("\"max_tokens\":1e99"), "max_tokens is");
    wrong.put(prompt("\"max_tokens\":1,\"max_completion_tokens\":2"), "both ");
    wrong.put(prompt("\"temperature\":-1"), "temperature is -1");
    wrong.put(prompt("\"temperature\":NaN"), "temperature is NaN");
    wrong.put(prompt("\"temperature\":\"hot\""), "temperature is \"hot\"");
    wrong.put(prompt("\"top_p\":2"), "top_p is 2");
    wrong.put(prompt("\"top_k\":-5"), "top_k is -5");
    wrong.put(prompt("\"seed\":1.5"), "seed is 1.5");
    wrong.put(prompt("\"seed\":99999999999999999999"), "seed is");
    wrong.put(prompt("\"stop\":[\"\"]"), "stop is a list");
    wrong.put(prompt("\"stop\":5"), "stop is 5");
    wrong.put(prompt("\"logprobs\":-1"), "logprobs is -1");
    wrong.put(prompt("\"presence_penalty\":3"), "presence_penalty is 3");
    wrong.put(prompt("\"exit\":\"never-heard-of\""), "exit");
    wrong.put(prompt("\"exit_threshold\":1"), "exit_threshold is stated but no exit rule");
    wrong.put(prompt("\"kv\":\"mod:0\""), "kv");
    wrong.put(prompt("\"speculate\":\"guess\""), "speculate");
    wrong.put(prompt("\"stream\":\"yes\""), "stream is \"yes\", wanted true or false");
    wrong.put(prompt("\"stream_options\":{}"), "stream_options is an object, wanted with stream");
    wrong.put(prompt("\"stream\":true,\"stream_options\":[]"), "stream_options is an empty list");
    wrong.put(prompt("\"stream\":true,\"stream_options\":{\"x\":1}"), "stream_options.x is 1");
    wrong.put(prompt("\"echo\":1"), "echo is 1, wanted true or false");
    wrong.put(prompt("\"best_of\":3"), "best_of is 3");
    wrong.put(prompt("\"n\":0"), "n is 0");
    wrong.put(prompt("\"n\":9"), "9 answers are asked for at once");
    wrong.put(prompt("\"n\":100000000"), "");
    wrong.put(prompt("\"logit_bias\":[]"), "logit_bias is");
    wrong.put(prompt("\"logit_bias\":{\"x\":1}"), "logit_bias");
    wrong.put(prompt("\"logit_bias\":{\"99999\":1}"), "logit_bias token 99999");
    wrong.put(prompt("\"suffix\":\"end\""), "suffix is \"end\"");
    wrong.put(prompt("\"unheard\":1"), "unknown field unheard");
    wrong.put(prompt("\"" + "x".repeat(500) + "\\n\":1"), "unknown field xxx");
    wrong.put("{\"prompt\":[" + "\"1\",".repeat(8) + "\"1\"]}", "9 answers are asked for at once");
    return tests(TEXT, wrong);
  }

  @TestFactory
  Stream<DynamicTest> bodiesOfConversations() {
    Map<String, String> wrong = new TreeMap<>();
    wrong.put("{}", "messages is missing");
    wrong.put("{\"messages\":\"hi\"}", "messages is \"hi\"");
    wrong.put("{\"messages\":[]}", "messages is an empty list");
    wrong.put("{\"messages\":[\"hi\"]}", "messages[0] is \"hi\"");
    wrong.put("{\"messages\":[{\"role\":\"user\"}]}", "messages[0].content is missing");
    wrong.put("{\"messages\":[{\"content\":\"hi\"}]}", "messages[0].role is missing");
    wrong.put(
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}",
        "messages[0].content[0].type is \"image_url\"");
    wrong.put(messages("\"prompt\":\"x\""), "prompt is not a field of /v1/chat/completions");
    wrong.put(messages("\"tools\":[{}]"), "tools is a list");
    wrong.put(messages("\"tool_choice\":\"required\""), "tool_choice is \"required\"");
    wrong.put(
        messages("\"response_format\":{\"type\":\"json_schema\"}"), "response_format is an object");
    wrong.put(messages("\"audio\":{}"), "audio is an object");
    wrong.put(messages("\"modalities\":[\"audio\"]"), "modalities is a list");
    wrong.put(messages("\"top_logprobs\":2"), "top_logprobs is 2, wanted with logprobs true");
    wrong.put(messages("\"echo\":true"), "echo is not a field of /v1/chat/completions");
    return tests(CHAT, wrong);
  }

  private static Stream<DynamicTest> tests(String path, Map<String, String> wrong) {
    return wrong.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    path + " " + entry.getValue(),
                    () -> refused(served.http.post(path, entry.getKey()), entry.getValue())));
  }

  private static void refused(Http.Answer answer, String beginning) {
    JsonNode error = answer.json().get("error");
    assertThat(answer.status()).as(answer.response().body()).isBetween(400, 499);
    assertThat(error.get("message").asText())
        .startsWith(beginning)
        .doesNotContain("\n", "Exception", "muninn.")
        .hasSizeLessThan(700);
    assertThat(error.get("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.has("param") && error.has("code")).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> headers() {
    String good = "{\"prompt\":\"1+2=\"}";
    Map<String, HttpRequest> wrong = new TreeMap<>();
    wrong.put(
        "415 Content-Type is missing", request(null, bytes(good.getBytes(StandardCharsets.UTF_8))));
    wrong.put(
        "415 Content-Type is \"text/plain\"",
        request("text/plain", bytes(good.getBytes(StandardCharsets.UTF_8))));
    wrong.put(
        "415 Content-Type is \"application/json; charset=utf-16\"",
        request("application/json; charset=utf-16", bytes(good.getBytes(StandardCharsets.UTF_8))));
    wrong.put(
        "400 the body is not UTF-8", request("application/json", bytes(new byte[] {'{', -1, '}'})));
    wrong.put(
        "413 the body is larger than the 1048576 bytes",
        request("application/json", bytes(new byte[(1 << 20) + 1])));
    return wrong.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(),
                    () -> {
                      Http.Answer answer = served.http.send(entry.getValue());
                      assertThat(answer.status() + " " + answer.message())
                          .startsWith(entry.getKey());
                    }));
  }

  private static HttpRequest.BodyPublisher bytes(byte[] bytes) {
    return HttpRequest.BodyPublishers.ofByteArray(bytes);
  }

  private static HttpRequest request(String type, HttpRequest.BodyPublisher body) {
    HttpRequest.Builder request = served.http.to(TEXT).POST(body);
    return (type == null ? request : request.header("Content-Type", type)).build();
  }

  private static String prompt(String more) {
    return "{\"prompt\":\"1+2=\"," + more + "}";
  }

  private static String messages(String more) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"1+2\"}]," + more + "}";
  }
}

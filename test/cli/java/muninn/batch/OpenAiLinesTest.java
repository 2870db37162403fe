package muninn.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import muninn.Progress;
import muninn.engine.request.Options;
import muninn.files.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines as people bring them from OpenAI's batches and vLLM. */
class OpenAiLinesTest {
  @TempDir Path folder;
  private final FakeResponder responder = new FakeResponder();

  @AfterEach
  void close() {
    responder.close();
  }

  @Test
  void aWrappedLineIsAnsweredFromItsBodyAndWrappedAlike() throws IOException {
    Map<String, JsonNode> answers =
        answers(
            """
            {"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":3}}
            {"custom_id":"b","method":"POST","url":"/v1/completions","body":{"model":"m","prompt":"xyz","stream":false,"user":"u"}}
            """);

    JsonNode chat = answers.get("a");
    assertThat(chat.get("id").asText()).isEqualTo("batch_req_1");
    assertThat(chat.get("error").isNull()).isTrue();
    assertThat(chat.at("/response/status_code").asInt()).isEqualTo(200);
    assertThat(chat.at("/response/request_id").asText()).isEqualTo("req_1");
    JsonNode body = chat.at("/response/body");
    assertThat(body.get("object").asText()).isEqualTo("chat.completion");
    assertThat(body.get("model").asText()).isEqualTo("m");
    assertThat(body.at("/choices/0/message"))
        .hasToString("{\"role\":\"assistant\",\"content\":\"ih:\"}");
    assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(body.get("usage"))
        .hasToString("{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}");
    JsonNode completion = answers.get("b").at("/response/body");
    assertThat(completion.get("object").asText()).isEqualTo("text_completion");
    assertThat(completion.at("/choices/0/text").asText()).isEqualTo("zyx");
  }

  @Test
  void whatIsWrongWithAWrappedLineIsAnAnswerToABadRequest() throws IOException {
    Map<String, JsonNode> answers =
        answers(
            """
            {"custom_id":"url","method":"POST","url":"/v1/embeddings","body":{"input":"a"}}
            {"custom_id":"method","method":"GET","url":"/v1/completions","body":{"prompt":"a"}}
            {"custom_id":"body","method":"POST","url":"/v1/completions","body":[]}
            {"custom_id":"beside","url":"/v1/completions","body":{"prompt":"a"},"steps":3}
            {"custom_id":"stream","url":"/v1/completions","body":{"prompt":"a","stream":true}}
            {"custom_id":"tools","url":"/v1/completions","body":{"prompt":"a","tools":[{}]}}
            """);

    assertThat(message(answers, "url")).startsWith("url is \"/v1/embeddings\", wanted /v1/chat");
    assertThat(message(answers, "method")).isEqualTo("method is \"GET\", wanted \"POST\"");
    assertThat(message(answers, "body")).isEqualTo("body is an empty list, wanted an object");
    assertThat(message(answers, "beside")).startsWith("unknown field steps beside body");
    assertThat(message(answers, "stream")).startsWith("stream is true, wanted false");
    assertThat(message(answers, "tools")).startsWith("unknown field tools");
  }

  private static String message(Map<String, JsonNode> answers, String id) {
    assertThat(answers.get(id).at("/response/status_code").asInt()).isEqualTo(400);
    return answers.get(id).at("/response/body/error/message").asText();
  }

  @Test
  void aJobOfWrappedLinesIsContinuedWhereItWasCut() throws IOException {
    String lines =
        """
        {"custom_id":"a","url":"/v1/completions","body":{"prompt":"ab"}}
        {"custom_id":"b","url":"/v1/embeddings","body":{}}
        {"custom_id":"c","prompt":"ef"}
        """;
    Map<String, JsonNode> whole = answers(lines);
    Path output = folder.resolve("out");
    List<String> written = Files.readAllLines(output);

    for (int kept = 0; kept <= 3; kept++) {
      Files.write(output, written.subList(0, kept));
      Summary summary = job().run(false);
      assertThat(summary.answered()).isEqualTo(3 - kept);
      assertThat(summary.errors()).isEqualTo(1);
      assertThat(read().keySet()).isEqualTo(whole.keySet());
    }
  }

  @Test
  void logProbsHaveTheFormThatTheirInterfaceHas() throws IOException {
    Map<String, JsonNode> answers =
        answers(
            """
            {"custom_id":"chat","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"hi"}],"max_tokens":1,"logprobs":true,"top_logprobs":2}}
            {"custom_id":"text","url":"/v1/completions","body":{"prompt":"hi","max_tokens":1,"logprobs":1}}
            {"custom_id":"plain","prompt":"hi","max_tokens":1,"logprobs":0}
            {"custom_id":"none","prompt":"hi","max_tokens":1,"logprobs":false,"top_logprobs":0}
            {"custom_id":"alone","prompt":"hi","top_logprobs":2}
            """);

    assertThat(answers.get("chat").at("/response/body/choices/0/logprobs/content/0"))
        .hasToString("{\"token\":\"i\",\"logprob\":-9999.0,\"bytes\":[105],\"top_logprobs\":[]}");
    assertThat(answers.get("text").at("/response/body/choices/0/logprobs"))
        .hasToString(
            "{\"tokens\":[\"i\"],\"token_logprobs\":[-9999.0],\"top_logprobs\":[{}],\"text_offset\":[0]}");
    assertThat(answers.get("plain").at("/logprobs/0"))
        .hasToString("{\"token\":105,\"text\":\"i\",\"logprob\":-9999.0,\"top\":[]}");
    assertThat(answers.get("none").has("logprobs")).isFalse();
    assertThat(answers.get("alone").get("error").asText())
        .startsWith("top_logprobs is 2, wanted with logprobs true");
    assertThat(responder.requests)
        .extracting(request -> request.options().logProbs())
        .containsExactly(2, 1, 0, -1);
  }

  @Test
  void severalAnswersAreChoicesOfOneObjectOrAnswersOfOneLine() throws IOException {
    Map<String, JsonNode> answers =
        answers(
            """
            {"custom_id":"chat","url":"/v1/chat/completions","body":{"messages":[{"role":"u","content":"hi"}],"n":2,"seed":7}}
            {"custom_id":"ours","prompt":"ab","n":3,"seed":7}
            {"custom_id":"none","prompt":"ab","n":0}
            {"custom_id":"most","prompt":"ab","n":129}
            """);

    JsonNode body = answers.get("chat").at("/response/body");
    assertThat(body.get("choices")).hasSize(2);
    assertThat(body.at("/choices/1/index").asInt()).isEqualTo(1);
    assertThat(body.at("/choices/1/message/content").asText()).isEqualTo("ih:u");
    assertThat(body.get("usage"))
        .hasToString("{\"prompt_tokens\":4,\"completion_tokens\":8,\"total_tokens\":12}");
    JsonNode ours = answers.get("ours");
    assertThat(ours.has("text")).isFalse();
    assertThat(ours.get("answers")).hasSize(3);
    assertThat(ours.at("/answers/0/seed").asLong()).isEqualTo(7);
    assertThat(ours.at("/answers/2/text").asText()).isEqualTo("ba");
    assertThat(ours.get("usage"))
        .hasToString("{\"prompt_tokens\":2,\"completion_tokens\":6,\"total_tokens\":8}");
    assertThat(answers.get("none").get("error").asText())
        .isEqualTo("n is 0, wanted a whole number from 1 to 128");
    assertThat(answers.get("most").get("error").asText()).startsWith("n is 129, wanted a whole");
    assertThat(responder.requests)
        .filteredOn(request -> request.prompt().length == 2)
        .extracting(request -> request.options().sampling().seed())
        .containsExactlyElementsOf(
            Options.DEFAULT.withSeed(7).withN(3).each().stream()
                .map(options -> options.sampling().seed())
                .toList());
  }

  @Test
  void fieldsFromElsewhereMeanWhatTheyMeanThere() throws IOException {
    Map<String, JsonNode> answers =
        answers(
            """
            {"custom_id":"parts","messages":[{"role":"user","name":"Eve","content":[{"type":"text","text":"h"},{"type":"text","text":"i"}],"tool_calls":null,"audio":{}}]}
            {"custom_id":"image","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}
            {"custom_id":"most","prompt":"abc","max_completion_tokens":1,"top_k":-1,"model":"x","n":1,"logit_bias":{}}
            {"custom_id":"both","prompt":"abc","max_completion_tokens":1,"max_tokens":2}
            {"custom_id":"same","prompt":"abc","max_completion_tokens":2,"max_tokens":2}
            {"custom_id":"ids","prompt":[97,98]}
            {"custom_id":"form","prompt":"a","response_format":{"type":"json_object"}}
            """);

    assertThat(answers.get("parts").get("text").asText()).isEqualTo("ih:resu");
    assertThat(answers.get("image").get("error").asText())
        .startsWith("messages[0].content[0].type is \"image_url\", wanted \"text\"");
    assertThat(answers.get("most").get("text").asText()).isEqualTo("c");
    assertThat(answers.get("both").get("error").asText()).startsWith("both max_tokens and max_");
    assertThat(answers.get("same").get("text").asText()).isEqualTo("cb");
    assertThat(answers.get("ids").get("text").asText()).isEqualTo("ba");
    assertThat(answers.get("form").get("error").asText())
        .startsWith("response_format is an object");
  }

  private Map<String, JsonNode> answers(String lines) throws IOException {
    Files.writeString(folder.resolve("in"), lines);
    job().run(false);
    return read();
  }

  private Map<String, JsonNode> read() throws IOException {
    Map<String, JsonNode> answers = new TreeMap<>();
    for (String line : Files.readAllLines(folder.resolve("out"))) {
      JsonNode answer = Json.line(line);
      answers.put(answer.get("custom_id").asText(), answer);
    }
    return answers;
  }

  private BatchJob job() {
    return new BatchJob(
        JobInput.file(folder.resolve("in")),
        JobOutput.file(folder.resolve("out")),
        new JobSetting("m", "cpu", "float32", "float32", false, 256),
        responder,
        Options.DEFAULT,
        8,
        Progress.Display.NONE);
  }
}

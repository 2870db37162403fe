package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The server as OpenAI's own client for Java sees it. */
class OpenAiClientTest {
  private static Served served;
  private static OpenAIClient client;

  @BeforeAll
  static void open() {
    served = Served.sums(Served.withKeys("the key", "another"));
    client = client("another");
  }

  private static OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl("http://127.0.0.1:" + served.server.port() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .build();
  }

  @AfterAll
  static void close() throws Exception {
    client.close();
    served.close();
  }

  @Test
  void completionsAreAnsweredWholeAndStreamed() {
    CompletionCreateParams asked = completion("348+27+915=").build();

    Completion whole = client.completions().create(asked);

    assertThat(whole.choices().getFirst().text()).isEqualTo("1290");
    assertThat(whole.choices().getFirst().finishReason())
        .isEqualTo(com.openai.models.completions.CompletionChoice.FinishReason.STOP);
    assertThat(whole.usage().orElseThrow().completionTokens()).isEqualTo(4);
    StringBuilder text = new StringBuilder();
    try (StreamResponse<Completion> stream = client.completions().createStreaming(asked)) {
      stream.stream().forEach(part -> text.append(part.choices().getFirst().text()));
    }
    assertThat(text).hasToString("1290");
  }

  @Test
  void conversationsAreAnsweredWholeAndStreamed() {
    ChatCompletionCreateParams asked = chat("348+27+915").build();

    ChatCompletion whole = client.chat().completions().create(asked);

    assertThat(whole.choices().getFirst().message().content()).hasValue("1290");
    whole.validate();
    StringBuilder text = new StringBuilder();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(asked)) {
      stream.stream()
          .flatMap(chunk -> chunk.choices().stream())
          .forEach(choice -> choice.delta().content().ifPresent(text::append));
    }
    assertThat(text).hasToString("1290");
  }

  @Test
  void depthIsAFieldBesideTheirs() {
    Completion shallow =
        client
            .completions()
            .create(
                completion("348+27+915=")
                    .putAdditionalBodyProperty("steps", JsonValue.from(1))
                    .putAdditionalBodyProperty("return_steps", JsonValue.from(true))
                    .build());

    assertThat(shallow.choices().getFirst().text()).isEqualTo("1097");
    assertThat(shallow.choices().getFirst()._additionalProperties().get("steps"))
        .isEqualTo(JsonValue.from(List.of(1, 1, 1, 1)));
  }

  @Test
  void modelsAreListedAndFound() {
    assertThat(client.models().list().data())
        .extracting(model -> model.id())
        .containsExactly("sums", "other");
    assertThat(client.models().retrieve("other").id()).isEqualTo("other");
  }

  @Test
  void mistakesAreTheExceptionsTheyShouldBe() {
    assertThatExceptionOfType(BadRequestException.class)
        .isThrownBy(() -> client.completions().create(completion("1+1=").topP(7.0).build()))
        .satisfies(e -> assertThat(e.param()).hasValue("top_p"))
        .withMessageContaining("top_p is 7.0, wanted a number above 0 and at most 1");
    assertThatExceptionOfType(NotFoundException.class)
        .isThrownBy(() -> client.models().retrieve("absent"));
    OpenAIClient stranger = client("wrong");
    assertThatExceptionOfType(UnauthorizedException.class)
        .isThrownBy(() -> stranger.models().list());
    stranger.close();
  }

  private static CompletionCreateParams.Builder completion(String prompt) {
    return CompletionCreateParams.builder().model("sums").prompt(prompt);
  }

  private static ChatCompletionCreateParams.Builder chat(String message) {
    return ChatCompletionCreateParams.builder().model("sums").addUserMessage(message);
  }
}

package muninn.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import muninn.model.Fixture;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kind of tokenizer answers what Hugging Face's library answers, id for id and letter for
 * letter, on random texts. {@code tools/train_tokenizers.py} made the files.
 */
class OracleTest {
  /** Texts for each kind; {@code -Dmuninn.texts=100000} looks longer. */
  private static final int TEXTS = Integer.getInteger("muninn.texts", 3000);

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private Path temporary;

  /** A file, and what is changed in it. */
  private record Kind(String name, String file, Consumer<ObjectNode> change) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Kind> kinds() {
    Consumer<ObjectNode> nothing = _ -> {};
    return Stream.of(
        new Kind("huginn", "/golden/tokenizer-raven/tokenizer.json", nothing),
        new Kind("gpt2", "/tokenizers/gpt2.json", nothing),
        new Kind("llama3", "/tokenizers/llama3.json", nothing),
        new Kind("qwen", "/tokenizers/qwen.json", nothing),
        new Kind("smollm2", "/tokenizers/smollm2.json", nothing),
        new Kind("llama2", "/tokenizers/llama2.json", nothing),
        new Kind("metaspace", "/tokenizers/metaspace.json", nothing));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void textBecomesTheTokensOfTheLibrary(Kind kind) {
    compare(kind, TEXTS);
  }

  /** Parts of tokenizers in other combinations, most of them those of some family. */
  static Stream<Kind> combinations() {
    return Stream.concat(
        StreamSupport.stream(
                Fixture.json(bytes("/tokenizers/combinations.json")).spliterator(), false)
            .map(
                combination ->
                    new Kind(
                        combination.get("name").asText(),
                        "/tokenizers/" + combination.get("of").asText() + ".json",
                        json -> change(json, combination.get("change")))),
        Stream.of(
            new Kind("merges as texts", "/tokenizers/gpt2.json", OracleTest::mergesAsTexts),
            new Kind("half the bytes", "/tokenizers/llama2.json", OracleTest::halfTheBytes)));
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void soDoOtherCombinationsOfParts(Kind kind) {
    compare(kind, TEXTS / 3);
  }

  /** Sets fields, and those of {@code model} one by one. */
  private static void change(ObjectNode json, JsonNode changes) {
    for (Map.Entry<String, JsonNode> field : changes.properties()) {
      if (field.getKey().equals("model")) {
        ((ObjectNode) json.get("model")).setAll((ObjectNode) field.getValue());
      } else {
        json.set(field.getKey(), field.getValue());
      }
    }
  }

  private static void mergesAsTexts(ObjectNode json) {
    ArrayNode texts = MAPPER.createArrayNode().add("#version: 0.2");
    for (JsonNode pair : json.get("model").get("merges")) {
      texts.add(pair.get(0).asText() + " " + pair.get(1).asText());
    }
    ((ObjectNode) json.get("model")).set("merges", texts);
  }

  private static void halfTheBytes(ObjectNode json) {
    ObjectNode vocabulary = (ObjectNode) json.get("model").get("vocab");
    for (int b = 0x80; b < 0x100; b += 2) {
      vocabulary.remove(String.format("<0x%02X>", b));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"})
  void everyCharacterIsNormalizedAsByTheLibrary(String normalizer) {
    ObjectNode json = (ObjectNode) Fixture.json(bytes("/tokenizers/gpt2.json"));
    json.putObject("normalizer").put("type", normalizer);
    Path file = temporary.resolve("tokenizer.json");
    Fixture.write(file, json.toString());
    Tokenizer tokenizer = TokenizerFile.read(file, 4096).open(null, 4096);
    try (Library library = new Library(json.toString())) {
      for (int block = 0; block < 0x320; block++) {
        StringBuilder text = new StringBuilder();
        for (int c = block << 8; c < block + 1 << 8; c++) {
          // Marks of two classes behind each character, and a letter between them.
          text.append("a").appendCodePoint(c >> 11 == 0x1b ? '?' : c).append("\u0301\u0323");
        }
        assertThat(tokenizer.encodeRaw(text.toString()))
            .as("characters from %x", block << 8)
            .isEqualTo(library.encode(text.toString()));
      }
    }
  }

  private void compare(Kind kind, int texts) {
    ObjectNode json = (ObjectNode) Fixture.json(bytes(kind.file));
    kind.change.accept(json);
    Path file = temporary.resolve("tokenizer.json");
    Fixture.write(file, json.toString());
    List<String> tokens = new ArrayList<>();
    json.get("added_tokens").forEach(token -> tokens.add(token.get("content").asText()));
    Tokenizer tokenizer = TokenizerFile.read(file, 4096).open(null, 4096);
    try (Library library = new Library(json.toString())) {
      RandomText random = new RandomText(kind.name.hashCode(), tokens);
      Random drawn = new Random(1);
      for (int i = 0; i < texts; i++) {
        String text = random.next();
        int[] wanted = library.encode(whole(text));
        assertThat(tokenizer.encodeRaw(text)).as("text %d: %s", i, escaped(text)).isEqualTo(wanted);
        int[] some = i % 2 == 0 ? wanted : drawn.ints(drawn.nextInt(12), 0, 1400).toArray();
        String ids = Arrays.toString(some);
        assertThat(tokenizer.decode(some, false)).as(ids).isEqualTo(library.decode(some, false));
        assertThat(streamed(tokenizer, some)).as(ids).isEqualTo(library.decode(some, true));
      }
    }
  }

  private static byte[] bytes(String resource) {
    return Fixture.read(Path.of(OracleTest.class.getResource(resource).getPath()));
  }

  /** What becomes of half a surrogate pair. */
  private static String whole(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_16), StandardCharsets.UTF_16);
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    for (char c : text.toCharArray()) {
      escaped.append(c > ' ' && c < 127 ? "" + c : String.format("\\u%04x", (int) c));
    }
    return escaped.toString();
  }

  private static String streamed(Tokenizer tokenizer, int[] ids) {
    Tokenizer.StreamDecoder stream = tokenizer.stream();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(stream.next(id));
    }
    return text.append(stream.finish()).toString();
  }
}

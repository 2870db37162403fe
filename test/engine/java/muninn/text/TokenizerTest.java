package muninn.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import muninn.UserException;
import muninn.model.Fixture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  private static final Path FOLDER = Fixture.golden("tokenizer-raven");
  private static final int BEGIN = 1018;
  private static final int END = 1019;
  private static Tokenizer tokenizer;

  @TempDir private Path temporary;

  @BeforeAll
  static void open() {
    tokenizer = open(FOLDER.resolve("tokenizer.json"));
  }

  private static Tokenizer open(Path file) {
    return TokenizerFile.read(file, 1024).open(null, 4096);
  }

  static Stream<JsonNode> cases() {
    return StreamSupport.stream(
        Fixture.json(FOLDER.resolve("cases.json")).get("encode").spliterator(), false);
  }

  private static int[] ids(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void textBecomesTheReferenceTokens(JsonNode reference) {
    assertThat(tokenizer.encodeRaw(reference.get("text").asText()))
        .isEqualTo(ids(reference.get("ids")));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aPromptBeginsWithTheBeginTokenOnceAndNeverEndsWithTheEndToken(JsonNode reference) {
    int[] ids = tokenizer.encodePrompt(reference.get("text").asText());
    int[] raw = ids(reference.get("ids"));
    boolean spelledOut = raw.length > 0 && raw[0] == BEGIN;
    assertThat(ids)
        .isEqualTo(
            spelledOut ? raw : IntStream.concat(IntStream.of(BEGIN), IntStream.of(raw)).toArray());
    assertThat(ids[ids.length - 1]).isNotEqualTo(END);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void tokensBecomeTheReferenceText(JsonNode reference) {
    int[] special = ids(reference.get("ids_with_special"));
    assertThat(tokenizer.decode(ids(reference.get("ids")), false))
        .isEqualTo(reference.get("decoded").asText());
    assertThat(tokenizer.decode(special, true))
        .isEqualTo(reference.get("decoded_skip_special").asText());
    assertThat(tokenizer.decode(special, false))
        .startsWith("<|begin_text|>")
        .endsWith("<|end_text|>");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void textThatArrivesTokenByTokenIsTheSameText(JsonNode reference) {
    int[] ids = ids(reference.get("ids_with_special"));
    assertThat(streamed(ids)).isEqualTo(reference.get("decoded_skip_special").asText());
  }

  @Test
  void noHalfCharacterIsEverPrinted() {
    Tokenizer.StreamDecoder stream = tokenizer.stream();
    int[] ids = tokenizer.encodeRaw("a🚀b");
    StringBuilder pieces = new StringBuilder();
    for (int id : ids) {
      pieces.append(stream.next(id)).append('|');
    }
    assertThat(pieces).hasToString("a||||🚀|b|");
    assertThat(stream.finish()).isEmpty();
  }

  @Test
  void anIncompleteCharacterAtTheEndIsAReplacementCharacter() {
    int[] ids = tokenizer.encodeRaw("a🚀");
    int[] cut = Arrays.copyOf(ids, ids.length - 1);
    assertThat(streamed(cut)).isEqualTo("a\uFFFD").isEqualTo(tokenizer.decode(cut, true));
  }

  @Test
  void anyTokensStreamToWhatTheLibraryDecodes() {
    Random random = new Random(1);
    String json =
        new String(Fixture.read(FOLDER.resolve("tokenizer.json")), StandardCharsets.UTF_8);
    try (Library library = new Library(json)) {
      for (int round = 0; round < 20_000; round++) {
        // The first 256 ids are single bytes: mostly those, so that broken UTF-8 is common.
        int bound = random.nextInt(4) == 0 ? 1030 : 256;
        int[] ids = random.ints(random.nextInt(12), 0, bound).toArray();
        assertThat(streamed(ids))
            .as("%s", Arrays.toString(ids))
            .isEqualTo(library.decode(ids, true));
        assertThat(tokenizer.decode(ids, false)).isEqualTo(library.decode(ids, false));
      }
    }
  }

  @Test
  void halfASurrogatePairSpoilsOnlyItself() {
    assertThat(tokenizer.decode(tokenizer.encodeRaw("a\uD83D🚀\uDE80b"), false))
        .isEqualTo("a\uFFFD🚀\uFFFDb");
  }

  @Test
  void idsWithoutAPieceHaveNoText() {
    assertThat(tokenizer.decode(new int[] {5000, -1, Integer.MAX_VALUE}, false)).isEmpty();
  }

  @Test
  void severalThreadsShareATokenizer() {
    int[] wanted = tokenizer.encodePrompt("348+27+915=");
    assertThat(
            IntStream.range(0, 2000)
                .parallel()
                .allMatch(i -> Arrays.equals(tokenizer.encodePrompt("348+27+915="), wanted)))
        .isTrue();
  }

  @Test
  void withoutAPostProcessorTheConfiguredBeginTokenIsUsed() {
    Path file = broken(t -> t.putNull("post_processor"));
    TokenizerFile read = TokenizerFile.read(file, 1024);
    assertThat(read.open("<|begin_text|>", 4096).encodePrompt("")).containsExactly(BEGIN);
    assertThat(read.open(null, 4096).encodePrompt("")).isEmpty();
  }

  @Test
  void truncationAndPaddingOfTheFileAreNotApplied() {
    Path file =
        broken(
            t -> {
              t.putObject("truncation")
                  .put("direction", "Right")
                  .put("max_length", 2)
                  .put("strategy", "LongestFirst")
                  .put("stride", 0);
              t.putObject("padding")
                  .put("direction", "Right")
                  .put("pad_id", 1023)
                  .put("pad_type_id", 0)
                  .put("pad_token", "<|pad|>")
                  .put("pad_to_multiple_of", 64)
                  .put("strategy", "BatchLongest");
            });
    assertThat(open(file).encodeRaw("348+27+915=")).isEqualTo(tokenizer.encodeRaw("348+27+915="));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "x", "{\"a\":1,\"a\":1}", "{} x"})
  void aTokenizerThatIsNoJsonObjectIsRefused(String text) {
    Path file = temporary.resolve("tokenizer.json");
    Fixture.write(file, text);
    refused(file, "JSON", "download");
  }

  @Test
  void aTokenizerOfAnotherKindIsRefusedByName() {
    refused(broken(t -> model(t).put("type", "Unigram")), "model.type is Unigram", "wanted BPE");
    refused(broken(t -> model(t).putArray("vocab")), "a Unigram model", "wanted an object", "BPE");
    refused(
        broken(t -> t.putObject("decoder").put("type", "WordPiece")),
        "decoder",
        "ByteLevel",
        "use");
    refused(
        broken(t -> model(t).put("continuing_subword_prefix", "##")),
        "continuing_subword_prefix is ##",
        "use");
  }

  @Test
  void aVocabularyThatContradictsItselfIsRefused() {
    refused(broken(t -> vocabulary(t).put("new", 18)), "the id of token", "an id of its own");
    refused(broken(t -> vocabulary(t).put("new", "18")), "new has no id", "download");
    refused(
        broken(t -> vocabulary(t).put("new", -1)), "token new has id -1", "wanted at most 1023");
    refused(
        broken(t -> vocabulary(t).put("new", 1L << 40)), "token new has id", "wanted at most 1023");
    refused(
        broken(t -> ((ObjectNode) t.get("added_tokens").get(0)).put("id", 5)),
        "added token <|begin_text|> has id 5",
        "download");
    refused(broken(t -> vocabulary(t).remove("1")), "not a usable tokenizer", "download");
    refused(broken(t -> model(t).remove("merges")), "not a usable tokenizer", "merges", "download");
  }

  @Test
  void aPostProcessorThatNamesNoTokenIsRefusedAndNotRun() {
    refused(
        broken(
            t ->
                ((ObjectNode) t.get("post_processor").get("single").get(0).get("SpecialToken"))
                    .put("id", "<|nosuch|>")),
        "post_processor",
        "<|nosuch|>",
        "added_tokens",
        "download");
    // Broken where only the library would look: it would end the process there.
    Path file =
        broken(t -> ((ObjectNode) t.get("post_processor").get("special_tokens")).removeAll());
    assertThat(open(file).encodePrompt("1")).hasSize(2).startsWith(BEGIN);
  }

  private static ObjectNode model(ObjectNode file) {
    return (ObjectNode) file.get("model");
  }

  private static ObjectNode vocabulary(ObjectNode file) {
    return (ObjectNode) model(file).get("vocab");
  }

  private Path broken(Consumer<ObjectNode> change) {
    Path file = temporary.resolve("tokenizer.json");
    Fixture.write(file, Fixture.read(FOLDER.resolve("tokenizer.json")));
    Fixture.edit(file, change);
    return file;
  }

  private static void refused(Path file, String... parts) {
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContainingAll(parts)
        .message()
        .doesNotContain("\n");
  }

  private static String streamed(int[] ids) {
    Tokenizer.StreamDecoder stream = tokenizer.stream();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(stream.next(id));
    }
    return text.append(stream.finish()).toString();
  }
}

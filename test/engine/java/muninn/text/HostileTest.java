package muninn.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import muninn.UserException;
import muninn.model.Fixture;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tokenizers and texts that mean harm. Whatever a {@code tokenizer.json} holds, it opens or is
 * refused in one sentence; whatever a text is, it becomes tokens or is refused likewise, in bounded
 * time. A failure names its seed.
 */
class HostileTest {
  /** Broken files; {@code -Dmuninn.mutations=20000} looks longer. */
  private static final int FILES = Integer.getInteger("muninn.mutations", 300);

  /** Hostile texts; {@code -Dmuninn.hostile=5000} looks longer. */
  private static final int TEXTS = Integer.getInteger("muninn.hostile", 40);

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> KINDS =
      List.of("gpt2", "llama3", "qwen", "smollm2", "llama2", "metaspace");

  /** Values that stand where others should: kinds of parts, patterns, odd texts and numbers. */
  private static final List<JsonNode> VALUES =
      List.of(
          json("{'type':'FixedLength','length':0}"),
          json("{'type':'Precompiled','precompiled_charsmap':'AAAA'}"),
          json(
              "{'type':'Split','pattern':{'Regex':'(a+)+$'},'behavior':'Isolated','invert':false}"),
          json("{'type':'Split','pattern':{'Regex':'(.*)*'},'behavior':'Removed','invert':true}"),
          json("{'type':'Split','pattern':{'String':''},'behavior':'Contiguous','invert':false}"),
          json("{'type':'Replace','pattern':{'String':''},'content':'xxxxxxxxxxxxxxxxxxxxxxxx'}"),
          json("{'type':'Replace','pattern':{'Regex':'.'},'content':'..'}"),
          json("{'type':'Prepend','prepend':'                                        '}"),
          json("{'type':'Strip','content':' ','start':1,'stop':1}"),
          json("{'type':'Strip','strip_left':true,'strip_right':true}"),
          json("{'type':'Metaspace','replacement':'▁','prepend_scheme':'first'}"),
          json("{'type':'ByteFallback'}"),
          json("{'type':'Fuse'}"),
          json("{'type':'NFKD'}"),
          json(
              "{'type':'Sequence','normalizers':[],'pretokenizers':[],'decoders':[],'processors':[]}"),
          json("{'type':'WordPiece'}"),
          json(
              "{'id':0,'content':'a','single_word':true,'lstrip':true,'rstrip':true,"
                  + "'normalized':true,'special':true}"),
          json("['a','b']"),
          json("[]"),
          json("{}"),
          NODES.nullNode(),
          NODES.booleanNode(true),
          NODES.numberNode(-1),
          NODES.numberNode(0.5),
          NODES.numberNode(Long.MAX_VALUE),
          NODES.textNode(""),
          NODES.textNode(" "),
          NODES.textNode("a b"),
          NODES.textNode("\\p{L}+(?=(a|aa)*$)"),
          NODES.textNode("<0xE2>"),
          NODES.textNode("\ud83d"),
          NODES.textNode("\u0000\u001b\n"));

  @TempDir private Path temporary;

  private static JsonNode json(String text) {
    return Fixture.json(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] bytes(String kind) {
    return Fixture.read(
        Path.of(HostileTest.class.getResource("/tokenizers/" + kind + ".json").getPath()));
  }

  @Test
  void aBrokenTokenizerOpensOrIsRefusedInOneSentence() {
    Path file = temporary.resolve("tokenizer.json");
    int opened = 0;
    for (int seed = 0; seed < FILES; seed++) {
      Random random = new Random(seed);
      byte[] broken = broken(bytes(KINDS.get(seed % KINDS.size())), random);
      Fixture.write(file, broken);
      String what = "seed " + seed;
      String text = new RandomText(seed, List.of("<unk>", "</s>", "<|endoftext|>")).next();
      opened +=
          Assertions.assertTimeout(Duration.ofSeconds(20), () -> works(file, text, what), what);
    }
    assertThat(opened).as("some still work").isGreaterThan(FILES / 20).isLessThan(FILES);
  }

  private static int works(Path file, String text, String what) {
    try {
      Tokenizer tokenizer = TokenizerFile.read(file, 2000).open("<s>", 100_000);
      tokenizer.decode(tokenizer.encodePrompt(text), true);
      int[] ids = tokenizer.encodeRaw("a".repeat(2000) + " ".repeat(2000) + "!");
      tokenizer.decode(ids, false);
      return 1;
    } catch (UserException e) {
      oneSentence(e, what);
      return 0;
    }
  }

  private static void oneSentence(UserException e, String what) {
    assertThat(e.getMessage()).as(what).isNotBlank().hasSizeLessThan(1500);
    assertThat(e.getMessage().chars()).as(what).noneMatch(Character::isISOControl);
  }

  private static byte[] broken(byte[] whole, Random random) {
    switch (random.nextInt(8)) {
      case 0 -> {
        return Arrays.copyOf(whole, random.nextInt(whole.length));
      }
      case 1 -> {
        byte[] flipped = whole.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
          flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return flipped;
      }
      default -> {
        JsonNode root = Fixture.json(whole);
        for (int i = random.nextInt(3); i >= 0; i--) {
          change(random.nextInt(3) == 0 ? root : part(root, random), random);
        }
        return root.toString().getBytes(StandardCharsets.UTF_8);
      }
    }
  }

  /** One of the small parts: most of a file is its vocabulary. */
  private static JsonNode part(JsonNode root, Random random) {
    List<JsonNode> parts = new ArrayList<>();
    for (String name :
        List.of("normalizer", "pre_tokenizer", "decoder", "post_processor", "added_tokens")) {
      if (root.path(name).isContainerNode() && !root.path(name).isEmpty()) {
        parts.add(root.get(name));
      }
    }
    return parts.isEmpty() ? root : parts.get(random.nextInt(parts.size()));
  }

  /** Walks down to a value and replaces, removes, renames, moves or repeats it. */
  private static void change(JsonNode from, Random random) {
    JsonNode at = from;
    while (random.nextInt(4) != 0) {
      List<JsonNode> inner = new ArrayList<>();
      at.forEach(child -> inner.addAll(child.isEmpty() ? List.of() : List.of(child)));
      if (inner.isEmpty()) {
        break;
      }
      at = inner.get(random.nextInt(inner.size()));
    }
    JsonNode value = VALUES.get(random.nextInt(VALUES.size())).deepCopy();
    if (at instanceof ObjectNode object && !object.isEmpty()) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String name = names.get(random.nextInt(names.size()));
      switch (random.nextInt(5)) {
        case 0 -> object.remove(name);
        case 1 -> object.set(names.get(random.nextInt(names.size())), object.get(name).deepCopy());
        case 2 -> object.set(name + "x", object.remove(name));
        default -> object.set(name, value);
      }
    } else if (at instanceof ArrayNode array && !array.isEmpty()) {
      int index = random.nextInt(array.size());
      switch (random.nextInt(4)) {
        case 0 -> array.remove(index);
        case 1 -> array.insert(index, array.get(random.nextInt(array.size())).deepCopy());
        default -> array.set(index, value);
      }
    }
  }

  @Test
  void aHostileTextBecomesTokensOrIsRefused() {
    for (int seed = 0; seed < TEXTS; seed++) {
      Path file =
          Path.of(
              HostileTest.class
                  .getResource("/tokenizers/" + KINDS.get(seed % KINDS.size()) + ".json")
                  .getPath());
      Tokenizer tokenizer = TokenizerFile.read(file, 2000).open(null, 1 << 17);
      String text = hostile(new Random(seed));
      String what = "seed " + seed;
      Assertions.assertTimeout(
          Duration.ofSeconds(30),
          () -> {
            try {
              int[] ids = tokenizer.encodePrompt(text);
              assertThat(tokenizer.decode(ids, true)).as(what).isNotNull();
            } catch (UserException e) {
              oneSentence(e, what);
            }
          },
          what);
    }
  }

  /** Long runs, what stands against each other in patterns, and marks without a letter. */
  private static String hostile(Random random) {
    List<String> parts =
        List.of(
            "a",
            " ",
            "\n",
            "\r\n",
            "\t",
            "1",
            "'",
            "'s",
            "A",
            "é",
            "e\u0301",
            "\u0301\u0323",
            "中",
            "😀",
            "\u200d",
            "▁",
            "<",
            "<|",
            "<0x",
            "\0",
            "\ufffd",
            "\ud83d",
            "\udc00",
            "!",
            " a",
            "a ",
            "\u00a0",
            "ᄀ",
            "각",
            "\u0344",
            "ﷺ",
            "İ",
            "</s>",
            "<unk>",
            "_",
            "=",
            "\u2028");
    StringBuilder text = new StringBuilder();
    int most = random.nextInt(4) == 0 ? 300_000 : 3000;
    for (int i = random.nextInt(6); i >= 0; i--) {
      String part = parts.get(random.nextInt(parts.size()));
      if (random.nextInt(3) == 0) {
        part += parts.get(random.nextInt(parts.size()));
      }
      text.append(part.repeat(random.nextInt(most)));
    }
    return text.toString();
  }

  private Tokenizer with(String kind, int blockSize, Consumer<ObjectNode> change) {
    Path file = temporary.resolve("tokenizer.json");
    Fixture.write(file, bytes(kind));
    Fixture.edit(file, change);
    return TokenizerFile.read(file, 2000).open(null, blockSize);
  }

  @Test
  void aTextThatIsLongerThanAllTokensTogetherIsRefused() {
    Tokenizer tokenizer = with("gpt2", 10, _ -> {});
    assertThat(tokenizer.encodePrompt("a b c")).isNotEmpty();
    assertThatThrownBy(() -> tokenizer.encodePrompt(" ".repeat(12_000_000) + "x"))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("12,000,001 characters", "10 tokens", "block_size", "shorten");
    assertThatThrownBy(() -> tokenizer.encodeRaw("x".repeat(1000)))
        .isInstanceOf(UserException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "a", "\n", "中", "😀", "a "})
  void aMillionOfOneCharacterAreAnsweredInAMoment(String character) {
    for (String kind : List.of("llama3", "llama2", "metaspace")) {
      Tokenizer tokenizer = with(kind, 1 << 20, _ -> {});
      String text = character.repeat(1_000_000 / character.length());
      Assertions.assertTimeout(
          Duration.ofSeconds(60),
          () ->
              assertThat(tokenizer.decode(tokenizer.encodeRaw(text), false).strip())
                  .isEqualTo(text.strip()));
    }
  }

  @Test
  void tooLongARowWithoutASeamIsRefused() {
    Tokenizer tokenizer = with("gpt2", 1 << 24, _ -> {});
    assertThatThrownBy(() -> tokenizer.encodeRaw(" ".repeat(5_000_000)))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("tokenizer.json", "5,000,000 characters in a row", "shorten");
  }

  @Test
  void aPatternThatBacktracksForEverIsStopped() {
    Tokenizer tokenizer = with("gpt2", 1 << 20, json -> json.set("pre_tokenizer", VALUES.get(2)));
    assertThatThrownBy(() -> tokenizer.encodeRaw("a".repeat(40) + "!"))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("tokenizer.json", "41 characters", "steps", "shorten");
  }

  @Test
  void combiningMarksInARowAreBounded() {
    Tokenizer tokenizer = with("qwen", 1 << 20, _ -> {});
    assertThat(tokenizer.encodeRaw("a" + "\u0323\u0301".repeat(400))).isNotEmpty();
    assertThatThrownBy(() -> tokenizer.encodeRaw("a" + "\u0323\u0301".repeat(200_000)))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("combining marks in a row", "shorten");
  }
}

package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.text.ChatTemplate;
import muninn.text.ChatTemplate.Message;
import muninn.text.Tokenizer;
import muninn.text.TokenizerConfig;
import muninn.text.TokenizerFile;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Breaks real checkpoints at random. Whatever the damage, a folder either opens or is refused by a
 * sentence that names a file of it: nothing else is thrown, nothing hangs, and no more is allocated
 * than a file of that size could hold. A failure names its seed.
 */
class MutationTest {
  /** How often each file is broken; {@code -Dmuninn.mutations=20000} looks longer. */
  private static final int ROUNDS = Integer.getInteger("muninn.mutations", 400);

  /** Over what lies in the folder. */
  private static final long ALLOCATION_SLACK = 2L << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  @TempDir private Path temporary;

  @ParameterizedTest
  @CsvSource({
    "raven-nano, model.safetensors",
    "raven-nano, config.json",
    "raven-sharded-bf16, model-00002-of-00003.safetensors",
    "raven-sharded-bf16, model.safetensors.index.json",
    "raven-sharded-bf16, config.json"
  })
  void aDamagedFolderOpensOrIsRefusedByASentence(String fixture, String name) throws IOException {
    Path folder = Fixture.copy(fixture, temporary);
    Path file = folder.resolve(name);
    byte[] whole = Fixture.read(file);
    // What loading classes allocates, megabytes where this test runs first, is not counted.
    Checkpoint.open(folder).close();
    Fixture.write(file, new byte[0]);
    assertThatThrownBy(() -> Checkpoint.open(folder)).isInstanceOf(UserException.class);
    long size;
    try (Stream<Path> files = Files.list(folder)) {
      size = files.mapToLong(f -> f.toFile().length()).sum();
    }
    long bound = size + ALLOCATION_SLACK;
    int refused = 0;
    for (int seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      byte[] damaged = name.endsWith(".safetensors") ? tensors(whole, random) : json(whole, random);
      Fixture.write(file, damaged);
      String what = name + ", seed " + seed;
      boolean opened =
          Assertions.assertTimeout(Duration.ofSeconds(10), () -> opens(folder, what, bound), what);
      refused += opened ? 0 : 1;
    }
    assertThat(refused).as("the damage shows").isGreaterThan(ROUNDS / 4);
  }

  @ParameterizedTest
  @CsvSource({"tokenizer.json", "tokenizer_config.json"})
  void aDamagedTokenizerOpensOrIsRefusedByASentence(String name) {
    Path folder = Fixture.copy("tokenizer-raven", temporary);
    Path file = folder.resolve(name);
    byte[] whole = Fixture.read(file);
    int refused = 0;
    for (int seed = 0; seed < ROUNDS; seed++) {
      Fixture.write(file, json(whole, new Random(seed)));
      String what = name + ", seed " + seed;
      boolean worked =
          Assertions.assertTimeout(Duration.ofSeconds(10), () -> tokenizes(folder, what), what);
      refused += worked ? 0 : 1;
    }
    assertThat(refused).as("the damage shows").isGreaterThan(ROUNDS / 4);
  }

  private static boolean opens(Path folder, String what, long bound) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean opened = true;
    try {
      Checkpoint.open(folder).close();
    } catch (UserException e) {
      opened = false;
      assertThat(e.getMessage())
          .as(what)
          .contains(folder.toString())
          .doesNotContain("\n")
          .hasSizeLessThan(1500);
    }
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
        .as("allocated, %s", what)
        .isLessThan(bound);
    return opened;
  }

  private static boolean tokenizes(Path folder, String what) {
    try {
      TokenizerConfig config = TokenizerConfig.read(folder);
      TokenizerFile read = TokenizerFile.read(folder.resolve(TokenizerFile.NAME), 1024);
      Tokenizer tokenizer = read.open(config.begin().orElse(null), 4096);
      int[] ids = tokenizer.encodePrompt("348+27 <|end_turn|> naïve 🚀\n");
      assertThat(tokenizer.decode(ids, true)).isNotNull();
      ChatTemplate.of(folder, config, _ -> true).render(List.of(new Message("user", "Hi")));
      return true;
    } catch (UserException e) {
      assertThat(e.getMessage()).as(what).contains(folder.toString()).doesNotContain("\n");
      return false;
    }
  }

  /**
   * Damages a safetensors file: its header as JSON, its bytes, its length, or the length it states.
   */
  static byte[] tensors(byte[] whole, Random random) {
    byte[] header = Fixture.header(whole);
    return switch (random.nextInt(6)) {
      case 0 -> Arrays.copyOf(whole, random.nextInt(whole.length));
      case 1 -> flipped(whole, 0, 8 + header.length, random);
      case 2 -> {
        byte[] lying = whole.clone();
        long length = random.nextBoolean() ? random.nextLong() : random.nextInt(2 * whole.length);
        ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
        yield lying;
      }
      case 3 -> Arrays.copyOf(whole, whole.length + 1 + random.nextInt(100));
      default -> {
        byte[] text = json(header, random);
        yield ByteBuffer.allocate(8 + text.length + whole.length - 8 - header.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .put(text)
            .put(whole, 8 + header.length, whole.length - 8 - header.length)
            .array();
      }
    };
  }

  /** Damages a JSON text: as bytes, or by changing values here and there. */
  static byte[] json(byte[] text, Random random) {
    switch (random.nextInt(5)) {
      case 0 -> {
        return Arrays.copyOf(text, random.nextInt(text.length));
      }
      case 1 -> {
        return flipped(text, 0, text.length, random);
      }
      default -> {
        JsonNode root = Fixture.json(text);
        for (int i = 0; i <= random.nextInt(3); i++) {
          change(root, random);
        }
        return root.toString().getBytes(StandardCharsets.UTF_8);
      }
    }
  }

  private static byte[] flipped(byte[] bytes, int from, int to, Random random) {
    byte[] flipped = bytes.clone();
    for (int i = 0; i <= random.nextInt(4); i++) {
      flipped[from + random.nextInt(to - from)] ^= (byte) (1 << random.nextInt(8));
    }
    return flipped;
  }

  /** Walks down to a value at random and replaces, removes, renames or repeats it. */
  private static void change(JsonNode root, Random random) {
    JsonNode at = root;
    while (true) {
      List<JsonNode> inner = new ArrayList<>();
      at.forEach(
          child -> {
            if (child.isContainerNode() && !child.isEmpty()) {
              inner.add(child);
            }
          });
      if (inner.isEmpty() || random.nextInt(4) == 0) {
        break;
      }
      at = inner.get(random.nextInt(inner.size()));
    }
    if (at instanceof ObjectNode object && !object.isEmpty()) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String name = names.get(random.nextInt(names.size()));
      JsonNode value = object.get(name);
      switch (random.nextInt(4)) {
        case 0 -> object.remove(name);
        case 1 -> {
          object.remove(name);
          object.set(name + "x", value);
        }
        default -> object.set(name, value(value, random));
      }
    } else if (at instanceof ArrayNode array && !array.isEmpty()) {
      int index = random.nextInt(array.size());
      if (random.nextInt(4) == 0) {
        array.remove(index);
      } else {
        array.set(index, value(array.get(index), random));
      }
    }
  }

  private static JsonNode value(JsonNode old, Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.numberNode(-1 - random.nextInt(10));
      case 2 -> NODES.numberNode(random.nextLong());
      case 3 -> NODES.numberNode(Long.MAX_VALUE);
      case 4 -> NODES.numberNode(random.nextDouble() * 1e300);
      case 5 -> NODES.textNode("\u0000\u001b../" + random.nextInt());
      case 6 -> NODES.booleanNode(random.nextBoolean());
      case 7 -> NODES.objectNode().set("x", old);
      case 8 -> NODES.arrayNode().add(old).add(old);
      case 9 -> NODES.textNode(old.asText());
      case 10 -> NODES.arrayNode();
      default -> NODES.numberNode(old.asLong() + random.nextInt(3) - 1);
    };
  }
}

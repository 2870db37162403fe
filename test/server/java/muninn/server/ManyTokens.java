package muninn.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.files.Json;
import muninn.model.SafetensorsWriter;
import muninn.model.SafetensorsWriter.Block;

/**
 * A small checkpoint with as many tokens as large models have, which says little but those that a
 * page may trip over: parts of characters, controls, text from right to left, markup, long ones.
 */
final class ManyTokens {
  static final int COUNT = 151_936;

  private static final int D = 32;
  private static final int WIDE = 64;
  private static final float LOUD = 96; // times as long as the embeddings of others

  /** What it says; the rest are numbered words. */
  private static final List<byte[]> ODD =
      Stream.concat(
              Stream.of(
                      "\u05e9\u05dc\u05d5\u05dd",
                      "\u0645\u0631\u062d\u0628\u0627",
                      "\u202eleft-to-right no more",
                      "\u0000",
                      "\u0007\u001b[31m",
                      "\u200b",
                      "\ufeff",
                      "<script>document.title='taken'</script>",
                      "\"quoted\\\" \u2028 and \u2029",
                      "\n\n\n",
                      "x".repeat(4000),
                      "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
                      "e\u0301\u0301\u0301\u0301\u0301")
                  .map(text -> text.getBytes(StandardCharsets.UTF_8)),
              Stream.of(new byte[] {(byte) 0xe2}, new byte[] {(byte) 0x80}, new byte[] {-1, -2}))
          .toList();

  private ManyTokens() {}

  /** Writes it into a folder. */
  static Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    config(folder.resolve("config.json"));
    tokenizer(folder.resolve("tokenizer.json"));
    weights(folder.resolve("model.safetensors"));
    return folder;
  }

  private static void config(Path file) throws IOException {
    ObjectNode config = Json.object(Files.readString(Served.SUMS.resolve("config.json")), "config");
    config.put("n_embd", D).put("n_heads", 2).put("num_attention_heads", 2).put("head_dim", D / 2);
    config.put("num_key_value_heads", 2).put("intermediate_size", WIDE);
    config.put("vocab_size", COUNT).put("padded_vocab_size", COUNT);
    config.put("bos_token_id", COUNT - 1).put("eos_token_id", COUNT - 1).put("pad_token_id", 1);
    Files.writeString(file, config.toString());
  }

  /** Bytes, then what is odd, then words; nothing is merged. */
  private static void tokenizer(Path file) throws IOException {
    ObjectNode whole =
        Json.object(Files.readString(Served.SUMS.resolve("tokenizer.json")), "tokenizer");
    whole.putArray("added_tokens");
    whole.putNull("post_processor");
    ObjectNode model = (ObjectNode) whole.get("model");
    ObjectNode vocabulary = model.putObject("vocab");
    model.withArray("merges").removeAll();
    List<String> texts = new ArrayList<>();
    IntStream.range(0, 256).forEach(b -> texts.add(spelled(new byte[] {(byte) b})));
    ODD.forEach(bytes -> texts.add(spelled(bytes)));
    for (int i = texts.size(); i < COUNT; i++) {
      texts.add("w" + i);
    }
    for (int i = 0; i < COUNT; i++) {
      vocabulary.put(texts.get(i), i);
    }
    Files.writeString(file, whole.toString());
  }

  /** Bytes in the alphabet of byte-level tokenizers. */
  private static String spelled(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte one : bytes) {
      int b = one & 0xff;
      boolean itself = b > 32 && b < 127 || b > 160 && b != 173;
      long others =
          IntStream.range(0, b).filter(c -> !(c > 32 && c < 127 || c > 160 && c != 173)).count();
      text.appendCodePoint(itself ? b : 256 + (int) others);
    }
    return text.toString();
  }

  private static void weights(Path file) {
    Random random = new Random(3);
    List<Block> blocks = new ArrayList<>();
    int odd = 256 + ODD.size();
    blocks.add(
        new Block(
            "transformer.wte.weight",
            List.of(COUNT, D),
            IntStream.range(0, COUNT)
                .mapToObj(i -> row(random, D, i >= 256 && i < odd ? LOUD / D : 1f / D))));
    for (String stage : List.of("prelude", "core_block", "coda")) {
      String in = "transformer." + stage + ".0.";
      for (int norm = 1; norm <= 4; norm++) {
        blocks.add(ones(in + "norm_" + norm + ".weight"));
      }
      blocks.add(matrix(random, in + "attn.Wqkv.weight", 3 * D, D));
      blocks.add(
          new Block(in + "attn.qk_bias", List.of(2, 1, 2, D / 2), Stream.of(new float[2 * D])));
      blocks.add(matrix(random, in + "attn.proj.weight", D, D));
      blocks.add(matrix(random, in + "mlp.fc.weight", 2 * WIDE, D));
      blocks.add(matrix(random, in + "mlp.proj.weight", D, WIDE));
    }
    blocks.add(matrix(random, "transformer.adapter.weight", D, 2 * D));
    blocks.add(ones("transformer.ln_f.weight"));
    SafetensorsWriter.write(file, Map.of("format", "pt"), blocks);
  }

  private static Block ones(String name) {
    float[] ones = new float[D];
    Arrays.fill(ones, 1);
    return new Block(name, List.of(D), Stream.of(ones));
  }

  private static Block matrix(Random random, String name, int rows, int columns) {
    float scale = (float) (1.5 / Math.sqrt(columns));
    return new Block(
        name,
        List.of(rows, columns),
        IntStream.range(0, rows).mapToObj(_ -> row(random, columns, scale)));
  }

  private static float[] row(Random random, int columns, float scale) {
    float[] row = new float[columns];
    for (int i = 0; i < columns; i++) {
      row[i] = (float) random.nextGaussian() * scale;
    }
    return row;
  }
}

package muninn.model;

import java.nio.file.Path;
import java.util.List;
import muninn.UserException;
import muninn.files.Fields;
import muninn.files.Json;

/**
 * Turns a {@code config.json} into a {@link Config}. It reads the fields that decide the
 * arithmetic, checks that they fit together, and refuses every stated feature that the forward pass
 * does not have, because running such a model anyway would give fluent, wrong text.
 */
final class ConfigReader {
  /** Model types this program can run. */
  static final List<String> KNOWN_MODEL_TYPES = List.of("huginn_raven");

  /** A config is a few kilobytes; nothing near this is one. */
  private static final long MAX_BYTES = 4L << 20;

  // Far above any model of this kind, and low enough that products of two stay within a long.
  static final int MAX_WIDTH = 1 << 20;
  static final int MAX_FFN = 1 << 23;
  static final int MAX_VOCABULARY = 1 << 27;
  static final int MAX_POSITIONS = 1 << 27;
  static final int MAX_BLOCKS = 1024;
  static final int MAX_STEPS = 1 << 20;

  private ConfigReader() {}

  static Config read(Path file) {
    Fields fields = new Fields(file, Json.object(file, MAX_BYTES));
    String modelType = fields.string("model_type");
    if (!KNOWN_MODEL_TYPES.contains(modelType)) {
      throw fields.wrong(
          "model_type",
          "one of the known model types: " + String.join(", ", KNOWN_MODEL_TYPES),
          "use a checkpoint of such a model");
    }
    int width = fields.integer("n_embd", 1, MAX_WIDTH);
    int heads = fields.integer("n_heads", 1, MAX_WIDTH);
    int headWidth = headWidth(fields, width, heads);
    refuseOtherFeatures(fields, width, heads, headWidth);
    return new Config(
        modelType,
        width,
        heads,
        headWidth,
        fields.integer("intermediate_size", 1, MAX_FFN),
        vocabulary(fields),
        fields.integer("block_size", 1, MAX_POSITIONS),
        fields.integer("n_layers_in_prelude", 1, MAX_BLOCKS),
        fields.integer("n_layers_in_recurrent_block", 1, MAX_BLOCKS),
        fields.integer("n_layers_in_coda", 1, MAX_BLOCKS),
        fields.integer("mean_recurrence", 1, MAX_STEPS, 32),
        fields.positive("norm_eps", 1f, 1e-6f),
        fields.positive("rope_base", 1e30f, 50_000f));
  }

  private static int headWidth(Fields fields, int width, int heads) {
    if (width % heads != 0) {
      throw UserException.of(
          "%s: field n_embd is %d, wanted a multiple of n_heads, which is %d; correct one of the"
              + " two",
          fields.file(), width, heads);
    }
    int headWidth = width / heads;
    if (headWidth % 2 != 0) {
      throw UserException.of(
          "%s: field n_embd %d over n_heads %d gives heads of width %d, wanted an even width, since"
              + " the rotary embedding turns pairs; correct one of the two",
          fields.file(), width, heads, headWidth);
    }
    return headWidth;
  }

  /** Rows of the embedding: as stated, or the vocabulary rounded up to the stated multiple. */
  private static int vocabulary(Fields fields) {
    int words = fields.integer("vocab_size", 1, MAX_VOCABULARY);
    if (fields.has("padded_vocab_size")) {
      int rows = fields.integer("padded_vocab_size", 1, MAX_VOCABULARY);
      if (words > rows) {
        throw UserException.of(
            "%s: field vocab_size is %d, wanted at most padded_vocab_size, which is %d: a"
                + " vocabulary larger than the embedding; correct one of the two",
            fields.file(), words, rows);
      }
      return rows;
    }
    int multiple = fields.integer("padding_multiple", 1, MAX_VOCABULARY, 1);
    return Math.toIntExact(Math.ceilDiv((long) words, multiple) * multiple);
  }

  private static void refuseOtherFeatures(Fields fields, int width, int heads, int headWidth) {
    fields.only("hidden_size", width, "the same as n_embd");
    fields.only("num_attention_heads", heads, "the same as n_heads");
    fields.only("num_key_value_heads", heads, "the same as n_heads: no grouped heads");
    fields.only("head_dim", headWidth, "n_embd / n_heads");
    fields.only("architecture_class_name", "RecurrentGPT", "the recurrent model");
    fields.only("block_class_name", "SandwichBlock", "norms before and after attention and MLP");
    fields.only("norm_class_name", "RMSNorm_llama", "RMSNorm in float32");
    fields.only("mlp_class_name", "GatedMLP", "the gated MLP");
    fields.only("nonlin_name", "SiLU", "the gate's activation");
    fields.only("injection_type", "linear", "the adapter over state and input embedding");
    fields.only("init_strategy", "takase", "which scales the embedding by the root of n_embd");
    fields.only("state_init", "like-init", "truncated normal initial states");
    fields.only("bias", false, "linear maps without bias");
    fields.only("qk_bias", true, "queries and keys with bias");
    fields.only("tie_embeddings", true, "the head is the embedding");
    fields.only("test_time_noise", 0, "no noise added to the states");
    if (fields.has("rope_scaling")) {
      throw fields.wrong(
          "rope_scaling", "no such field (plain rotary angles)", "use a checkpoint without it");
    }
  }
}

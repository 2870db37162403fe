package muninn.model;

import java.util.List;
import muninn.UserException;
import muninn.files.Fields;

/** Reads configs of Huginn's own kind, {@code huginn_raven}; defaults as the published code has. */
final class RavenReader {
  static final String MODEL_TYPE = "huginn_raven";

  private final Fields fields;

  RavenReader(Fields fields) {
    this.fields = fields;
  }

  ConfigReader.Stated read() {
    int width = fields.integer("n_embd", 1, ConfigReader.MAX_WIDTH);
    int heads = fields.integer("n_heads", 1, ConfigReader.MAX_WIDTH);
    int headWidth = headWidth(width, heads);
    refuseOtherFeatures(width, heads, headWidth);
    Fields init = fields.has("init_values") ? fields.inner("init_values") : null;
    Config config =
        new Config(
            MODEL_TYPE,
            width,
            heads,
            heads,
            headWidth,
            fields.integer("intermediate_size", 1, ConfigReader.MAX_FFN),
            vocabulary(),
            blockSize(),
            fields.integer("n_layers_in_prelude", 0, ConfigReader.MAX_BLOCKS),
            fields.integer("n_layers_in_recurrent_block", 1, ConfigReader.MAX_BLOCKS),
            fields.integer("n_layers_in_coda", 0, ConfigReader.MAX_BLOCKS),
            fields.integer("mean_recurrence", 1, ConfigReader.MAX_STEPS, 32),
            eps(),
            scale(init, "embed_scale", (float) Math.sqrt(width)),
            scale(init, "std", Config.takase(width)),
            RopeReader.read(fields, List.of("rope_base", "rope_theta"), 50_000f, false));
    return new ConfigReader.Stated(config, List.of(Architecture.HUGINN));
  }

  private static float scale(Fields init, String field, float ifMissing) {
    return init == null ? ifMissing : init.positive(field, 1e6f, ifMissing);
  }

  private float eps() {
    float eps = fields.positive(fields.has("norm_eps") ? "norm_eps" : "rms_norm_eps", 1f, 1e-6f);
    fields.only("rms_norm_eps", eps, "the same as norm_eps");
    return eps;
  }

  private int blockSize() {
    int positions = fields.integer("block_size", 1, ConfigReader.MAX_POSITIONS);
    return fields.has("max_position_embeddings")
        ? Math.min(
            positions, fields.integer("max_position_embeddings", 1, ConfigReader.MAX_POSITIONS))
        : positions;
  }

  private int headWidth(int width, int heads) {
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
  private int vocabulary() {
    int words = fields.integer("vocab_size", 1, ConfigReader.MAX_VOCABULARY);
    if (fields.has("padded_vocab_size")) {
      int rows = fields.integer("padded_vocab_size", 1, ConfigReader.MAX_VOCABULARY);
      if (words > rows) {
        throw UserException.of(
            "%s: field vocab_size is %d, wanted at most padded_vocab_size, which is %d: a"
                + " vocabulary larger than the embedding; correct one of the two",
            fields.file(), words, rows);
      }
      return rows;
    }
    int multiple = fields.integer("padding_multiple", 1, ConfigReader.MAX_VOCABULARY, 1);
    return Math.toIntExact(Math.ceilDiv((long) words, multiple) * multiple);
  }

  private void refuseOtherFeatures(int width, int heads, int headWidth) {
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
    fields.only("initial_state_mode", "random", "truncated normal initial states");
    fields.only("qk_bias", true, "queries and keys with bias");
    fields.only("tie_embeddings", true, "the head is the embedding");
    fields.only("tie_word_embeddings", true, "the head is the embedding");
    fields.only("test_time_noise", 0, "no noise added to the states");
  }
}

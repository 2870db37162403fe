package muninn.model;

import muninn.UserException;
import muninn.files.Fields;

/**
 * What configs of {@code model_type} {@code huginn_raven} have in common: Huginn's own, and those
 * of models that were converted to its code. Defaults are those of the published code.
 */
final class RavenFields {
  static final String MODEL_TYPE = "huginn_raven";

  private final Fields fields;
  private final Fields init; // null where there is none

  RavenFields(Fields fields) {
    this.fields = fields;
    init = fields.has("init_values") ? fields.inner("init_values") : null;
  }

  /** Reads a config of this type, of whichever family. */
  static ConfigReader.Stated read(Fields fields) {
    RavenFields raven = new RavenFields(fields);
    raven.refuseOtherFeatures();
    // Only what was converted lacks the bias that Huginn was trained with.
    boolean converted =
        fields.object().path("qk_bias").isBoolean() && !fields.flag("qk_bias", true);
    return converted ? Retrofit.read(raven, fields) : Huginn.read(raven, fields);
  }

  int width() {
    int width = fields.integer("n_embd", 1, ConfigReader.MAX_WIDTH);
    fields.only("hidden_size", width, "the same as n_embd");
    return width;
  }

  int heads() {
    int heads = fields.integer("n_heads", 1, ConfigReader.MAX_WIDTH);
    fields.only("num_attention_heads", heads, "the same as n_heads");
    return heads;
  }

  int ffn() {
    return fields.integer("intermediate_size", 1, ConfigReader.MAX_FFN);
  }

  int prelude() {
    return fields.integer("n_layers_in_prelude", 0, ConfigReader.MAX_BLOCKS);
  }

  int core() {
    return fields.integer("n_layers_in_recurrent_block", 1, ConfigReader.MAX_BLOCKS);
  }

  int coda() {
    return fields.integer("n_layers_in_coda", 0, ConfigReader.MAX_BLOCKS);
  }

  int meanRecurrence() {
    return fields.integer("mean_recurrence", 1, ConfigReader.MAX_STEPS, 32);
  }

  float eps() {
    float eps = fields.positive(fields.has("norm_eps") ? "norm_eps" : "rms_norm_eps", 1f, 1e-6f);
    fields.only("rms_norm_eps", eps, "the same as norm_eps");
    return eps;
  }

  float embeddingScale(int width) {
    return init("embed_scale", (float) Math.sqrt(width));
  }

  float stateDeviation(int width) {
    return init("std", Config.takase(width));
  }

  private float init(String field, float ifMissing) {
    return init == null ? ifMissing : init.positive(field, 1e6f, ifMissing);
  }

  /** Rows of the embedding: as stated, or the vocabulary rounded up to the stated multiple. */
  int vocabulary() {
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

  private void refuseOtherFeatures() {
    fields.only("architecture_class_name", "RecurrentGPT", "the recurrent model");
    fields.only("block_class_name", "SandwichBlock", "norms around attention and MLP");
    fields.only("norm_class_name", "RMSNorm_llama", "RMSNorm in float32");
    fields.only("mlp_class_name", "GatedMLP", "the gated MLP");
    fields.only("nonlin_name", "SiLU", "the gate's activation");
    fields.only("injection_type", "linear", "the adapter over state and input embedding");
    fields.only("init_strategy", "takase", "which scales the embedding by the root of n_embd");
    fields.only("state_init", "like-init", "truncated normal initial states");
    fields.only("test_time_noise", 0, "no noise added to the states");
  }
}

package muninn.model;

import java.util.List;
import muninn.files.Fields;

/**
 * What configs of models have in common whose whole stack of layers is the loop: names and defaults
 * of the usual library of such models.
 */
final class LoopedFields {
  private LoopedFields() {}

  /**
   * The numbers.
   *
   * @param steps loops by default
   */
  static Config config(Fields fields, String modelType, int steps) {
    int width = fields.integer("hidden_size", 1, ConfigReader.MAX_WIDTH);
    int heads = fields.integer("num_attention_heads", 1, ConfigReader.MAX_WIDTH);
    HeadFields grouped =
        HeadFields.read(fields, width, heads, "hidden_size", "num_attention_heads");
    return new Config(
        modelType,
        width,
        heads,
        grouped.kvHeads(),
        grouped.headWidth(),
        fields.integer("intermediate_size", 1, ConfigReader.MAX_FFN),
        fields.integer("vocab_size", 1, ConfigReader.MAX_VOCABULARY),
        fields.integer("max_position_embeddings", 1, ConfigReader.MAX_POSITIONS),
        0,
        fields.integer("num_hidden_layers", 1, ConfigReader.MAX_BLOCKS),
        0,
        steps,
        fields.positive("rms_norm_eps", 1f, 1e-6f),
        1,
        0,
        RopeReader.read(fields, List.of("rope_theta"), 10_000f, true));
  }
}

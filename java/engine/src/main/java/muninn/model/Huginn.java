package muninn.model;

import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.files.Fields;
import muninn.model.Architecture.Block;
import muninn.model.Architecture.Branch;
import muninn.model.Architecture.FinalNorm;

/**
 * Huginn: Geiping et al. 2025, "Scaling up Test-Time Compute with Latent Reasoning: A Recurrent
 * Depth Approach".
 */
final class Huginn {
  static final Architecture ARCHITECTURE =
      new Architecture(
          "Huginn",
          "transformer.wte.weight",
          Map.of(
              Stage.PRELUDE, "transformer.prelude",
              Stage.CORE, "transformer.core_block",
              Stage.CODA, "transformer.coda"),
          new Block(
              new Branch("norm_1.weight", null, "norm_2.weight"),
              List.of("attn.Wqkv.weight"),
              "attn.qk_bias",
              null,
              null,
              "attn.proj.weight",
              new Branch("norm_3.weight", null, "norm_4.weight"),
              List.of("mlp.fc.weight"),
              "mlp.proj.weight"),
          "transformer.adapter.weight",
          Architecture.Start.NORMAL,
          new FinalNorm("transformer.ln_f.weight", false, true, true),
          "lm_head.weight",
          true,
          Architecture.Pairs.ADJACENT,
          null);

  /** Shapes by the names that people know them by. */
  static final Map<String, Published> PUBLISHED =
      Map.of(
          "huginn-0125",
          new Published(
              ARCHITECTURE,
              new Published.Sizes(5280, 55, 55, 96, 17920, 65536, 4096, 2, 4, 2, 32),
              Huginn::config,
              Initialisation.TAKASE));

  private Huginn() {}

  private static Config config(Published.Sizes s) {
    return Config.huginn(
        s.width(),
        s.heads(),
        s.ffn(),
        s.vocabulary(),
        s.blockSize(),
        s.prelude(),
        s.core(),
        s.coda(),
        s.steps());
  }

  static ConfigReader.Stated read(RavenFields raven, Fields fields) {
    int width = raven.width();
    int heads = raven.heads();
    int headWidth = headWidth(fields, width, heads);
    fields.only("num_key_value_heads", heads, "the same as n_heads: no grouped heads");
    fields.only("head_dim", headWidth, "n_embd / n_heads");
    fields.only("initial_state_mode", "random", "truncated normal initial states");
    fields.only("qk_bias", true, "queries and keys with bias");
    fields.only("tie_embeddings", true, "the head is the embedding");
    fields.only("tie_word_embeddings", true, "the head is the embedding");
    Config config =
        new Config(
            RavenFields.MODEL_TYPE,
            width,
            heads,
            heads,
            headWidth,
            raven.ffn(),
            raven.vocabulary(),
            blockSize(fields),
            raven.prelude(),
            raven.core(),
            raven.coda(),
            raven.meanRecurrence(),
            raven.eps(),
            raven.embeddingScale(width),
            raven.stateDeviation(width),
            RopeReader.read(fields, List.of("rope_base", "rope_theta"), 50_000f, false));
    return new ConfigReader.Stated(config, List.of(ARCHITECTURE));
  }

  private static int blockSize(Fields fields) {
    int positions = fields.integer("block_size", 1, ConfigReader.MAX_POSITIONS);
    int most = fields.integer("max_position_embeddings", 1, ConfigReader.MAX_POSITIONS, positions);
    return Math.min(positions, most);
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
}

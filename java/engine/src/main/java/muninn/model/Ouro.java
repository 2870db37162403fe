package muninn.model;

import java.util.List;
import java.util.Map;
import muninn.files.Fields;
import muninn.model.Architecture.Block;
import muninn.model.Architecture.Branch;
import muninn.model.Architecture.FinalNorm;
import muninn.model.Architecture.Gate;

/** Ouro: Zhu et al. 2025, "Scaling Latent Reasoning via Looped Language Models". */
final class Ouro {
  static final String MODEL_TYPE = "ouro";

  static final Architecture ARCHITECTURE =
      new Architecture(
          "Ouro",
          "model.embed_tokens.weight",
          Map.of(Stage.CORE, "model.layers"),
          new Block(
              new Branch("input_layernorm.weight", "input_layernorm_2.weight", null),
              List.of(
                  "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight"),
              null,
              null,
              null,
              "self_attn.o_proj.weight",
              new Branch(
                  "post_attention_layernorm.weight", "post_attention_layernorm_2.weight", null),
              List.of("mlp.gate_proj.weight", "mlp.up_proj.weight"),
              "mlp.down_proj.weight"),
          null,
          Architecture.Start.EMBEDDING,
          new FinalNorm("model.norm.weight", true, false, false),
          "lm_head.weight",
          false,
          Architecture.Pairs.HALVES,
          new Gate("model.early_exit_gate.weight", "model.early_exit_gate.bias"));

  /** Shapes by the names that people know them by. */
  static final Map<String, Published> PUBLISHED =
      Map.of("ouro-1.4b", published(24), "ouro-2.6b", published(48));

  private Ouro() {}

  private static Published published(int layers) {
    return new Published(
        ARCHITECTURE,
        new Published.Sizes(2048, 16, 16, 128, 5632, 49152, 65536, 0, layers, 0, 4),
        sizes -> sizes.config(MODEL_TYPE, 1e-6f, 1, 0, Rope.of(1_000_000)),
        Initialisation.NORMAL);
  }

  static ConfigReader.Stated read(Fields fields) {
    int loops = fields.integer("total_ut_steps", 1, ConfigReader.MAX_STEPS, 4);
    // Counted from 0; what it picks of all loops is what thinking no further gives.
    int leaves = fields.integer("early_exit_step", 0, loops - 1, loops - 1);
    requireNoThreshold(fields);
    boolean tied = fields.flag("tie_word_embeddings", false);
    return new ConfigReader.Stated(
        LoopedFields.config(fields, MODEL_TYPE, leaves + 1),
        List.of(ARCHITECTURE.withTiedHead(tied)));
  }

  /** A threshold of 1 is never reached but by the last loop: the published files state it. */
  private static void requireNoThreshold(Fields fields) {
    if (fields.positive("early_exit_threshold", 1e6f, 1) < 1) {
      throw fields.wrong(
          "early_exit_threshold",
          "1 (every token takes all loops)",
          "exits are chosen for each request: state 1 here, and ask for exit gate with this"
              + " threshold");
    }
  }
}

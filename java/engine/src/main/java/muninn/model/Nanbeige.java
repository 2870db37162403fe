package muninn.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import muninn.files.Fields;
import muninn.model.Architecture.Block;
import muninn.model.Architecture.Branch;
import muninn.model.Architecture.FinalNorm;

/** Nanbeige 4.2 (arXiv 2607.22083). */
final class Nanbeige {
  static final String MODEL_TYPE = "nanbeige";

  static final Architecture ARCHITECTURE =
      new Architecture(
          "Nanbeige",
          "model.embed_tokens.weight",
          Map.of(Stage.CORE, "model.layers"),
          new Block(
              new Branch("input_layernorm.weight", null, null),
              List.of(
                  "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight"),
              null,
              null,
              null,
              "self_attn.o_proj.weight",
              new Branch("post_attention_layernorm.weight", null, null),
              List.of("mlp.gate_proj.weight", "mlp.up_proj.weight"),
              "mlp.down_proj.weight"),
          null,
          Architecture.Start.EMBEDDING,
          new FinalNorm("model.norm.weight", true, false, false),
          "lm_head.weight",
          false,
          Architecture.Pairs.HALVES,
          null);

  /** Structures that the published code can be told to build, and these models do not have. */
  private static final List<String> SWITCHES =
      List.of(
          "enable_double_loop_split",
          "loop_share_kv",
          "mhc_diff_for_loop",
          "enable_hyper_connection",
          "enable_mhc",
          "enable_h_res_identity",
          "mhc_identity_nohresparam",
          "enable_depth_attention",
          "ngram_insert_all_layers");

  /** Shapes by the names that people know them by. */
  static final Map<String, Published> PUBLISHED =
      Map.of(
          "nanbeige-4.2-3b",
          new Published(
              ARCHITECTURE,
              new Published.Sizes(3072, 48, 8, 128, 10752, 166144, 262144, 0, 22, 0, 2),
              sizes -> sizes.config(MODEL_TYPE, 1e-5f, 1, 0, Rope.of(70_000_000)),
              Initialisation.NORMAL));

  private Nanbeige() {}

  static ConfigReader.Stated read(Fields fields) {
    SWITCHES.forEach(field -> fields.only(field, false, "the plain loop"));
    for (String field : List.of("emb_neighbor_num", "insert_ngram_layer_idx")) {
      JsonNode value = fields.object().path(field);
      if (fields.has(field) && !(value.isArray() && value.isEmpty())) {
        throw fields.wrong(
            field, "no such field (plain embeddings)", "use a checkpoint without it");
      }
    }
    Config config = LoopedFields.config(fields, MODEL_TYPE, loops(fields));
    fields.only("kv_channels", config.headWidth(), "the same as head_dim");
    boolean within = !fields.flag("skip_loop_final_norm", false);
    Architecture architecture =
        ARCHITECTURE
            .withTiedHead(fields.flag("tie_word_embeddings", false))
            .withNorm(new FinalNorm(ARCHITECTURE.norm().weight(), within, false, !within));
    return new ConfigReader.Stated(config, List.of(architecture));
  }

  /** As many as stated, unless weights of the loops' losses are there, which then count them. */
  private static int loops(Fields fields) {
    JsonNode weights = fields.object().path("loop_loss_weights");
    if (weights.isArray() && !weights.isEmpty()) {
      return weights.size() + 1;
    }
    return fields.integer("num_loops", 1, ConfigReader.MAX_STEPS, 1);
  }
}

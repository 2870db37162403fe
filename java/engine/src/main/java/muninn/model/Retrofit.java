package muninn.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import muninn.files.Fields;
import muninn.model.Architecture.Block;
import muninn.model.Architecture.Branch;
import muninn.model.Architecture.FinalNorm;

/**
 * Models that were trained without recurrence and given it afterwards, in Huginn's code: McLeish et
 * al. 2025, "Teaching Pretrained Language Models to Think Deeper with Retrofitted Recurrence".
 * Their config says {@code huginn_raven} too; which model they were, their tensors tell.
 *
 * <p>Two fields in these files are left over from Huginn's and count for nothing: {@code
 * rope_base}, which the converted code does not read, and {@code block_size}, where {@code
 * max_position_embeddings} stands beside it.
 */
final class Retrofit {
  /** Values of {@code initial_state_mode}. */
  private static final Map<String, Architecture.Start> STARTS =
      Map.of(
          "random", Architecture.Start.NORMAL,
          "embed-init", Architecture.Start.EMBEDDING,
          "skip-adapter", Architecture.Start.UNADAPTED);

  /** Llama 3.2 and TinyLlama. */
  static final Architecture LLAMA =
      architecture(
          "retrofitted Llama",
          new Block(
              new Branch("norm_1.weight", null, null),
              List.of("attn.Wqkv.weight"),
              null,
              null,
              null,
              "attn.proj.weight",
              new Branch("norm_2.weight", null, null),
              List.of("mlp.fc.weight"),
              "mlp.proj.weight"));

  /** OLMo 2. */
  static final Architecture OLMO2 =
      architecture(
          "retrofitted OLMo 2",
          new Block(
              new Branch(null, "norm_1.weight", null),
              List.of("attn.Wqkv.weight"),
              null,
              "attn.q_norm.weight",
              "attn.k_norm.weight",
              "attn.proj.weight",
              new Branch(null, "norm_2.weight", null),
              List.of("mlp.fc.weight"),
              "mlp.proj.weight"));

  /** Of Huginn's width, whatever the model's: so the conversion left it. */
  private static final float DEVIATION = Config.takase(5280);

  private static final Rope.Scaling LLAMA_3_2 = new Rope.Scaling(32, 1, 4, 8192);

  /** Shapes by the names that people know them by. */
  static final Map<String, Published> PUBLISHED =
      Map.of(
          "retrofit-llama-3.2-1b",
          new Published(
              LLAMA,
              new Published.Sizes(2048, 32, 8, 64, 8192, 128256, 131072, 4, 6, 4, 32),
              sizes -> config(sizes, 1e-5f, new Rope(500_000, LLAMA_3_2)),
              Initialisation.NORMAL),
          "retrofit-tinyllama",
          new Published(
              LLAMA,
              new Published.Sizes(2048, 32, 4, 64, 5632, 32000, 2048, 4, 8, 4, 32),
              sizes -> config(sizes, 1e-5f, Rope.of(10_000)),
              Initialisation.NORMAL),
          "retrofit-olmo2-1b",
          new Published(
              OLMO2,
              new Published.Sizes(2048, 16, 16, 128, 8192, 100352, 4096, 4, 6, 4, 32),
              sizes -> config(sizes, 1e-6f, Rope.of(500_000)),
              Initialisation.NORMAL));

  private Retrofit() {}

  private static Architecture architecture(String family, Block block) {
    return new Architecture(
        family,
        "transformer.wte.weight",
        Huginn.ARCHITECTURE.stages(),
        block,
        "transformer.adapter.weight",
        Architecture.Start.NORMAL,
        new FinalNorm("transformer.ln_f.weight", false, false, true),
        "lm_head.weight",
        false,
        Architecture.Pairs.HALVES,
        null);
  }

  private static Config config(Published.Sizes sizes, float eps, Rope rope) {
    return sizes.config(RavenFields.MODEL_TYPE, eps, 1, DEVIATION, rope);
  }

  static ConfigReader.Stated read(RavenFields raven, Fields fields) {
    int width = raven.width();
    int heads = raven.heads();
    HeadFields grouped = HeadFields.read(fields, width, heads, "n_embd", "n_heads");
    int positions = fields.integer("block_size", 1, ConfigReader.MAX_POSITIONS);
    Config config =
        new Config(
            RavenFields.MODEL_TYPE,
            width,
            heads,
            grouped.kvHeads(),
            grouped.headWidth(),
            raven.ffn(),
            raven.vocabulary(),
            fields.integer("max_position_embeddings", 1, ConfigReader.MAX_POSITIONS, positions),
            raven.prelude(),
            raven.core(),
            raven.coda(),
            raven.meanRecurrence(),
            raven.eps(),
            raven.embeddingScale(width),
            raven.stateDeviation(width),
            RopeReader.read(fields, List.of("rope_theta"), 0, true));
    return new ConfigReader.Stated(config, kinds(fields));
  }

  /**
   * Llama's code begins with random states, whatever the field says. {@code tie_word_embeddings}
   * may stand beside {@code tie_embeddings}, as a leftover that the published code drops.
   */
  private static List<Architecture> kinds(Fields fields) {
    fields.oneOf(
        "initial_state_mode", STARTS.keySet().stream().sorted().toList(), "how thinking begins");
    boolean tied = fields.flag("tie_embeddings", fields.flag("tie_word_embeddings", true));
    Architecture.Start start =
        fields.has("initial_state_mode")
            ? STARTS.get(fields.string("initial_state_mode"))
            : Architecture.Start.NORMAL;
    List<Architecture> kinds = new ArrayList<>();
    kinds.add(LLAMA.withTiedHead(tied));
    kinds.add(OLMO2.withTiedHead(tied).withStart(start));
    return kinds;
  }
}

package muninn.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import muninn.files.Fields;

/**
 * Fields of public config classes that would change the arithmetic in a way that no model here
 * knows, with the value at which they change nothing. Any other value is refused by name, because
 * running such a model anyway would give fluent, wrong text.
 */
final class NeutralFields {
  private static final String ABSENT = "no such field";

  private static final Set<String> DTYPES = Set.of("float32", "bfloat16", "float16", "float64");
  private static final Set<String> SILU = Set.of("silu", "swish", "SiLU");
  private static final String FULL_ATTENTION = "full_attention";

  /** The field, its neutral value, and what that means. */
  private static final Map<String, Neutral> NEUTRAL = new LinkedHashMap<>();

  private record Neutral(Object value, String meaning) {}

  static {
    for (String field :
        List.of("attention_bias", "qkv_bias", "mlp_bias", "use_bias", "add_bias_linear", "bias")) {
      NEUTRAL.put(field, new Neutral(false, "linear maps without bias"));
    }
    for (String field : List.of("qk_layernorm", "use_qk_norm", "qk_norm", "use_qk_layernorm")) {
      NEUTRAL.put(field, new Neutral(false, "no norm of queries and keys but the family's own"));
    }
    for (String field : List.of("partial_rotary_factor", "rotary_pct", "rotary_percentage")) {
      NEUTRAL.put(field, new Neutral(1, "all of a head is turned"));
    }
    for (String field :
        List.of(
            "embedding_multiplier",
            "residual_multiplier",
            "logits_scaling",
            "logit_scale",
            "scale_emb",
            "scale_depth",
            "mup_width_multiplier")) {
      NEUTRAL.put(field, new Neutral(1, "nothing is scaled beside what the family scales"));
    }
    for (String field :
        List.of("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")) {
      NEUTRAL.put(field, new Neutral(0, "one MLP a block"));
    }
    for (String field :
        List.of("is_encoder_decoder", "add_cross_attention", "alibi", "parallel_residual")) {
      NEUTRAL.put(field, new Neutral(false, "a decoder of the family's own kind"));
    }
  }

  /** Fields that may only be absent. */
  private static final List<String> FOREIGN =
      List.of(
          "compression_config",
          "quantization",
          "attn_logit_softcapping",
          "final_logit_softcapping",
          "attention_multiplier",
          "query_pre_attn_scalar",
          "attention_chunk_size",
          "adapter_config",
          "vision_config",
          "audio_config");

  private NeutralFields() {}

  /**
   * Refuses what would change the arithmetic.
   *
   * @throws muninn.UserException naming the field, what was found and wanted
   */
  static void check(Fields fields) {
    NEUTRAL.forEach((field, neutral) -> fields.only(field, neutral.value(), neutral.meaning()));
    for (String field : FOREIGN) {
      if (fields.has(field)) {
        throw fields.wrong(
            field,
            ABSENT + ": such a model is not implemented, and would answer wrongly",
            "use a checkpoint without it");
      }
    }
    fields.oneOf("torch_dtype", DTYPES, "a type of weights that is read");
    fields.oneOf("dtype", DTYPES, "a type of weights that is read");
    for (String field : List.of("hidden_act", "hidden_activation", "activation_function")) {
      fields.oneOf(field, SILU, "the gate's activation");
    }
    checkWindow(fields);
  }

  /** Attention reads all positions; a window that is stated but not used changes nothing. */
  private static void checkWindow(Fields fields) {
    fields.only("use_sliding_window", false, "attention over all positions");
    boolean unused = fields.object().path("use_sliding_window").isBoolean();
    if (!unused && fields.has("sliding_window")) {
      throw fields.wrong(
          "sliding_window",
          ABSENT + ", or use_sliding_window false (attention over all positions)",
          "use a checkpoint without it");
    }
    if (fields.has("layer_types")) {
      JsonNode types = fields.object().get("layer_types");
      for (JsonNode type : types.isArray() ? types : List.of(types)) {
        if (!FULL_ATTENTION.equals(type.textValue())) {
          throw fields.wrong(
              "layer_types",
              "a list of " + FULL_ATTENTION + " (attention over all positions)",
              "use a checkpoint without others");
        }
      }
    }
  }
}

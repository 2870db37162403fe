package muninn.model;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import muninn.UserException;
import muninn.files.Fields;

/**
 * What a config says about rotary angles, in the three ways there are: a base in a field of its
 * own, {@code rope_scaling} beside it, or both in {@code rope_parameters}, as newer libraries write
 * them. What stands in two places must agree.
 */
final class RopeReader {
  private static final String PARAMETERS = "rope_parameters";
  private static final String SCALING = "rope_scaling";
  private static final String BASE = "rope_theta";
  private static final String DEFAULT = "default";
  private static final String LLAMA3 = "llama3";
  private static final float MAX_BASE = 1e30f;
  private static final float MAX_POSITIONS = 1e9f;

  /** What a rule of scaling may hold: its own names, and that of the base. */
  private static final Set<String> DEFAULT_FIELDS =
      Set.of("rope_type", "type", BASE, "partial_rotary_factor", "factor");

  private static final Set<String> LLAMA3_FIELDS =
      Set.of(
          "rope_type",
          "type",
          BASE,
          "partial_rotary_factor",
          "factor",
          "low_freq_factor",
          "high_freq_factor",
          "original_max_position_embeddings");

  private final Fields fields;
  private final boolean scales;
  private String baseField; // where the base was found first
  private float base;
  private String scalingField; // where scaling was found first
  private Rope.Scaling scaling;

  private RopeReader(Fields fields, boolean scales) {
    this.fields = fields;
    this.scales = scales;
  }

  /**
   * The angles.
   *
   * @param baseFields where the base may stand, beside {@code rope_parameters}
   * @param ifMissing the base where none is stated; 0 where one must be
   * @param scales whether the family's published code scales frequencies at all
   */
  static Rope read(Fields fields, List<String> baseFields, float ifMissing, boolean scales) {
    return new RopeReader(fields, scales).rope(baseFields, ifMissing);
  }

  private Rope rope(List<String> baseFields, float ifMissing) {
    for (String field : baseFields) {
      if (fields.has(field)) {
        base(field, fields.positive(field, MAX_BASE, 0));
      }
    }
    for (String field : List.of(SCALING, PARAMETERS)) {
      if (fields.has(field)) {
        rule(fields.inner(field));
      }
    }
    if (baseField == null && ifMissing == 0) {
      throw fields.missing(baseFields.getFirst(), "a number above 0");
    }
    return new Rope(baseField == null ? ifMissing : base, scaling);
  }

  private void rule(Fields rule) {
    String type = type(rule);
    if (!type.equals(DEFAULT) && !(scales && type.equals(LLAMA3))) {
      throw rule.wrong(
          rule.has("rope_type") ? "rope_type" : "type",
          scales ? DEFAULT + " or " + LLAMA3 : DEFAULT,
          "no other scaling of rotary angles is implemented for this model type, so the model would"
              + " answer wrongly: use a checkpoint without it");
    }
    Set<String> known = type.equals(DEFAULT) ? DEFAULT_FIELDS : LLAMA3_FIELDS;
    for (String field : (Iterable<String>) rule.object()::fieldNames) {
      if (!known.contains(field) && rule.has(field)) {
        throw rule.wrong(
            field, "no such field with rope_type " + type, "use a checkpoint without it");
      }
    }
    rule.only("partial_rotary_factor", 1, "all of a head is turned");
    if (rule.has(BASE)) {
      base(rule.name(BASE), rule.positive(BASE, MAX_BASE, 0));
    }
    Rope.Scaling stated = null;
    if (type.equals(DEFAULT)) {
      rule.only("factor", 1, "as rope_type default has it");
    } else {
      stated = llama3(rule);
    }
    if (scalingField != null && !Objects.equals(scaling, stated)) {
      throw UserException.of(
          "%s: fields %s and %s scale the rotary angles differently; correct one of the two",
          fields.file(), SCALING, PARAMETERS);
    }
    scalingField = rule.at().substring(0, rule.at().length() - 1);
    scaling = stated;
  }

  private static String type(Fields rule) {
    if (rule.has("rope_type")
        && rule.has("type")
        && !rule.string("type").equals(rule.string("rope_type"))) {
      throw rule.wrong("type", "the same as rope_type", "correct one of the two");
    }
    return rule.has("rope_type")
        ? rule.string("rope_type")
        : rule.has("type") ? rule.string("type") : DEFAULT;
  }

  private static Rope.Scaling llama3(Fields rule) {
    float factor = rule.positive("factor", 1e6f);
    float low = rule.positive("low_freq_factor", 1e6f);
    float high = rule.positive("high_freq_factor", 1e6f);
    float original = rule.positive("original_max_position_embeddings", MAX_POSITIONS);
    if (high <= low) {
      throw rule.wrong("high_freq_factor", "more than low_freq_factor", "correct one of the two");
    }
    return new Rope.Scaling(factor, low, high, original);
  }

  private void base(String field, float stated) {
    if (baseField != null && stated != base) {
      throw UserException.of(
          "%s: field %s is %s and %s is %s, wanted one base of the rotary angles; correct one of"
              + " the two",
          fields.file(), baseField, base, field, stated);
    }
    baseField = field;
    base = stated;
  }
}

package muninn.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import muninn.files.Fields;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;

/**
 * What {@code quantization_config} says of coded matrices, in the form of compressed-tensors: the
 * schemes in which weights are coded. Which matrix is coded, and by which of them, the tensors say.
 * Activations that a scheme would code as well stay as they are.
 *
 * @param schemes none where activations alone are coded
 */
record Quantisation(List<Scheme> schemes) {
  static final String FIELD = "quantization_config";
  static final String METHOD = "compressed-tensors";

  private static final String REMEDY =
      "use a checkpoint in that form, or the original, which is coded while it is loaded";
  private static final List<String> FORMATS =
      List.of(
          "pack-quantized",
          "int-quantized",
          "float-quantized",
          "naive-quantized",
          "mixed-precision");

  /** Orders of columns in which they stay where they are. */
  private static final List<String> IN_ORDER = List.of("false", "weight", "static");

  /**
   * How some weights are coded.
   *
   * @param group columns that share a scale; {@link Coded#ROW} for a scale a row, or one for all
   */
  record Scheme(Encoding encoding, int group) {}

  /**
   * Reads the field, if it is there.
   *
   * @throws muninn.UserException naming what is not known
   */
  static Optional<Quantisation> read(Fields config) {
    if (!config.has(FIELD)) {
      return Optional.empty();
    }
    Fields fields = config.inner(FIELD);
    if (!fields.string("quant_method").equals(METHOD)) {
      throw fields.wrong("quant_method", '"' + METHOD + '"', REMEDY);
    }
    Fields groups = fields.inner("config_groups");
    List<Fields> coded = // the others are of activations alone
        groups.object().properties().stream()
            .map(group -> groups.inner(group.getKey()))
            .filter(group -> group.has("weights"))
            .toList();
    if (!coded.isEmpty()) {
      fields.oneOf("format", FORMATS, "a form of codes that is read");
    }
    requireNeither(fields);
    return Optional.of(
        new Quantisation(coded.stream().map(group -> scheme(group.inner("weights"))).toList()));
  }

  /** No sparsity, and no weights that are to be turned. */
  private static void requireNeither(Fields fields) {
    if (fields.has("sparsity_config")
        && fields.object().get("sparsity_config") instanceof ObjectNode sparsity
        && !sparsity.path("format").asText("dense").equals("dense")) {
      throw fields.wrong("sparsity_config", "no sparsity: it is not implemented", REMEDY);
    }
    if (fields.has("transform_config")
        && !fields.inner("transform_config").object().path("config_groups").isEmpty()) {
      throw fields.wrong(
          "transform_config", "no group of it: weights that are turned are not read", REMEDY);
    }
  }

  /** Defaults, and what is left to others, are those of the published code. */
  private static Scheme scheme(Fields weights) {
    String type = word(weights, "type", "int");
    int bits = weights.integer("num_bits", 1, 64, 8);
    boolean symmetric = weights.flag("symmetric", true);
    Encoding encoding =
        switch (type + bits) {
          case "int4" -> Encoding.INT4;
          case "int8" -> Encoding.INT8;
          case "float8" -> Encoding.FP8;
          default ->
              throw weights.wrong("num_bits", "type int with 4 or 8, or type float with 8", REMEDY);
        };
    if (!symmetric && encoding != Encoding.INT4) {
      throw weights.wrong("symmetric", "true, for zero points are read of 4 bits alone", REMEDY);
    }
    int group =
        switch (word(weights, "strategy", usualStrategy(weights))) {
          case "tensor", "channel" -> Coded.ROW;
          case "group" -> weights.integer("group_size", 8, 1 << 20);
          default -> throw weights.wrong("strategy", "tensor, channel or group", REMEDY);
        };
    if (!Coded.isGroup(group)) {
      throw weights.wrong("group_size", "a power of two from 8 on", REMEDY);
    }
    if (weights.has("actorder")
        && !IN_ORDER.contains(weights.object().get("actorder").asText().toLowerCase(Locale.ROOT))) {
      throw weights.wrong(
          "actorder", "null, false, weight or static: columns in their order", REMEDY);
    }
    return new Scheme(encoding, group);
  }

  private static String usualStrategy(Fields weights) {
    if (!weights.has("group_size")) {
      return "tensor";
    }
    return weights.integer("group_size", -1, 1 << 20) == -1 ? "channel" : "group";
  }

  private static String word(Fields fields, String field, String ifMissing) {
    return fields.has(field) ? fields.string(field).toLowerCase(Locale.ROOT) : ifMissing;
  }

  /** The scheme by which codes of so many bits and groups of columns may have been made. */
  Optional<Coded> format(Encoding encoding, int columns, int groups) {
    return schemes.stream()
        .filter(scheme -> scheme.encoding == encoding)
        .map(scheme -> new Coded(encoding, scheme.group))
        .filter(format -> format.groups(columns) == groups)
        .findFirst();
  }

  /** As messages say it. */
  String described() {
    return schemes.isEmpty()
        ? "none of weights"
        : String.join(
            ", ", schemes.stream().map(s -> new Coded(s.encoding, s.group).label()).toList());
  }
}

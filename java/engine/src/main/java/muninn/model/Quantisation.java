package muninn.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.files.Fields;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;

/**
 * What {@code quantization_config} says of coded matrices, in the form of compressed-tensors: the
 * schemes in which weights are coded. Which matrix is coded, and by which of them, the tensors say.
 * Activations that a scheme would code as well stay as they are.
 *
 * @param schemes at least one
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
    fields.oneOf("format", FORMATS, "a form of codes that is read");
    if (fields.has("sparsity_config")
        && fields.object().get("sparsity_config") instanceof ObjectNode sparsity
        && !sparsity.path("format").asText("dense").equals("dense")) {
      throw fields.wrong("sparsity_config", "no sparsity: it is not implemented", REMEDY);
    }
    List<Scheme> schemes = new ArrayList<>();
    Fields groups = fields.inner("config_groups");
    for (Map.Entry<String, JsonNode> group : groups.object().properties()) {
      schemes.add(scheme(groups.inner(group.getKey()).inner("weights")));
    }
    if (schemes.isEmpty()) {
      throw fields.wrong("config_groups", "at least one group", REMEDY);
    }
    return Optional.of(new Quantisation(List.copyOf(schemes)));
  }

  private static Scheme scheme(Fields weights) {
    String type = weights.has("type") ? weights.string("type") : "int";
    int bits = weights.integer("num_bits", 1, 64);
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
    String strategy = weights.has("strategy") ? weights.string("strategy") : "tensor";
    int group =
        switch (strategy) {
          case "tensor", "channel" -> Coded.ROW;
          case "group" -> weights.integer("group_size", 8, 1 << 20);
          default -> throw weights.wrong("strategy", "tensor, channel or group", REMEDY);
        };
    if (!Coded.isGroup(group)) {
      throw weights.wrong("group_size", "a power of two from 8 on", REMEDY);
    }
    if (weights.has("actorder")
        && !weights.object().get("actorder").asText().equals("weight")
        && !weights.object().get("actorder").asText().equals("false")) {
      throw weights.wrong("actorder", "null, false or weight: columns in their order", REMEDY);
    }
    return new Scheme(encoding, group);
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
    return String.join(
        ", ", schemes.stream().map(s -> new Coded(s.encoding, s.group).label()).toList());
  }
}

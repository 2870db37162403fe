package muninn.model;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import muninn.UserException;
import muninn.files.Json;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.WeightFormats;

/**
 * What the matrices of a model are kept in: one format for all, and others for some. Codes are for
 * the matrices of blocks and the adapter, which every step reads; where all are to be coded,
 * embedding and head, which a token reads once, stay bfloat16, or what the device has for it.
 *
 * @param weights {@code auto}, the device's choice or as they are stored, or the label of a format
 * @param keep exceptions such as {@code bf16:adapter,core.0}, with {@code ;} between several, the
 *     last that fits counting; empty for none. A part is the name of a matrix ({@link
 *     Layout.Weight#name}), what such names begin or end with, or {@code all}
 */
public record WeightChoice(String weights, String keep) implements Serializable {
  /** As devices choose. */
  public static final WeightChoice AUTO = new WeightChoice("auto", "");

  private static final String ANY = "auto";
  private static final String ALL = "all";
  private static final Set<Stage> CODED =
      EnumSet.of(Stage.PRELUDE, Stage.ADAPTER, Stage.CORE, Stage.CODA);

  /** Some parts and what they are kept in. */
  private record Kept(Optional<Format> format, List<String> parts) {
    boolean has(Layout.Weight weight) {
      return parts.stream().anyMatch(part -> fits(part, weight.name()));
    }
  }

  public WeightChoice {
    format(weights, "weights is");
    exceptions(keep);
  }

  /** What {@code weights} may be. */
  public static List<String> labels() {
    List<String> labels = new ArrayList<>(List.of(ANY));
    WeightFormats.ALL.forEach(format -> labels.add(format.label()));
    return labels;
  }

  /** Whether it leaves all to the device. */
  public boolean isAuto() {
    return equals(AUTO);
  }

  /** For a matrix; none: the device's choice, or as it is stored. */
  public Optional<Format> format(Layout.Weight weight, Device device) {
    Optional<Format> wanted = format(weights, "weights is");
    if (wanted.filter(Format.Coded.class::isInstance).isPresent()
        && !CODED.contains(weight.stage())) {
      wanted = Optional.of(device.weightFormat(DType.BF16));
    }
    for (Kept exception : exceptions(keep)) {
      if (exception.has(weight)) {
        wanted = exception.format;
      }
    }
    return wanted;
  }

  /**
   * Sees to it that every exception is about some matrix.
   *
   * @throws UserException where one is about none
   */
  public void requireParts(Layout layout) {
    List<String> names =
        layout.weights().filter(Layout.Weight::isMatrix).map(Layout.Weight::name).toList();
    for (Kept exception : exceptions(keep)) {
      for (String part : exception.parts) {
        if (names.stream().noneMatch(name -> fits(part, name))) {
          throw UserException.of(
              "keep is '%s', of which '%s' names no matrix of this model: use all, adapter, core,"
                  + " core.0, core.0.gate_up, gate_up …, of %s",
              Json.shortened(keep), Json.shortened(part), String.join(", ", names));
        }
      }
    }
  }

  private static boolean fits(String part, String name) {
    return part.equals(ALL)
        || name.equals(part)
        || name.startsWith(part + ".")
        || name.endsWith("." + part);
  }

  private static Optional<Format> format(String label, String what) {
    if (label.equals(ANY)) {
      return Optional.empty();
    }
    Optional<Format> format = WeightFormats.named(label);
    if (format.isEmpty()) {
      throw UserException.of(
          "%s '%s', which is no format of weights: use one of %s",
          what, Json.shortened(label), String.join(", ", labels()));
    }
    return format;
  }

  private static List<Kept> exceptions(String keep) {
    List<Kept> exceptions = new ArrayList<>();
    for (String text : keep.split(";", -1)) {
      if (text.isBlank()) {
        continue;
      }
      int colon = text.indexOf(':');
      List<String> parts =
          List.of(text.substring(colon + 1).split(",", -1)).stream().map(String::strip).toList();
      if (colon < 0 || parts.contains("")) {
        throw UserException.of(
            "keep is '%s', of which '%s' is no exception: use FORMAT:PART,… such as"
                + " bf16:adapter,core.0",
            Json.shortened(keep), Json.shortened(text.strip()));
      }
      String label = text.substring(0, colon).strip();
      exceptions.add(new Kept(format(label, "keep names the format"), parts));
    }
    return exceptions;
  }
}

package muninn.kernels;

import java.util.List;
import java.util.Optional;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;

/** The formats that weights may be asked to be kept in, by the names that people know. */
public final class WeightFormats {
  /** A scale for 128 columns. */
  public static final Coded INT8 = Encoding.INT8.usual();

  /** A scale and a zero point for 32 columns. */
  public static final Coded INT4 = Encoding.INT4.usual();

  /** A scale for a row. */
  public static final Coded FP8 = Encoding.FP8.usual();

  /** By what they take, the most first. */
  public static final List<Format> ALL =
      List.of(
          Format.F32,
          Format.BF16,
          INT8,
          FP8,
          INT4,
          new Coded(Encoding.INT4, 64),
          new Coded(Encoding.INT4, 128));

  private WeightFormats() {}

  /** The one with that label, or with a short name such as {@code bf16}. */
  public static Optional<Format> named(String name) {
    return switch (name) {
      case "bf16" -> Optional.of(Format.BF16);
      case "f32", "fp32" -> Optional.of(Format.F32);
      default -> ALL.stream().filter(format -> format.label().equals(name)).findFirst();
    };
  }
}

package muninn.text.jinja;

import java.util.Set;

/**
 * Attributes that Python's values have and templates hardly use: they are refused by name, since to
 * call them undefined would be an answer, and a wrong one.
 */
final class PythonNames {
  private static final Set<String> TEXT =
      Set.of("casefold", "encode", "format_map", "isidentifier", "maketrans", "translate");
  private static final Set<String> NUMBER =
      Set.of(
          "as_integer_ratio",
          "bit_count",
          "bit_length",
          "conjugate",
          "denominator",
          "from_bytes",
          "fromhex",
          "hex",
          "imag",
          "is_integer",
          "numerator",
          "real",
          "to_bytes");
  private static final Set<String> RANGE = Set.of("count", "index", "start", "step", "stop");
  private static final Set<String> VIEW = Set.of("isdisjoint", "mapping");
  private static final Set<String> STREAM = Set.of("close", "send", "throw");

  private PythonNames() {}

  static boolean has(Value value, String name) {
    return switch (value) {
      case Value.Text _ -> TEXT.contains(name);
      case Value.Whole _, Value.Real _, Value.Truth _ -> NUMBER.contains(name);
      case Value.Range _ -> RANGE.contains(name);
      case Value.View _ -> VIEW.contains(name);
      case Value.Stream _ -> STREAM.contains(name);
      default -> false;
    };
  }
}

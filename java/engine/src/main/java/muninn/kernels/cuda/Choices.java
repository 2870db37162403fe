package muninn.kernels.cuda;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.UserException;
import muninn.kernels.Variant;

/**
 * Which variants of kernels are taken whatever the lanes, by operation; of the others the device
 * takes the one for the lanes.
 */
record Choices(Map<String, String> byOperation) {
  static final Choices NONE = new Choices(Map.of());

  private static final String EVERY_LINEAR = "linear";

  /**
   * What a user chose.
   *
   * @param text such as {@code linear_add=n16,attention=split}, or empty; {@code linear} stands for
   *     all operations that begin so
   * @param known names of the variants that the device has, by operation
   * @throws UserException where it has no such operation or variant
   */
  static Choices of(String text, Map<String, List<String>> known) {
    Map<String, String> chosen = new LinkedHashMap<>();
    for (String choice : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      int equals = choice.indexOf('=');
      String operation = choice.substring(0, Math.max(0, equals)).strip();
      String name = choice.substring(equals + 1).strip();
      List<String> meant =
          known.keySet().stream()
              .filter(
                  one ->
                      one.equals(operation)
                          || operation.equals(EVERY_LINEAR) && one.startsWith(EVERY_LINEAR + "_"))
              .toList();
      if (meant.isEmpty()) {
        throw UserException.of(
            "kernels is '%s', of which '%s' names no operation that has variants: use"
                + " OPERATION=VARIANT,… with %s",
            text, choice, list(known));
      }
      for (String one : meant) {
        if (!known.get(one).contains(name)) {
          throw UserException.of(
              "kernels is '%s', and %s has no variant '%s' on this device: use one of %s",
              text, one, name, String.join(", ", known.get(one)));
        }
        chosen.put(one, name);
      }
    }
    return new Choices(chosen);
  }

  private static String list(Map<String, List<String>> known) {
    return String.join(
        "; ",
        known.entrySet().stream()
            .map(e -> e.getKey() + " " + String.join("|", e.getValue()))
            .toList());
  }

  /** The same, and this one for its operation. */
  Choices with(Variant variant) {
    return with(variant.operation(), variant.name());
  }

  /** The same by name. */
  Choices with(String operation, String name) {
    Map<String, String> more = new LinkedHashMap<>(byOperation);
    more.put(operation, name);
    return new Choices(more);
  }

  /** The one to be taken, if any was chosen. */
  Optional<String> of(String operation) {
    return Optional.ofNullable(byOperation.get(operation));
  }
}

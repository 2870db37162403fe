package muninn.cli;

import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How what the engine says of its options reads on a command line. Its messages call them by the
 * names of its own interface, {@code max_lanes} or {@code device=cpu}, for it does not know who
 * uses it; here they become what a user of {@code muninn} types.
 */
final class OptionNames {
  private static final String PREFIX = "--";

  /** {@code max_lanes} → {@code --max-lanes}, and so on. */
  private static final Map<String, String> FLAGS =
      ModelOptions.group().options().stream()
          .map(option -> option.name())
          .filter(flag -> flag.startsWith(PREFIX))
          .collect(
              Collectors.toMap(
                  flag -> flag.substring(PREFIX.length()).replace('-', '_'), flag -> flag));

  /** A name with a value, or one that is no word of a sentence. */
  private static final Pattern NAMED =
      Pattern.compile("(?<![\\w./-])(?:([a-z_]+)=(?=\\w)|([a-z]+(?:_[a-z]+)+)(?![\\w./-]))");

  private OptionNames() {}

  /** A message of the engine's with the options as they are typed. */
  static String asTyped(String message) {
    return NAMED
        .matcher(message)
        .replaceAll(
            found -> {
              String value = found.group(1) == null ? "" : " ";
              String name = found.group(1) == null ? found.group(2) : found.group(1);
              String flag = FLAGS.get(name);
              return flag == null ? found.group() : flag + value;
            });
  }
}

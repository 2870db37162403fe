package muninn.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import muninn.cli.args.ShellCompletion;
import muninn.cli.args.Value;

/**
 * Amounts of memory as people write them: {@code 2GiB}, {@code 512M}, {@code 1.5GB}, plain bytes;
 * and as they are shown.
 */
final class MemorySize {
  /** At least a byte. */
  static final Value<Long> VALUE =
      new Value<>(
          "SIZE",
          "an amount of memory such as 2GiB, 512MiB or 1.5GB",
          text -> parse(text).filter(bytes -> bytes > 0),
          ShellCompletion.NOTHING,
          null);

  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{1,9})?)\\s*([a-z]*)");
  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("b", 1L),
          Map.entry("kb", 1_000L),
          Map.entry("mb", 1_000_000L),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("tb", 1_000_000_000_000L),
          Map.entry("k", 1L << 10),
          Map.entry("kib", 1L << 10),
          Map.entry("m", 1L << 20),
          Map.entry("mib", 1L << 20),
          Map.entry("g", 1L << 30),
          Map.entry("gib", 1L << 30),
          Map.entry("t", 1L << 40),
          Map.entry("tib", 1L << 40));

  private MemorySize() {}

  /** The bytes, or empty where the text is no amount, or more than can be counted. */
  static Optional<Long> parse(String value) {
    Matcher matcher = SIZE.matcher(value.strip().toLowerCase(Locale.ROOT));
    Long unit = matcher.matches() ? UNITS.get(matcher.group(2)) : null;
    if (unit == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new BigDecimal(matcher.group(1))
              .multiply(BigDecimal.valueOf(unit))
              .toBigInteger()
              .longValueExact());
    } catch (ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** Bytes, in the unit that suits. */
  static String shown(long bytes) {
    if (bytes < 1_000) {
      return bytes + " B";
    }
    if (bytes < 1_000_000) {
      return String.format(Locale.ROOT, "%.1f kB", bytes / 1e3);
    }
    return bytes < 1_000_000_000
        ? String.format(Locale.ROOT, "%.2f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}

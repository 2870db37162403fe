package muninn.kernels.cpu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How large the processor's last-level cache is. */
final class HostCache {
  private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([KM]?)");

  private HostCache() {}

  /** The largest cache that Linux tells of; 0 on other systems. */
  static long bytes() {
    return bytes(CACHES);
  }

  static long bytes(Path caches) {
    if (!Files.isDirectory(caches)) {
      return 0;
    }
    long largest = 0;
    try (DirectoryStream<Path> indices = Files.newDirectoryStream(caches, "index*")) {
      for (Path index : indices) {
        largest = Math.max(largest, parse(Files.readString(index.resolve("size")).strip()));
      }
      return largest;
    } catch (IOException e) {
      return 0;
    }
  }

  private static long parse(String size) {
    Matcher matcher = SIZE.matcher(size);
    if (!matcher.matches()) {
      return 0;
    }
    long unit =
        switch (matcher.group(2)) {
          case "K" -> 1L << 10;
          case "M" -> 1L << 20;
          default -> 1;
        };
    return Long.parseLong(matcher.group(1)) * unit;
  }
}

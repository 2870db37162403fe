package muninn.engine;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether a GPU of NVIDIA's is plugged in, driver or not: only then does anybody want to know why
 * it is not used.
 */
final class NvidiaHardware {
  private static final String VENDOR = "0x10de";
  private static final String DISPLAY_CLASS = "0x03";

  private NvidiaHardware() {}

  static boolean isThere() {
    return isThere(Path.of("/"));
  }

  /** The same where the machine's files lie below {@code root}. */
  static boolean isThere(Path root) {
    if (Files.exists(root.resolve("dev/nvidiactl")) || Files.exists(root.resolve("dev/dxg"))) {
      return true;
    }
    try (DirectoryStream<Path> devices =
        Files.newDirectoryStream(root.resolve("sys/bus/pci/devices"))) {
      for (Path device : devices) {
        if (Files.readString(device.resolve("vendor")).startsWith(VENDOR)
            && Files.readString(device.resolve("class")).startsWith(DISPLAY_CLASS)) {
          return true;
        }
      }
    } catch (IOException e) {
      // No such bus here, or a device that went away.
    }
    return false;
  }
}

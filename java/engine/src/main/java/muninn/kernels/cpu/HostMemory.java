package muninn.kernels.cpu;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory this machine, or the container it is, could still give. */
final class HostMemory {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final String AVAILABLE = "MemAvailable:";

  private HostMemory() {}

  /**
   * Bytes that could be allocated without swapping. The JVM's own figure leaves out the file cache,
   * which a machine that has just read a model is full of, so Linux is asked itself, within the
   * container's limit.
   */
  static long availableBytes() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long free = system.getFreeMemorySize();
    return Math.max(free, Math.min(linuxAvailableBytes(), system.getTotalMemorySize()));
  }

  /** What the kernel says is available; 0 on other systems. */
  private static long linuxAvailableBytes() {
    if (!Files.isReadable(MEMINFO)) {
      return 0;
    }
    try (var lines = Files.lines(MEMINFO)) {
      return lines
          .filter(line -> line.startsWith(AVAILABLE))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}

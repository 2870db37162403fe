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
  private static final String TOTAL = "MemTotal:";

  private HostMemory() {}

  /**
   * Bytes that could be allocated without swapping. The JVM's own figure leaves out the file cache,
   * which a machine that has just read a model is full of, so Linux is asked itself, within the
   * container's limit.
   */
  static long availableBytes() {
    long linux = linuxAvailableBytes();
    if (linux > 0 && !confined()) {
      return linux;
    }
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long free = system.getFreeMemorySize();
    return Math.max(free, Math.min(linux, system.getTotalMemorySize()));
  }

  /**
   * Whether this process may have less memory than the machine: then, or where somebody chose the
   * heap, the JVM's largest heap is not the quarter of the machine's that it takes by itself.
   * Asking the JVM's own management instead costs a tenth of a second of a start.
   */
  private static boolean confined() {
    double share = (double) Runtime.getRuntime().maxMemory() / linuxBytes(TOTAL);
    return share < 0.24 || share > 0.255;
  }

  /** What the kernel says is available; 0 on other systems. */
  private static long linuxAvailableBytes() {
    return linuxBytes(AVAILABLE);
  }

  private static long linuxBytes(String key) {
    if (!Files.isReadable(MEMINFO)) {
      return 0;
    }
    try (var lines = Files.lines(MEMINFO)) {
      return lines
          .filter(line -> line.startsWith(key))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}

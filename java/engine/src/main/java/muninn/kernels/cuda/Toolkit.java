package muninn.kernels.cuda;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import muninn.UserException;
import muninn.cuda.Gpu;

/**
 * The CUDA toolkit that kernels were built with. A driver loads what toolkits of its own major
 * version or an older one made; of a newer one it only says that the image is invalid.
 *
 * @param major such as 13
 */
record Toolkit(int major, int minor) {
  private static final Pattern NVCC =
      Pattern.compile("# nvcc (\\d+)\\.(\\d+)\\b.*", Pattern.DOTALL);

  /** The driver that came with a major version. */
  private static final int[][] DRIVERS = {{12, 525}, {13, 580}};

  /** As the report beside the kernels says in its first line. */
  static Toolkit of(String report) {
    Matcher version = NVCC.matcher(report);
    if (!version.matches()) {
      throw new IllegalArgumentException("a report of kernels that names no nvcc");
    }
    return new Toolkit(Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2)));
  }

  /**
   * Refuses a GPU whose driver cannot load these kernels.
   *
   * @throws UserException naming both versions
   */
  void requireDriverOf(Gpu gpu) {
    String driver = gpu.driver().version();
    int itsMajor = Integer.parseInt(driver.substring(0, driver.indexOf('.')));
    if (itsMajor < major) {
      throw UserException.of(
          "%s cannot be used: this build's kernels were made with CUDA %d.%d, and the driver is for"
              + " CUDA %s: %s, build Muninn with a toolkit of CUDA %d, or run on the CPU"
              + " (device=cpu)",
          gpu, major, minor, driver, update(), itsMajor);
    }
  }

  private String update() {
    for (int[] driver : DRIVERS) {
      if (driver[0] == major) {
        return "update the driver to " + driver[1] + " or later";
      }
    }
    return "update the driver";
  }
}

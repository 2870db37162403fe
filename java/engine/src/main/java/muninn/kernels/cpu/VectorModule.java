package muninn.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import muninn.UserException;

/**
 * The JDK's vector module, which incubates: it is there only where the JVM was started with it.
 * Whoever embeds the engine learns here which flag is missing, before any weights are read.
 */
final class VectorModule {
  private VectorModule() {}

  /**
   * Refuses to go on without it.
   *
   * @throws UserException naming the flag
   */
  static void require() {
    if (!isThere()) {
      throw new UserException(
          "the CPU device needs the JDK's vector module: start java with --add-modules"
              + " jdk.incubator.vector");
    }
  }

  private static boolean isThere() {
    try {
      return FloatVector.SPECIES_PREFERRED != null;
    } catch (NoClassDefFoundError e) {
      return false;
    }
  }
}

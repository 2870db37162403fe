package muninn.engine;

import muninn.UserException;
import muninn.kernels.Device;
import muninn.kernels.cpu.CpuDevice;

/** Chooses the device that an engine runs on. */
final class Devices {
  private Devices() {}

  /**
   * @throws UserException for a device that this build does not know
   */
  static Device open(EngineOptions options) {
    return switch (options.device()) {
      case "auto", "cpu" -> new CpuDevice(options.threads());
      default ->
          throw UserException.of(
              "device '%s' is not known: use cpu, or auto for the best one found",
              options.device());
    };
  }
}

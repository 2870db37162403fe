package muninn.engine;

import java.util.List;
import muninn.UserException;
import muninn.kernels.Device;
import muninn.kernels.cpu.CpuDevice;

/** The devices that an engine can run on. */
public final class Devices {
  private Devices() {}

  /**
   * A kind of device.
   *
   * @param id what {@code --device} takes
   * @param description what it is here, or why it cannot be used
   */
  public record Found(String id, String description, boolean available) {}

  /** All kinds this build knows of, whether they can be used here or not. */
  public static List<Found> list() {
    try (Device cpu = new CpuDevice(0)) {
      return List.of(
          new Found("cpu", cpu.name(), true),
          new Found("cuda", "this build has no CUDA device yet, so it runs on the CPU", false));
    }
  }

  /**
   * Opens the one that the options name.
   *
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

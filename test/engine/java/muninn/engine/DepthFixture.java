package muninn.engine;

import java.nio.file.Path;
import java.util.function.LongConsumer;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Thinking;
import muninn.kernels.Device;
import muninn.kernels.Program.Role;
import muninn.kernels.WatchedDevice;

/** A small model of the reference, room for requests of it, and where both run. */
abstract class DepthFixture {
  static final Path NANO = Golden.folder("raven-nano");
  static final long MIB = 1 << 20;

  /** Where the engine runs. */
  DeviceOptions device() {
    return DeviceOptions.cpu(2);
  }

  EngineOptions roomy() {
    return new EngineOptions(device(), 256, 64, 16, 512 * MIB);
  }

  Device open() {
    return Devices.open(device());
  }

  static Request greedy(int[] prompt, int steps, int maxTokens, Thinking thinking) {
    return new Request(
        prompt,
        Options.DEFAULT
            .withSteps(steps)
            .withMaxTokens(maxTokens)
            .withInitScale(0)
            .withIgnoreEos(true)
            .withThinking(thinking));
  }

  /** Tells of the lanes of every pass of a role. */
  static Device watched(Device device, Role role, LongConsumer lanes) {
    return new WatchedDevice(
        device,
        (program, table) -> {
          if (program.role() == role) {
            lanes.accept(table.size());
          }
        });
  }

  /** A rule of a user's own: enough after so many steps. */
  static Exit afterSteps(int steps) {
    return Exit.when(
        new ExitRule() {
          @Override
          public Sees sees() {
            return Sees.LATENT;
          }

          @Override
          public Watch watch() {
            return look -> look.step() == steps;
          }
        });
  }
}

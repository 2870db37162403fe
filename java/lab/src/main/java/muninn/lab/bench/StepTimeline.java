package muninn.lab.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import muninn.UserException;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.LaunchTimeline;
import muninn.lab.Contexts;
import muninn.lab.blocks.BlockTrace.Step;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * A step of the core, block by block, on a device whose kernels write down when they began and
 * ended. It is the last of a few, so that code and caches are warm, and recorded as every step is.
 */
public final class StepTimeline {
  private static final int WARM_UP = 3; // steps

  private final Model model;
  private final DeviceOptions options;
  private final int context;
  private final Consumer<String> progress;

  /**
   * @param options of a GPU, or the emulated device
   * @param context positions that each lane attends to
   * @param progress hears what is measured
   */
  public StepTimeline(Model model, DeviceOptions options, int context, Consumer<String> progress) {
    this.model = model;
    this.options = options;
    this.context = context;
    this.progress = progress;
  }

  /**
   * A step for each number of lanes.
   *
   * @throws UserException when the device has no blocks, or no kernels that tell
   */
  public List<Step> run(List<Integer> lanes) {
    if (options.device().equals("cpu")) {
      throw UserException.of(
          "a timeline is one of blocks, and device cpu has none: choose device cuda or emulated");
    }
    String kernels = options.kernels();
    DeviceOptions telling =
        options.withKernels(kernels.isEmpty() ? "timeline=on" : kernels + ",timeline=on");
    List<Step> steps = new ArrayList<>();
    progress.accept("loading " + model.name());
    try (Device device = Devices.open(telling)) {
      LaunchTimeline timeline = device.timeline().orElseThrow();
      Parameters parameters = Parameters.load(model, device);
      int most = Collections.max(lanes);
      Contexts contexts = new Contexts(device, model.config(), most, context, 0);
      Forward forward = contexts.forward(model.architecture(), parameters, most);
      for (int n : lanes) {
        progress.accept("timeline, " + n + (n == 1 ? " lane" : " lanes"));
        Lanes table = contexts.ends(n);
        forward.prelude(table);
        forward.begin(table);
        timeline.begin();
        for (int i = 0; i < WARM_UP; i++) {
          forward.core(table);
        }
        steps.add(new Step(n, timeline.during(() -> forward.core(table))));
      }
    }
    return List.copyOf(steps);
  }
}

package muninn.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.ForwardingDevice;
import muninn.model.Model;
import org.junit.jupiter.api.Test;

/** A step that is the same each time, and one that is not. */
class SoakTest {
  private static final String MODEL = "random:64x4x96,vocab=96,context=64,layers=1/1/1";

  private static Optional<Soak.Difference> soak(Map<String, Supplier<Device>> ways, int... lanes) {
    try (Model model = Model.open(MODEL)) {
      List<Integer> all = IntStream.of(lanes).boxed().toList();
      return new Soak(model, 20, 3, _ -> {}).run(ways, all);
    }
  }

  @Test
  void stepsAreTheSameWithAndWithoutOverlappingLaunches() {
    DeviceOptions emulated = DeviceOptions.DEFAULT.on("emulated");
    Map<String, Supplier<Device>> ways = new LinkedHashMap<>();
    ways.put("", () -> Devices.open(emulated));
    ways.put("pdl=off", () -> Devices.open(emulated.withKernels("pdl=off")));
    assertThat(soak(ways, 1, 9)).isEmpty();
  }

  /** Reads of one buffer's row come out different once in a while. */
  private static final class Racing extends ForwardingDevice {
    private final Device device;
    private int reads;

    Racing(Device device) {
      super(device);
      this.device = device;
    }

    @Override
    public float[] read(Buffer buffer, int row) {
      float[] values = device.read(buffer, row);
      if (++reads == 40) {
        values[5] = Math.nextUp(values[5]);
      }
      return values;
    }
  }

  @Test
  void theFirstValueThatDiffersByOneBitIsNamed() {
    Optional<Soak.Difference> found =
        soak(Map.of("", () -> new Racing(Devices.open(DeviceOptions.cpu(2)))), 3);
    assertThat(found).isPresent();
    Soak.Difference first = found.get();
    assertThat(first.element()).isEqualTo(5);
    assertThat(first.lanes()).isEqualTo(3);
    assertThat(first.round()).isPositive();
    assertThat(first.expected()).isNotEqualTo(first.found());
    assertThat(first.toString()).startsWith("as usual, 3 lanes, round ").contains("element 5");
  }
}

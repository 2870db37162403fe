package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import muninn.cuda.Emulated;
import muninn.engine.answer.Generation;
import muninn.engine.request.Request;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.cuda.CudaOnPaper;
import muninn.kernels.cuda.TestDevice;
import muninn.model.KvSharing;
import muninn.model.Model;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an open engine has taken of a CUDA device's memory is what its footprint says, to the byte,
 * as the emulated device counts it; and no more than that is taken later than was said.
 */
class FootprintTest {
  private static final int MULTIPROCESSORS = 2;
  private static final String MODEL =
      "random:d=64,heads=4,ffn=96,vocab=512,layers=1/2/1,context=1024";
  private static final double SHARE = 0.5;

  /** Grants what an engine that may fill half of the memory would be granted. */
  private static final class Half extends ForwardingDevice {
    private final Device device;
    private final long total;

    Half(Device device, long total) {
      super(device);
      this.device = device;
      this.total = total;
    }

    long used() {
      return total - device.grantedBytes();
    }

    @Override
    public long grantedBytes() {
      return Math.max(0, (long) (total * SHARE) - used());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {48, 80, 400})
  void anOpenEngineHasTakenWhatWasSaid(int mebibytes) {
    Assumptions.assumeFalse(TestDevice.isGpu(), "a GPU's driver takes memory in larger pieces");
    Emulated.driver();
    long total = (long) mebibytes << 20;
    DeviceOptions all = new DeviceOptions("emulated", 0, "bfloat16", "auto", 1, true, "own", "");
    DeviceOptions half =
        new DeviceOptions("emulated", 0, "bfloat16", "auto", SHARE, true, "own", "");
    EngineOptions options =
        new EngineOptions(half, 0, 0, 4, 0).withOffline(new Offline(2, KvSharing.parse("mod:1")));
    AtomicReference<Half> device = new AtomicReference<>();
    AtomicLong used = new AtomicLong();
    try (Devices.Claim _ = Devices.claim(MULTIPROCESSORS, total);
        Model model = Model.open(MODEL)) {
      Footprint said =
          Footprint.of(
              model,
              options,
              CudaOnPaper.device(DType.BF16, Format.BF16, MULTIPROCESSORS, true),
              total);
      try (Engine engine =
          Engine.open(
              Model.open(MODEL),
              options,
              () -> {
                device.set(new Half(Devices.open(all), total));
                return device.get();
              },
              Monitor.NONE)) {
        engine.betweenTicks(_ -> used.compareAndSet(0, device.get().used()));
        while (used.get() == 0) {
          Thread.onSpinWait(); // until the tick that the work between ticks brings about
        }
        assertThat(engine.room()).isEqualTo(said.room());
        assertThat(used.get()).isEqualTo(said.bytes());
        assertThat(said.bytes()).isLessThanOrEqualTo((long) (SHARE * total));
        assertThat(said.bytes()).as("all that may be filled").isGreaterThan(total / 3);

        int[] prompt = new int[700]; // many lanes with long contexts
        Arrays.setAll(prompt, i -> i % 512);
        used.set(0);
        List<Generation> asked =
            List.of(
                engine.submit(Request.of(prompt, 1, 2)), engine.submit(Request.of(prompt, 2, 2)));
        asked.forEach(generation -> generation.completion().join());
        engine.betweenTicks(_ -> used.set(device.get().used()));
        engine.submit(Request.of(new int[] {1}, 1, 2)).completion().join();
        assertThat(used.get())
            .isBetween(said.bytes(), said.bytes() + said.laterBytes() + (1 << 20));
      }
    }
  }
}

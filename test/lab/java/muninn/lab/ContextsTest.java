package muninn.lab;

import static org.assertj.core.api.Assertions.assertThat;

import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.cpu.CpuDevice;
import muninn.kernels.cuda.TestDevice;
import muninn.model.Config;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A key that nobody wrote would show: the CPU's fresh pages are not numbers, the emulated device
 * finds reads of memory that nobody wrote.
 */
class ContextsTest {
  private static final int LANES = 3;
  private static final int CONTEXT = 37;
  private static final int PROMPT = 20;

  @ParameterizedTest
  @ValueSource(longs = {0, 1 << 18, Long.MAX_VALUE})
  void everyKeyThatALaneReadsIsThereHoweverLittleMemoryThereIs(long grantedBytes) {
    check(new CpuDevice(2), grantedBytes);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Long.MAX_VALUE})
  void soItIsOnTheEmulatedDevice(long grantedBytes) {
    check(TestDevice.open(DType.BF16), grantedBytes);
  }

  private static void check(Device opened, long grantedBytes) {
    Model model = Model.open("random:48x3x64,vocab=104,context=64,layers=2/3/1");
    Config config = model.config();
    try (Device device = granting(opened, grantedBytes)) {
      Parameters parameters = Parameters.load(model, device);
      Contexts contexts = new Contexts(device, config, LANES, CONTEXT, PROMPT);

      Lanes ends = contexts.ends(LANES);
      Buffer q = device.operand(LANES, config.width());
      for (int slot = 0; slot < Forward.slots(config, 1); slot++) {
        Ops.attention(device, ends, q, contexts.sequences, contexts.cache, new KvSlot(slot, 0), q);
      }
      assertThat(device.read(q, LANES - 1)).isNotEmpty().doesNotContain(Float.NaN);

      Forward forward =
          new Forward(
              model.architecture(),
              config,
              parameters,
              device,
              contexts.cache,
              contexts.sequences,
              PROMPT);
      for (Lanes lanes : new Lanes[] {ends, contexts.prompt(PROMPT)}) {
        forward.prelude(lanes);
        forward.begin(lanes);
        forward.core(lanes);
        forward.core(lanes);
        forward.speak(lanes, lanes);
        int[] tokens = forward.draw(lanes).await().tokens();
        assertThat(tokens).hasSize(lanes.size()).doesNotContain(-1);
      }
    }
  }

  private static Device granting(Device device, long bytes) {
    return new ForwardingDevice(device) {
      @Override
      public long grantedBytes() {
        return bytes;
      }
    };
  }
}

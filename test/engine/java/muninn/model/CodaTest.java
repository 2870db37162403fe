package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.Lanes;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.cpu.CpuDevice;
import muninn.kernels.cuda.TestDevice;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Positions that only leave keys pass the coda as far as these. Every family has another coda: of
 * two blocks, of four, of none; with norms before branches, on them, or on their sums.
 */
class CodaTest {
  private static final int PROMPT = 19;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "raven-nano",
        "retrofit-llama3-nano",
        "retrofit-olmo2-nano",
        "ouro-nano",
        "nanbeige-skipnorm-nano"
      })
  void whatIsSaidIsTheSameToTheBitWhereOthersOnlyLeaveKeys(String folder) {
    for (Supplier<Device> opened : devices()) {
      List<float[]> all = said(folder, opened, PROMPT);
      for (int speaking : new int[] {1, 3}) {
        assertThat(said(folder, opened, speaking)).usingRecursiveComparison().isEqualTo(all);
      }
    }
  }

  private static List<Supplier<Device>> devices() {
    return List.of(
        () -> new CpuDevice(2),
        () -> TestDevice.open(DType.F32),
        () -> TestDevice.open(DType.BF16));
  }

  /**
   * Logits of a prompt's last position, and of the one behind it, which reads what the prompt left.
   *
   * @param speaking how many of the prompt's positions speak
   */
  private static List<float[]> said(String folder, Supplier<Device> opened, int speaking) {
    try (Model model = Model.open(Fixture.golden(folder).toString());
        Device device = opened.get()) {
      Config config = model.config();
      int slots = Forward.slots(config, 1);
      int chunks = KvCache.chunks(PROMPT + 1);
      KvCache cache = device.kvCache(slots * chunks, config.kvHeads(), config.headWidth());
      Sequences sequences = device.sequences(1, chunks * KvCache.PAGE, slots);
      sequences.open(0, new SequenceParameters(0, 1, 0, 0, 1, 0, 1, -1));
      for (int page = 0; page < slots * chunks; page++) {
        sequences.map(0, page % slots, page / slots, page);
      }
      Forward forward =
          new Forward(
              model.architecture(),
              config,
              Parameters.load(model, device),
              device,
              cache,
              sequences,
              PROMPT);
      List<float[]> said = new ArrayList<>();
      said.add(said(forward, device, 0, PROMPT, speaking));
      said.add(said(forward, device, PROMPT, 1, 1));
      return said;
    }
  }

  /** Of the last of some positions, those that speak being the last ones. */
  private static float[] said(Forward forward, Device device, int from, int count, int speaking) {
    Lanes opening = device.lanes(count);
    Lanes leaving = device.lanes(count);
    Lanes spoken = device.lanes(speaking);
    for (int i = 0; i < count; i++) {
      add(opening, i, from + i);
    }
    for (int i = count - speaking; i < count; i++) {
      add(leaving, i, from + i);
      add(spoken, i, from + i);
    }
    for (int i = 0; i < count - speaking; i++) {
      add(leaving, i, from + i);
    }
    forward.prelude(opening);
    forward.begin(opening);
    forward.firstStep(opening);
    forward.core(opening);
    forward.speak(leaving, spoken);
    return forward.logits(count - 1);
  }

  private static void add(Lanes lanes, int row, int position) {
    lanes.add(row, 0, position, 0, 3 + 7 * position % 50);
  }
}

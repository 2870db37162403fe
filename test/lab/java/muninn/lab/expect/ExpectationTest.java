package muninn.lab.expect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.WeightChoice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpectationTest {
  private static Expectation expect(
      String name, Card card, int steps, String kv, int lanes, int context) {
    try (Model model = Model.open(name)) {
      KvSharing sharing = KvSharing.parse(kv);
      return Expectation.of(
          model,
          new TimingModel(card),
          steps,
          sharing,
          Format.BF16,
          WeightChoice.AUTO,
          List.of(lanes),
          List.of(context));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "random:huginn-0125",
        "random:ouro-1.4b",
        "random:nanbeige-4.2-3b",
        "random:retrofit-llama-3.2-1b"
      })
  void weightsTakeWhatInspectSays(String name) {
    try (Model model = Model.open(name)) {
      long bytes = expect(name, Card.H100, 4, "full", 1, 16).weightBytes();
      assertThat((double) bytes).isCloseTo(2.0 * model.card().weights(), within(0.001 * bytes));
    }
  }

  @Test
  void keysTakeAPageOfSixteenPositionsInEverySlot() {
    Expectation.Row one =
        expect("random:huginn-0125", Card.H100, 32, "full", 1, 16).rows().getFirst();
    Expectation.Row two =
        expect("random:huginn-0125", Card.H100, 32, "full", 1, 17).rows().getFirst();
    long slots = 2 + 32 * 4 + 2;
    assertThat(two.needBytes() - one.needBytes()).isEqualTo(slots * 2 * 16 * 5280 * 2);
  }

  /** Heads of 20 take what heads of 32 do: the rows of pages are filled up. */
  @ParameterizedTest
  @ValueSource(strings = {"bfloat16", "fp8", "int8"})
  void pagesTakeWhatTheDeviceSays(String kept) {
    Format format =
        Stream.of(Format.BF16, KvCache.FP8, KvCache.INT8)
            .filter(one -> one.label().equals(kept))
            .findFirst()
            .orElseThrow();
    DeviceOptions emulated = DeviceOptions.DEFAULT.on("emulated");
    try (Model model = Model.open("random:80x4x96,vocab=96,context=64,layers=1/1/1");
        Device device = Devices.open(emulated)) {
      long[] bytes = new long[2];
      for (int i = 0; i < 2; i++) {
        bytes[i] =
            Expectation.of(
                    model,
                    new TimingModel(Card.H100),
                    4,
                    KvSharing.FULL,
                    format,
                    WeightChoice.AUTO,
                    List.of(1),
                    List.of(16 + 16 * i))
                .rows()
                .getFirst()
                .needBytes();
      }
      long slots = 1 + 4 + 1;
      assertThat(bytes[1] - bytes[0]).isEqualTo(slots * device.kvPageBytes(format, 4, 20));
    }
  }

  @Test
  void sharedKeysLetMoreSequencesIn() {
    Expectation.Row full =
        expect("random:huginn-0125", Card.H100, 32, "full", 64, 1024).rows().getFirst();
    Expectation.Row shared =
        expect("random:huginn-0125", Card.H100, 32, "mod:4", 64, 1024).rows().getFirst();
    assertThat(full.fits()).isFalse();
    assertThat(shared.fits()).isTrue();
    assertThat(shared.step()).isEqualTo(full.step());
  }

  @Test
  void aModelLargerThanTheCardFitsNoSequence() {
    Expectation.Row row =
        expect("random:16384x128x65536,layers=4/4/4", Card.RTX4090, 4, "full", 1, 16)
            .rows()
            .getFirst();
    assertThat(row.sequences()).isZero();
    assertThat(row.fits()).isFalse();
  }

  @Test
  void aDeviceOnPaperRefusesToRun() {
    try (PaperDevice device = new PaperDevice(DType.BF16, DType.BF16)) {
      var routine = device.prepare(new Program("nothing", Role.CORE, List.of()));
      assertThatThrownBy(() -> routine.run(null)).isInstanceOf(UnsupportedOperationException.class);
    }
  }
}

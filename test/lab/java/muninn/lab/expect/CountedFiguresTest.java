package muninn.lab.expect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Set;
import muninn.engine.DeviceOptions;
import muninn.kernels.Format;
import muninn.kernels.Program.Role;
import muninn.kernels.WeightFormats;
import muninn.lab.counters.CountedLaunch;
import muninn.lab.counters.Counting;
import muninn.model.Model;
import muninn.model.WeightChoice;
import org.junit.jupiter.api.Test;

/** What the timing model assumes of products of codes is what the emulated device counts. */
class CountedFiguresTest {
  private static final String SHAPE = "random:huginn-0125,vocab=512,layers=1/1/1";
  private static final Format FORMAT = WeightFormats.INT4;
  private static final double OPERANDS = 4.57; // wavefronts of a tile for a KiB of weights

  private static List<CountedLaunch> products() {
    DeviceOptions options = DeviceOptions.DEFAULT.on("emulated");
    WeightChoice choice = new WeightChoice(FORMAT.label(), "");
    try (Model model = Model.open(SHAPE)) {
      return new Counting(model, options, choice, Card.H100, 128, 16, _ -> {})
          .run(List.of(1), Set.of(Role.CORE)).stream()
              .filter(launch -> launch.wavefrontsPerWeightByte() != null)
              .filter(launch -> launch.operation().equals("gate up"))
              .toList();
    }
  }

  @Test
  void codesAreReadOnceAndPassThroughSharedMemoryAsTheModelHasIt() {
    List<CountedLaunch> products = products();
    assertThat(products).isNotEmpty();
    double kibibyte = 512 * FORMAT.rowBytes(5280) / 5280.0; // of codes, as bfloat16
    double assumed = OPERANDS + KernelFigures.NOW.products(FORMAT).wavefronts().getFirst();
    for (CountedLaunch launch : products) {
      assertThat(launch.wavefrontsPerWeightByte() * kibibyte)
          .as("wavefronts for a KiB of bfloat16")
          .isCloseTo(assumed, within(0.04 * assumed));
      assertThat(launch.bankConflictRatio()).isLessThan(1.01);
      // sectors of scales and zero points are asked for again, of a cache that has them
      assertThat(launch.passes("weights")).isLessThan(1.5);
      assertThat(launch.bytesInFlight()).isGreaterThan(32 * 1024L);
    }
  }
}

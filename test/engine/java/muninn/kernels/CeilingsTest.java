package muninn.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import muninn.kernels.cpu.CpuDevice;
import muninn.kernels.cuda.TestDevice;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * That the yardsticks run to their end on every device; how long they take is no test's business.
 */
class CeilingsTest {
  private static final long READ_BYTES = 1 << 20;

  static Stream<Arguments> devices() {
    return Stream.of(
        device("cpu", () -> new CpuDevice(2)),
        device("float32", () -> TestDevice.open(DType.F32)),
        device("bfloat16", () -> TestDevice.open(DType.BF16)));
  }

  private static Arguments device(String name, Supplier<Device> open) {
    return Arguments.of(name, open);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("devices")
  void everyLoadRunsAndSaysWhatItDid(String name, Supplier<Device> open) {
    try (Device device = open.get()) {
      try (Ceilings ceilings = device.ceilings(READ_BYTES)) {
        List<Ceilings.Load> loads = ceilings.loads();
        for (Ceilings.Load load : loads) {
          load.run().run();
          load.run().run();
          assertThat(load.amount()).as(load.name()).isGreaterThanOrEqualTo(READ_BYTES);
        }
        device.synchronize();

        assertThat(loads.stream().map(Ceilings.Load::limit).distinct())
            .containsExactlyInAnyOrder(Ceilings.Limit.values());
      }
      assertThat(device.cacheBytes()).isNotNegative();
      assertThat(device.platform()).contains("Java");
    }
  }
}

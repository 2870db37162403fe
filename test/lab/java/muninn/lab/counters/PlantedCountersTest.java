package muninn.lab.counters;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.List;
import muninn.cuda.Context;
import muninn.cuda.CudaModule;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Driver;
import muninn.cuda.Emulated;
import muninn.cuda.EmulatedCounters;
import muninn.cuda.Kernel;
import muninn.cuda.KernelArguments;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.Program;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Each demand of {@link Structure} holds for a kernel that meets it and fails one that does not.
 */
class PlantedCountersTest {
  private static final int WARP = 32;

  private final Driver driver = Emulated.driver();
  private Context context;
  private CudaModule module;
  private Stream stream;
  private DeviceMemory weights;
  private DeviceMemory out;

  @BeforeEach
  void open() {
    context = driver.gpu(0).open();
    try (Arena arena = Arena.ofConfined()) {
      module = context.module("selftest.so", Emulated.image("selftest.so", arena));
    }
    stream = context.stream();
    weights = zeros(1 << 20);
    out = zeros(1 << 16);
  }

  @AfterEach
  void close() {
    context.close();
  }

  private DeviceMemory zeros(long bytes) {
    DeviceMemory memory = context.allocate(bytes);
    stream.fill(memory, 0, bytes, (byte) 0);
    return memory;
  }

  private CountedLaunch count(String name, Launch launch, Object... values) {
    Kernel kernel = module.kernel(name);
    KernelArguments arguments =
        values.length == 0
            ? kernel.arguments(JAVA_LONG, JAVA_LONG)
            : kernel.arguments(JAVA_LONG, JAVA_LONG, JAVA_INT).set(2, (int) values[0]);
    arguments.set(0, weights).set(1, out);
    return counted(launch, arguments);
  }

  private CountedLaunch counted(Launch launch, KernelArguments arguments) {
    EmulatedCounters counters = driver.counters().orElseThrow();
    counters.begin(8, false);
    stream.launch(launch, arguments);
    stream.synchronize();
    LaunchCount count = LaunchCount.parse(counters.end()).getFirst();
    return new CountedLaunch(1, Program.Role.CORE, "planted", count, List.of());
  }

  @Test
  void weightsReadInPartsOfSectorsAreFound() {
    Structure.weightsAreReadOnce(count("counted_once", Launch.of(4, 64)));
    assertThatThrownBy(
            () -> Structure.weightsAreReadOnce(count("counted_strided", Launch.of(1, WARP))))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("bytes of sectors");
  }

  @Test
  void weightsReadTwiceAreFound() {
    CountedLaunch twice = count("counted_twice", Launch.of(1, WARP));
    assertThat(twice.weightPasses()).isEqualTo(2.0);
    assertThatThrownBy(() -> Structure.weightsAreReadOnce(twice))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("passes");
  }

  @Test
  void copiesThatWaitOneByOneAreFound() {
    Launch launch = Launch.of(1, 256).withSharedBytes(8 * 256 * 16);
    Structure.enoughIsOnItsWay(count("counted_eight_ahead", launch, 40));
    CountedLaunch one = count("counted_one_ahead", launch, 40);
    assertThat(one.bytesInFlight()).isEqualTo(256 * 16L);
    assertThat(one.bytesLeftInFlight()).isZero();
    assertThatThrownBy(() -> Structure.enoughIsOnItsWay(one)).isInstanceOf(AssertionError.class);
  }

  @Test
  void banksInEachOthersWayAreFound() {
    Launch launch = Launch.of(1, WARP).withSharedBytes(33 * 32 * Float.BYTES);
    Structure.banksDoNotConflict(count("counted_transpose", launch, 33), 1.05);
    CountedLaunch conflicts = count("counted_transpose", launch, 32);
    assertThat(conflicts.bankConflictRatio()).isEqualTo(1056 / 64.0);
    assertThat(conflicts.count().conflicts().getFirst().at()).startsWith("counters.cu:");
    assertThatThrownBy(() -> Structure.banksDoNotConflict(conflicts, 1.05))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void aColumnStoredTwoBytesASectorIsFound() {
    Structure.sectorsAreStoredWhole(column("counted_row"), "cache", 1);
    CountedLaunch column = column("counted_column");
    assertThat(column.storeEfficiency("cache")).isEqualTo(2 / 32.0);
    assertThatThrownBy(() -> Structure.sectorsAreStoredWhole(column, "cache", 1))
        .isInstanceOf(AssertionError.class);
  }

  private CountedLaunch column(String kernel) {
    return counted(Launch.of(1, WARP), module.kernel(kernel).arguments(JAVA_LONG).set(0, out));
  }

  @Test
  void aKernelOfTooManyRegistersDoesNotFitBesideTwoOthers() {
    Chip.Block product = new Chip.Block(256, 72, 73_985);
    Chip.Block norm = new Chip.Block(448, 64, 192);
    assertThat(Chip.SM_90.blocksOf(product)).isEqualTo(3);
    assertThat(Chip.SM_80.blocksOf(product)).isEqualTo(2);
    assertThat(Chip.SM_89.blocksOf(product)).isEqualTo(1);
    // 2 · 256 · 72 + 448 · 64 registers are exactly all there are
    assertThat(Chip.SM_90.beside(product, 2, norm)).isEqualTo(1);
    assertThat(Chip.SM_90.beside(product, 2, new Chip.Block(448, 72, 192))).isZero();
    assertThat(Chip.SM_90.beside(new Chip.Block(256, 80, 65_665), 2, norm)).isZero();
  }
}

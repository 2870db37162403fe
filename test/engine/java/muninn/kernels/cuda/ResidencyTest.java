package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.util.stream.IntStream;
import muninn.cuda.Context;
import muninn.cuda.Emulated;
import muninn.cuda.Gpu;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Weights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products on GPUs whose multiprocessors have less shared memory than the largest. */
class ResidencyTest {
  private static final String SHARED = "MUNINN_EMULATED_SHARED_KB";

  @BeforeEach
  void emulated() {
    Assumptions.assumeFalse(TestDevice.isGpu(), "only the emulated device can be given less");
  }

  @AfterEach
  void as_before() throws Throwable {
    environment(SHARED, "");
  }

  /** Sets a variable that the emulated device reads when it is asked. */
  private static void environment(String name, String value) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      Linker linker = Linker.nativeLinker();
      int code =
          (int)
              linker
                  .downcallHandle(
                      linker.defaultLookup().findOrThrow("setenv"),
                      FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))
                  .invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 1);
      assertThat(code).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"228, 2", "164, 2", "128, 1", "100, 1"})
  void as_many_blocks_share_a_matrix_as_fit_at_a_time(String kilobytes, int each) throws Throwable {
    environment(SHARED, kilobytes);
    Gpu gpu = Emulated.driver().gpu(0);
    try (Context context = gpu.open();
        Arena arena = Arena.ofConfined()) {
      var stream = context.stream();
      Kernels kernels =
          new Kernels(
              context.module("kernels.so", Emulated.image("kernels.so", arena)),
              gpu,
              stream,
              "_bf16");
      OwnLinears linears = new OwnLinears(context, stream, kernels, DType.BF16, Switches.NONE);
      assertThat(linears.mostBlocks()).isEqualTo(each * kernels.multiprocessors());
    }
  }

  @Test
  void a_lane_has_the_same_sums_alone_and_among_others_where_one_block_fits() throws Throwable {
    environment(SHARED, "100");
    int rows = 136;
    int columns = 2056;
    try (Twins twins = new Twins(DType.BF16)) {
      Twins.Pair<Weights> weights = twins.weights(DType.BF16, rows, columns);
      Twins.Pair<Buffer> x = twins.operand(64, columns);
      float[] alone = null;
      for (int n : new int[] {1, 9, 17, 33, 64}) {
        Buffer out = twins.cuda.buffer(64, rows);
        Lanes lanes = twins.lanes(IntStream.range(0, n).toArray()).cuda();
        Ops.linear(twins.cuda, lanes, x.cuda(), weights.cuda(), out);
        float[] first = twins.cuda.read(out, 0);
        alone = alone == null ? first : alone;
        assertThat(first).as("among %d", n).isEqualTo(alone);
      }
    }
  }
}

package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import muninn.cuda.Context;
import muninn.cuda.Emulated;
import muninn.cuda.Gpu;
import muninn.cuda.Stream;
import muninn.kernels.Ceilings;
import muninn.kernels.DType;
import org.junit.jupiter.api.Test;

class CudaCeilingsTest {
  private final List<GemmShape> multiplied = new ArrayList<>();
  private boolean closed;

  @Test
  void aMatrixLibrarysLargeProductIsACeilingToo() {
    Gpu gpu = Emulated.driver().gpu(0);
    try (Context context = gpu.open();
        Arena arena = Arena.ofConfined()) {
      Stream stream = context.stream();
      var module = context.module("kernels.so", Emulated.image("kernels.so", arena));
      Kernels kernels = new Kernels(module, gpu, stream, "_bf16");
      long free = context.memory().freeBytes();
      try (Ceilings ceilings =
          new CudaCeilings(
              context, stream, kernels, DType.BF16, 9 << 20, Optional.of(library(context)))) {
        Ceilings.Load product = ceilings.loads().getLast();
        product.run().run();

        // The largest side, a multiple of 256, whose square takes no more than its share of 9 MiB.
        assertThat(product.name()).isEqualTo("cuSome 1.0, 512 × 512 × 512");
        assertThat(product.amount()).isEqualTo(2L * 512 * 512 * 512);
        assertThat(multiplied).containsExactly(GemmShape.of(512, 512, 512));
      }
      assertThat(closed).isTrue();
      assertThat(context.memory().freeBytes()).isEqualTo(free);
    }
  }

  private Gemm library(Context context) {
    return new Gemm() {
      @Override
      public String name() {
        return "cuSome 1.0";
      }

      @Override
      public void prepare(GemmShape shape) {}

      @Override
      public void multiply(GemmShape shape, long x, long w, long addend, long out) {
        GemmShape.requireAligned(x, w, addend, out);
        context.synchronize(); // what fills the operands has run, and read nothing foreign
        multiplied.add(shape);
      }

      @Override
      public void close() {
        closed = true;
      }
    };
  }
}

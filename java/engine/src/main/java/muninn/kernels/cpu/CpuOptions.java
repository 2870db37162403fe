package muninn.kernels.cpu;

import java.nio.file.Path;
import java.util.Optional;
import muninn.kernels.DType;
import muninn.kernels.Format;

/**
 * How a CPU device computes.
 *
 * @param threads worker threads; 0 takes all cores
 * @param dtype {@link DType#F32}: operands of products are float32, weights as they are stored;
 *     {@link DType#BF16}: both are rounded to bfloat16. Sums, scores, the residual stream and
 *     logits are float32 in both
 * @param kv what keys and values are kept in; none: what operands are
 * @param natives the folder where {@link CompiledCode} was built, if it was; none: Java's own loops
 */
public record CpuOptions(int threads, DType dtype, Optional<Format> kv, Optional<Path> natives) {
  public CpuOptions {
    if (dtype == DType.F16) {
      throw new IllegalArgumentException("the CPU computes in float32 or bfloat16");
    }
  }

  /** Float32 throughout. */
  public static CpuOptions of(int threads) {
    return new CpuOptions(threads, DType.F32, Optional.empty(), Optional.empty());
  }
}

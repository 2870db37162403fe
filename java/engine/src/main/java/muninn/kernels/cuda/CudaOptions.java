package muninn.kernels.cuda;

import java.util.Optional;
import muninn.kernels.DType;
import muninn.kernels.Format;

/**
 * How a CUDA device computes.
 *
 * @param dtype {@link DType#F32} or {@link DType#BF16}: the type of weights and of what products
 *     read; sums, scores, the residual stream and logits are float32 in both
 * @param kv what keys and values are kept in; none: the same type
 * @param memoryUtilization share of the GPU's memory that the engine may fill, above 0 to 1
 * @param deterministic whether a lane's result must not depend on how many lanes share its tick,
 *     beyond 64 lanes too
 * @param gemm who multiplies more than 64 lanes: {@code auto}, {@code own}, {@code cublaslt},
 *     {@code jcublas}
 * @param kernels variants to take whatever the lanes, such as {@code linear_add=n16}; empty: the
 *     device's own choice
 */
public record CudaOptions(
    DType dtype,
    Optional<Format> kv,
    double memoryUtilization,
    boolean deterministic,
    String gemm,
    String kernels) {

  public CudaOptions {
    if (dtype == DType.F16) {
      throw new IllegalArgumentException("a CUDA device computes in float32 or bfloat16");
    }
  }
}

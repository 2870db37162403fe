// Codes made numbers once, for a matrix library that multiplies many lanes and knows no codes: the bfloat16 numbers that
// products of codes (linear.cu) make of them on their way.
#include "rows.cuh"
#include "weights.cuh"

namespace {

// Eight columns a thread, grid (columns / 8 / blockDim, rows or as many as there may be). out [rows, columns]; moves the
// weights once, and 2 · rows · columns bytes.
template <class Weights>
__device__ void decode(const Weights& weights, int rows, bf16* out) {
  gridDependencyLaunch();
  gridDependencyWait();  // what read the numbers that were there before has ended
  const int column = 8 * (blockIdx.x * blockDim.x + threadIdx.x);
  if (column >= weights.columns) return;
  for (int row = blockIdx.y; row < rows; row += gridDim.y) {
    const auto stored = *weights.at(row, column);
    *reinterpret_cast<uint4*>(out + static_cast<size_t>(row) * weights.columns + column) =
        weights.load8(stored, row, column).v;
  }
}

}  // namespace

#define DECODE_KERNEL(FORMAT, ENCODING)                                                        \
  using ENCODING##Weights = CodedWeights<ENCODING##Codes, bf16>;                               \
  KERNEL(decode_##FORMAT, ENCODING##Weights weights, int rows, bf16* out) {                    \
    TIMELINE;                                                                                  \
    decode(weights, rows, out);                                                                \
  }
DECODE_KERNEL(int8, Int8)
DECODE_KERNEL(int4, Int4)
DECODE_KERNEL(fp8, Fp8)

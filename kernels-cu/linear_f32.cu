// Products of float32 weights with lanes, for parity with the CPU: each is one chain of fused multiply-adds over the
// columns in order, from zero, or of codes as kernels.cpu.CodedPanel sums them, so results are the CPU's to the bit whatever the launch.
// Bytes moved: rows · columns · 4 of W once for each 64 lanes, 32 bytes of a row at a time, the next ones from L1.
#include "abi.cuh"
#include "epilogues.cuh"

namespace {

// LANES: lanes a warp, BESIDE: warps on the same rows with other lanes, of WARPS in a block. A thread has a pair of rows
// and LANES lanes. Grid: (lanes / (LANES · BESIDE), pairs / (32 · WARPS / BESIDE)).
template <int LANES, int BESIDE, int WARPS, class Source, class Weights, class Epilogue>
__device__ void multiply(const Lanes& lanes, const Source& source, const Weights& weights, const Epilogue& epilogue) {
  gridDependencyLaunch();
  gridDependencyWait();
  const int warp = threadIdx.x / 32;
  const int pair = (blockIdx.y * (WARPS / BESIDE) + warp / BESIDE) * 32 + threadIdx.x % 32;
  const int lane = (blockIdx.x * BESIDE + warp % BESIDE) * LANES;
  const int live = min(lanes.count() - lane, LANES);
  if (pair >= epilogue.pairs() || live <= 0) return;

  const int first = epilogue.first(pair), second = epilogue.second(pair);
  const auto* const firstRow = weights.at(first, 0);
  const auto* const secondRow = weights.at(second, 0);
  int rows[LANES];
  float2 sums[LANES];
#pragma unroll
  for (int m = 0; m < LANES; m++) {
    rows[m] = source.row(lanes, lane + min(m, live - 1));
    sums[m] = make_float2(0, 0);
  }
  // Each group of columns that share a scale is a chain by itself.
  for (int column = 0; column < weights.columns;) {
    const int begin = column, end = weights.groupEnd(column);
    float2 parts[LANES] = {};
    // of eight columns, the first four, then the others
    const auto add = [&](int at, float4 a, float4 b) {
#pragma unroll
      for (int m = 0; m < LANES; m++) {
        if (m >= live) break;
        const float4 x = *reinterpret_cast<const float4*>(source.at(rows[m], at));
        float2& part = parts[m];
        part.x = fmaf(a.w, x.w, fmaf(a.z, x.z, fmaf(a.y, x.y, fmaf(a.x, x.x, part.x))));
        part.y = fmaf(b.w, x.w, fmaf(b.z, x.z, fmaf(b.y, x.y, fmaf(b.x, x.x, part.y))));
      }
    };
#pragma unroll 2
    for (; column < end; column += 8) {
      const Eight<float> a = weights.numbers8(firstRow[column / 8], first, column);
      const Eight<float> b = weights.numbers8(secondRow[column / 8], second, column);
      add(column, a.low(), b.low());
      add(column + 4, a.high(), b.high());
    }
#pragma unroll
    for (int m = 0; m < LANES; m++) {
      sums[m].x = weights.scaled(parts[m].x, first, begin, sums[m].x);
      sums[m].y = weights.scaled(parts[m].y, second, begin, sums[m].y);
    }
  }
#pragma unroll
  for (int m = 0; m < LANES; m++) {
    if (m < live) put(epilogue, lanes, lane + m, pair, sums[m].x, sums[m].y);
  }
}

}  // namespace

// The kernels for at most so many lanes a tile, and a block's threads and pairs. Parameters: see epilogues.cuh.
#define LINEAR_KERNELS(NAME, FORMAT, WEIGHTS, LANES, BESIDE, WARPS)                                                                     \
  KERNEL_BOUNDS(linear_store_##NAME##_##FORMAT, 32 * WARPS, 1, Lanes lanes, const float* x, WEIGHTS weights,          \
                float* out, int rows, int byRow) {                                                                     \
    TIMELINE;                                                                                                          \
    multiply<LANES, BESIDE, WARPS>(lanes, Rows<float>{x, weights.columns}, weights, Store(rows, out, byRow));          \
  }                                                                                                                    \
  KERNEL_BOUNDS(linear_add_##NAME##_##FORMAT, 32 * WARPS, 1, Lanes lanes, const float* x, WEIGHTS weights,      \
                const float* residual, float* out, int rows) {                                                         \
    TIMELINE;                                                                                                          \
    multiply<LANES, BESIDE, WARPS>(lanes, Rows<float>{x, weights.columns}, weights, Add(rows, residual, out));         \
  }                                                                                                                    \
  KERNEL_BOUNDS(linear_swiglu_##NAME##_##FORMAT, 32 * WARPS, 1, Lanes lanes, const float* x, WEIGHTS weights,   \
                float* out, int outColumns) {                                                                          \
    TIMELINE;                                                                                                          \
    multiply<LANES, BESIDE, WARPS>(lanes, Rows<float>{x, weights.columns}, weights, Swiglu<float>{outColumns, out});   \
  }                                                                                                                    \
  KERNEL_BOUNDS(linear_qkv_##NAME##_##FORMAT, 32 * WARPS, 1, Lanes lanes, const float* x, WEIGHTS weights,      \
                int queries, const float* bias, const float* rope, Sequences sequences, KvCache<float> cache, Slot slot,\
                float* q) {                                                                                            \
    TIMELINE;                                                                                                          \
    multiply<LANES, BESIDE, WARPS>(lanes, Rows<float>{x, weights.columns}, weights,                                    \
                                   QueryKeyValue<KvCache<float>>(queries, bias, rope, sequences, cache, slot, q));              \
  }                                                                                                                    \
  KERNEL_BOUNDS(linear_adapter_##NAME##_##FORMAT, 32 * WARPS, 1, Lanes lanes, const float* s, const float* e,               \
                WEIGHTS weights, float* out, int rows, int byRow) {                                        \
    TIMELINE;                                                                                              \
    multiply<LANES, BESIDE, WARPS>(lanes, Joined<float>{s, e, weights.columns / 2}, weights, Store(rows, out, byRow)); \
  }

#define LINEAR_FORMAT(FORMAT, WEIGHTS)          \
  LINEAR_KERNELS(1, FORMAT, WEIGHTS, 1, 1, 2)   \
  LINEAR_KERNELS(8, FORMAT, WEIGHTS, 4, 2, 2)   \
  LINEAR_KERNELS(64, FORMAT, WEIGHTS, 8, 8, 8)

using Int8Weights = CodedWeights<Int8Codes, float>;
using Int4Weights = CodedWeights<Int4Codes, float>;
using Fp8Weights = CodedWeights<Fp8Codes, float>;

LINEAR_FORMAT(f32, PlainWeights<float>)
LINEAR_FORMAT(int8_f32, Int8Weights)
LINEAR_FORMAT(int4_f32, Int4Weights)
LINEAR_FORMAT(fp8_f32, Fp8Weights)

constexpr int THREADS_1 = 32 * 2, PAIRS_1 = 32 * 2 / 1;
constexpr int THREADS_8 = 32 * 2, PAIRS_8 = 32 * 2 / 2;
constexpr int THREADS_64 = 32 * 8, PAIRS_64 = 32 * 8 / 8;

ABI(linear_f32, ABI_VALUE(THREADS_1), ABI_VALUE(PAIRS_1), ABI_VALUE(THREADS_8), ABI_VALUE(PAIRS_8), ABI_VALUE(THREADS_64),
    ABI_VALUE(PAIRS_64))

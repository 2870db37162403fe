// Root-mean-square norms (Zhang & Sennrich 2019): one block a lane, which reads its row once and keeps it in registers.
// Huginn's core step waits for 12 such launches, so what counts is latency: weights and the lane table, which no kernel
// writes, are read before the predecessor has ended, and there is one barrier a norm.
//
// Kernels end in the device's element type T. With float every sum is Norms.java's to the bit. With bfloat16 it is a tree
// whose shape depends on d alone: at d = 5280 it has 26 dependent additions where that order has 176.
#include "abi.cuh"
#include "tables.cuh"

namespace {

constexpr int THREADS = 1024;  // at most
constexpr int WARPS = THREADS / 32;
constexpr int HELD = 3;  // vectors of four that a thread keeps: rows of up to 12288

// Registers of a thread, so that the 448 of Huginn's row fit a multiprocessor beside two blocks of a product with 80
// (linear.cu): a norm that begins early must not wait until one of these has ended, and nor must the product behind it.
// build.sh adds them up. Where nothing begins early there is no need, and not quite room.
#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ == 900 || __CUDA_ARCH__ == 1000)
constexpr int REGISTERS = 48;
#else
constexpr int REGISTERS = 64;
#endif

// A thread's share of a row: vectors threadIdx.x + k · blockDim.x.
struct Share {
  float4 v[HELD];
};

__device__ int vectorAt(int k) { return threadIdx.x + k * blockDim.x; }

template <class T>
__device__ Share load(const T* row, int d) {
  Share share;
#pragma unroll
  for (int k = 0; k < HELD; k++) {
    share.v[k] = make_float4(0, 0, 0, 0);
    if (4 * vectorAt(k) < d) share.v[k] = load4(row + 4 * vectorAt(k));
  }
  return share;
}

__device__ void keep(const Share& share) {
#pragma unroll
  for (int k = 0; k < HELD; k++) keepLoaded(share.v[k]);
}

template <class T>
__device__ void store(T* row, const Share& share, int d) {
#pragma unroll
  for (int k = 0; k < HELD; k++) {
    if (4 * vectorAt(k) < d) store4(row + 4 * vectorAt(k), share.v[k]);
  }
}

// Norms.java's sum of squares: 32 interleaved partial sums, folded to 8 from the left, these added up one by one. One
// warp does it, a partial sum a lane, over a row that the block can see. What it leaves is there after a barrier.
__device__ void sumInOrder(const float* row, int d, float* sum) {
  if (threadIdx.x >= 32) return;
  const int j = threadIdx.x;
  const int grouped = d / 32 * 32;
  float partial = 0;
#pragma unroll 8
  for (int i = j; i < grouped; i += 32) partial = __fadd_rn(partial, __fmul_rn(row[i], row[i]));
  for (int i = grouped + j; j < 8 && i < d; i += 8) partial = __fadd_rn(partial, __fmul_rn(row[i], row[i]));
  const float second = __shfl_down_sync(0xffffffffu, partial, 8);
  const float third = __shfl_down_sync(0xffffffffu, partial, 16);
  const float fourth = __shfl_down_sync(0xffffffffu, partial, 24);
  partial = __fadd_rn(__fadd_rn(__fadd_rn(partial, second), third), fourth);
  float total = 0;
#pragma unroll
  for (int k = 0; k < 8; k++) total = __fadd_rn(total, __shfl_sync(0xffffffffu, partial, k));
  if (j == 0) *sum = total;
}

// 1 / rms of the row that the block holds, in every thread.
// row: the same in memory, written before; partial: shared, WARPS of them, used once
template <class T>
__device__ float inverse(const Share& x, const float* row, int d, float eps, float* partial) {
  if constexpr (sizeof(T) == sizeof(float)) {
    sumInOrder(row, d, partial);
    __syncthreads();
    return __fdiv_rn(1.0f, __fsqrt_rn(__fadd_rn(__fdiv_rn(partial[0], static_cast<float>(d)), eps)));
  } else {
    float sum = 0;
#pragma unroll
    for (int k = 0; k < HELD; k++) {
      const float4 v = x.v[k];
      sum = fmaf(v.x, v.x, fmaf(v.y, v.y, fmaf(v.z, v.z, fmaf(v.w, v.w, sum))));
    }
    sum = warpSum(sum);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
    __syncthreads();
    sum = warpSum(threadIdx.x % 32 < blockDim.x / 32 ? partial[threadIdx.x % 32] : 0.0f);
    return rsqrtf(fmaf(sum, __fdividef(1.0f, d), eps));
  }
}

__device__ Share scaled(const Share& x, float scale, const Share& weight) {
  Share out;
#pragma unroll
  for (int k = 0; k < HELD; k++) {
    const float4 v = x.v[k];
    const float4 w = weight.v[k];
    out.v[k] = make_float4(v.x * scale * w.x, v.y * scale * w.y, v.z * scale * w.z, v.w * scale * w.w);
  }
  return out;
}

// A share's sum with a row's, which may be what is stored to next.
__device__ Share plus(const Share& share, const float* row, int d) {
  Share sum;
#pragma unroll
  for (int k = 0; k < HELD; k++) {
    const float4 v = share.v[k];
    float4 r = make_float4(0, 0, 0, 0);
    if (4 * vectorAt(k) < d) r = load4(row + 4 * vectorAt(k));
    sum.v[k] = make_float4(__fadd_rn(v.x, r.x), __fadd_rn(v.y, r.y), __fadd_rn(v.z, r.z), __fadd_rn(v.w, r.w));
  }
  return sum;
}

// out[m] = rms(x[m]) · weight, plus residual[m] where that is not null; x and out by place or by row. Moves a row in, a
// row out, 4d bytes of weights, and a residual's row.
// x [≥n or rows, d], weight [d], residual [≥n, d], out [≥n or rows, d]; d a multiple of 4
template <class T, class In, class Out>
__device__ void norm(Lanes lanes, const In* x, int xByRow, const float* weight, float eps, const float* residual, Out* out,
                     int outByRow, int d) {
  SHARED(float[WARPS], partial);
  gridDependencyLaunch();
  const Share w = load(weight, d);
  keep(w);
  const int m = blockIdx.x;
  const bool live = m < lanes.count();
  const int row = live ? lanes.row(m) : 0;
  const In* from = rowOf(x, xByRow ? row : m, d);
  Out* to = rowOf(out, outByRow ? row : m, d);
  gridDependencyWait();
  if (!live) return;
  const Share held = load(from, d);
  // Only float devices sum from memory, and there every row is float.
  const float scale = inverse<T>(held, reinterpret_cast<const float*>(from), d, eps, partial);
  const Share normed = scaled(held, scale, w);
  store(to, residual ? plus(normed, rowOf(residual, m, d), d) : normed, d);
}

// Norms a part of each row in place: d columns from one on, of rows of `pitch`; moves the part twice, 4d bytes of weights.
// x [≥n, pitch], weight [d]; d, column and pitch multiples of 4
template <class T>
__device__ void normPart(Lanes lanes, float* x, int pitch, int column, const float* weight, float eps, int d) {
  SHARED(float[WARPS], partial);
  gridDependencyLaunch();
  const Share w = load(weight, d);
  keep(w);
  const int m = blockIdx.x;
  float* const row = rowOf(x, m, pitch) + column;
  gridDependencyWait();
  if (m >= lanes.count()) return;
  const Share held = load(row, d);
  store(row, scaled(held, inverse<T>(held, row, d, eps, partial), w), d);
}

// x[m] = rms(y[m]) · after, plus residual[m] where that is not null; out[m] = rms(x[m]) · before. Moves 8d bytes and an
// operand's row, 8d of weights, and a residual's row.
// y, residual, x [≥n, d], after, before [d], out [≥n, d]
template <class T>
__device__ void normNorm(Lanes lanes, const float* y, const float* after, float afterEps, const float* residual, float* x,
                         const float* before, float beforeEps, T* out, int d) {
  SHARED(float[2][WARPS], partial);
  gridDependencyLaunch();
  const Share outer = load(after, d);
  const Share inner = load(before, d);
  keep(outer);
  keep(inner);
  const int m = blockIdx.x;
  const bool live = m < lanes.count();
  gridDependencyWait();
  if (!live) return;
  const Share held = load(rowOf(y, m, d), d);
  Share middle = scaled(held, inverse<T>(held, rowOf(y, m, d), d, afterEps, partial[0]), outer);
  if (residual) middle = plus(middle, rowOf(residual, m, d), d);
  store(rowOf(x, m, d), middle, d);
  if (sizeof(T) == sizeof(float)) __syncthreads();  // the sum reads x from memory
  store(rowOf(out, m, d), scaled(middle, inverse<T>(middle, rowOf(x, m, d), d, beforeEps, partial[1]), inner), d);
}

}  // namespace

// Named by what they read and write, float32 or operands of the type that ends the name.
#define NORM_KERNEL(NAME, T, IN, OUT)                                                                                 \
  KERNEL_REGISTERS(NAME, REGISTERS, Lanes lanes, const IN* x, int xByRow, const float* weight, float eps,               \
                const float* residual, OUT* out, int outByRow, int d) {                                               \
    TIMELINE;                                                                                                         \
    norm<T>(lanes, x, xByRow, weight, eps, residual, out, outByRow, d);                                               \
  }

NORM_KERNEL(norm_float_float_f32, float, float, float)
NORM_KERNEL(norm_float_float_bf16, bf16, float, float)
NORM_KERNEL(norm_float_operand_bf16, bf16, float, bf16)
NORM_KERNEL(norm_operand_float_bf16, bf16, bf16, float)
NORM_KERNEL(norm_operand_operand_bf16, bf16, bf16, bf16)

KERNEL_BOUNDS(norm_norm_f32, THREADS, 1, Lanes lanes, const float* y, const float* after, float afterEps,
              const float* residual, float* x, const float* before, float beforeEps, float* out, int d) {
  TIMELINE;
  normNorm(lanes, y, after, afterEps, residual, x, before, beforeEps, out, d);
}
KERNEL_REGISTERS(norm_norm_bf16, REGISTERS, Lanes lanes, const float* y, const float* after, float afterEps,
              const float* residual, float* x, const float* before, float beforeEps, bf16* out, int d) {
  TIMELINE;
  normNorm(lanes, y, after, afterEps, residual, x, before, beforeEps, out, d);
}

KERNEL_BOUNDS(norm_part_f32, THREADS, 1, Lanes lanes, float* x, int pitch, int column, const float* weight, float eps,
              int d) {
  TIMELINE;
  normPart<float>(lanes, x, pitch, column, weight, eps, d);
}
KERNEL_REGISTERS(norm_part_bf16, REGISTERS, Lanes lanes, float* x, int pitch, int column, const float* weight, float eps,
              int d) {
  TIMELINE;
  normPart<bf16>(lanes, x, pitch, column, weight, eps, d);
}

ABI(norms, ABI_VALUE(THREADS), ABI_VALUE(HELD))

// What exit rules go by: how far a lane's latent moved, what a trained gate says of it, and how far its prediction
// moved; kernels.cpu.Measures is the twin.
// Sums are float32 within a warp's share and double beyond, since a divergence worth stopping at is a small difference
// of large numbers. Results go to pinned host memory.
#include "abi.cuh"
#include "maths.cuh"
#include "tables.cuh"

namespace {

constexpr int LATENT_WARPS = 16;
constexpr int THREADS = 256;
constexpr int WARPS = THREADS / 32;
constexpr int SPLITS = 64;     // most pieces of a row of logits
constexpr float MIN_P = 0.1f;  // least share of the largest probability that the min-p filter keeps

struct LatentResult {
  float moved;   // ‖s − previous‖
  float change;  // ‖s − previous‖ / ‖s‖
  float cosine;  // 1 − cos(s, previous)
};

// results[m] = how far s[row(m)] is from previous[row(m)], which then becomes it; a block a lane. Moves a row of T
// three times.
// s, previous [rows, d], results [≥n]; d a multiple of 4
template <class T>
__device__ void latent(Lanes lanes, const T* s, T* previous, LatentResult* results, int d) {
  SHARED(float[4][LATENT_WARPS], partial);
  gridDependencyLaunch();
  gridDependencyWait();
  const int m = blockIdx.x;
  if (m >= lanes.count()) return;
  const T* row = rowOf(s, lanes.row(m), d);
  T* before = rowOf(previous, lanes.row(m), d);

  // ‖s‖², ‖previous‖², s · previous, ‖s − previous‖² over the thread's share
  float sums[4] = {0, 0, 0, 0};
  for (int i = 4 * threadIdx.x; i < d; i += 4 * blockDim.x) {
    const float4 now = load4(row + i);
    const float4 then = load4(before + i);
    store4(before + i, now);
    const float a[4] = {now.x, now.y, now.z, now.w};
    const float b[4] = {then.x, then.y, then.z, then.w};
#pragma unroll
    for (int k = 0; k < 4; k++) {
      sums[0] = fmaf(a[k], a[k], sums[0]);
      sums[1] = fmaf(b[k], b[k], sums[1]);
      sums[2] = fmaf(a[k], b[k], sums[2]);
      sums[3] = fmaf(a[k] - b[k], a[k] - b[k], sums[3]);
    }
  }

  // over the block, in the order of its warps
#pragma unroll
  for (int j = 0; j < 4; j++) {
    sums[j] = warpSum(sums[j]);
    if (threadIdx.x % 32 == 0) partial[j][threadIdx.x / 32] = sums[j];
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  double total[4] = {0, 0, 0, 0};
  for (int w = 0; w < blockDim.x / 32; w++) {
    for (int j = 0; j < 4; j++) total[j] += partial[j][w];
  }
  const double length = sqrt(total[0]);
  const double moved = sqrt(total[3]);
  results[m] = {static_cast<float>(moved), static_cast<float>(moved / length),
                static_cast<float>(1.0 - total[2] / length / sqrt(total[1]))};
}

// results[m] = sigmoid(weight · s[row(m)] + bias); a block a lane.
// s [rows, d], weight [d], bias [1], results [≥n]; d a multiple of 4
template <class T>
__device__ void gate(Lanes lanes, const T* s, const float* weight, const float* bias, float* results, int d) {
  SHARED(float[LATENT_WARPS], partial);
  gridDependencyLaunch();
  gridDependencyWait();
  const int m = blockIdx.x;
  if (m >= lanes.count()) return;
  const T* row = rowOf(s, lanes.row(m), d);
  float sum = 0;
  for (int i = 4 * threadIdx.x; i < d; i += 4 * blockDim.x) {
    const float4 a = load4(row + i);
    const float4 w = load4(weight + i);
    sum = fmaf(a.x, w.x, fmaf(a.y, w.y, fmaf(a.z, w.z, fmaf(a.w, w.w, sum))));
  }
  sum = warpSum(sum);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  double total = bias[0];
  for (int w = 0; w < blockDim.x / 32; w++) total += partial[w];
  results[m] = static_cast<float>(1.0 / (1.0 + maths::exp(-static_cast<float>(total))));
}

// A number that orders as logits do, the lower of equal tokens being the larger; 0 stands for no number at all.
__device__ unsigned long long ranked(float logit, int token) {
  const unsigned bits = __float_as_uint(__fadd_rn(logit, 0.0f));  // −0 becomes 0
  const unsigned ordered = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return static_cast<unsigned long long>(ordered) << 32 | ~static_cast<unsigned>(token);
}

__device__ float logitOf(unsigned long long rank) {
  const unsigned ordered = static_cast<unsigned>(rank >> 32);
  if (rank == 0) return __uint_as_float(0xff800000u);  // −∞
  return __uint_as_float(ordered & 0x80000000u ? ordered & 0x7fffffffu : ~ordered);
}

__device__ unsigned long long largest(unsigned long long a, unsigned long long b) { return a < b ? b : a; }

// A piece of a row as a softmax: its largest logit and token, and the sum of e^(logit − that).
struct alignas(16) Piece {
  unsigned long long top;
  double sum;
};

// The piece of `row` from `from` to `to`, in every thread. shared: one of each for each warp, used once
__device__ Piece pieceOf(const float* row, int from, int to, unsigned long long* tops, float* sums) {
  unsigned long long top = 0;
  for (int i = from + threadIdx.x; i < to; i += THREADS) {
    const float logit = row[i];
    if (logit > __uint_as_float(0xff800000u)) top = largest(top, ranked(logit, i));
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) top = largest(top, __shfl_xor_sync(0xffffffffu, top, lanes));
  if (threadIdx.x % 32 == 0) tops[threadIdx.x / 32] = top;
  __syncthreads();
  top = tops[0];
  for (int w = 1; w < WARPS; w++) top = largest(top, tops[w]);

  const float max = logitOf(top);
  float sum = 0;
  for (int i = from + threadIdx.x; i < to; i += THREADS) sum += maths::exp(row[i] - max);
  sum = warpSum(sum);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  __syncthreads();
  double total = 0;
  for (int w = 0; w < WARPS; w++) total += sums[w];
  return {top, total};
}

// A row of logits as a softmax.
struct Softmax {
  float max;
  int argmax;     // −1 where no logit is a number
  double logSum;  // of e^(logit − max)
  double inverse;
};

// pieces: of one row, in order
__device__ Softmax whole(const Piece* pieces, int count) {
  unsigned long long top = 0;
  for (int i = 0; i < count; i++) top = largest(top, pieces[i].top);
  const float max = logitOf(top);
  double sum = 0;
  for (int i = 0; i < count; i++) sum += pieces[i].sum * maths::exp(logitOf(pieces[i].top) - max);
  const bool number = top != 0 && sum > 0;  // else there is a NaN
  const double notANumber = __longlong_as_double(0x7ff8000000000000LL);
  return {max, top == 0 ? -1 : static_cast<int>(~static_cast<unsigned>(top)), number ? maths::log(sum) : notANumber,
          number ? 1.0 / sum : notANumber};
}

// What the divergences sum over tokens; see kernels.cpu.Measures.
enum Sum { KL, ENTROPY, FILTERED_KL, FILTERED_BEFORE, FILTERED_NOW, SUMS };

struct alignas(16) OutputResult {
  float kl;
  float minpKl;
  float entropy;
  int argmax;
};

}  // namespace

KERNEL(measures_latent_f32, Lanes lanes, const float* s, float* previous, LatentResult* results, int d) {
  TIMELINE;
  latent(lanes, s, previous, results, d);
}
KERNEL(measures_latent_bf16, Lanes lanes, const bf16* s, bf16* previous, LatentResult* results, int d) {
  TIMELINE;
  latent(lanes, s, previous, results, d);
}

KERNEL(measures_gate_f32, Lanes lanes, const float* s, const float* weight, const float* bias, float* results, int d) {
  TIMELINE;
  gate(lanes, s, weight, bias, results, d);
}
KERNEL(measures_gate_bf16, Lanes lanes, const bf16* s, const float* weight, const float* bias, float* results, int d) {
  TIMELINE;
  gate(lanes, s, weight, bias, results, d);
}

// Pieces of `step` logits of previous[row(m)] and logits[m], or logits[row(m)] where they are by row, for
// measures_output; grid (lanes, pieces). Moves 8V bytes a lane.
// logits [≥n, V], previous [rows, V], pieces [≥n, 2, SPLITS]
KERNEL_BOUNDS(measures_pieces, THREADS, 4, Lanes lanes, const float* logits, int byRow, const float* previous,
              Piece* pieces, int vocabulary, int step) {
  TIMELINE;
  SHARED(unsigned long long[2][WARPS], tops);
  SHARED(float[2][WARPS], sums);
  gridDependencyLaunch();
  gridDependencyWait();
  const int m = blockIdx.x;
  if (m >= lanes.count()) return;
  const int from = blockIdx.y * step;
  const int to = min(from + step, vocabulary);
  const Piece before = pieceOf(rowOf(previous, lanes.row(m), vocabulary), from, to, tops[0], sums[0]);
  const Piece now = pieceOf(rowOf(logits, byRow ? lanes.row(m) : m, vocabulary), from, to, tops[1], sums[1]);
  if (threadIdx.x == 0) {
    pieces[2 * SPLITS * m + blockIdx.y] = before;
    pieces[2 * SPLITS * m + SPLITS + blockIdx.y] = now;
  }
}

// results[m] = how far logits[m] is from previous[row(m)], which then becomes it; grid as before, and the last block of
// a lane adds up what all of them found, in order. Moves 12V bytes a lane.
// partial [≥n, SPLITS, SUMS]; arrived [≥n], 0 before and after; the rest as before
KERNEL_BOUNDS(measures_output, THREADS, 4, Lanes lanes, const float* logits, int byRow, float* previous,
              const Piece* pieces, double* partial, int* arrived, OutputResult* results, int vocabulary, int step) {
  TIMELINE;
  SHARED(Softmax[2], softmax);
  SHARED(float[SUMS][WARPS], sums);
  SHARED(bool, last);
  gridDependencyLaunch();
  gridDependencyWait();
  const int m = blockIdx.x;
  if (m >= lanes.count()) return;
  if (threadIdx.x % 32 == 0 && threadIdx.x / 32 < 2) {
    softmax[threadIdx.x / 32] = whole(pieces + SPLITS * (2 * m + threadIdx.x / 32), gridDim.y);
  }
  __syncthreads();
  const Softmax before = softmax[0];
  const Softmax now = softmax[1];
  const float inverseBefore = static_cast<float>(before.inverse);
  const float inverseNow = static_cast<float>(now.inverse);
  // log probabilities against that of one token of V, were all alike
  const double logSize = maths::log(static_cast<double>(vocabulary));
  const float aboveBefore = static_cast<float>(before.logSum - logSize);
  const float aboveNow = static_cast<float>(now.logSum - logSize);
  const float between = static_cast<float>(before.logSum - now.logSum);
  const float share = 1.0f / vocabulary;

  // the thread's tokens
  float own[SUMS] = {0, 0, 0, 0, 0};
  float* then = rowOf(previous, lanes.row(m), vocabulary);
  const float* row = rowOf(logits, byRow ? lanes.row(m) : m, vocabulary);
  const int to = min((blockIdx.y + 1) * step, vocabulary);
  for (int i = blockIdx.y * step + threadIdx.x; i < to; i += THREADS) {
    const float a = then[i] - before.max;
    const float b = row[i] - now.max;
    then[i] = row[i];
    const float p = maths::exp(a);
    const float q = maths::exp(b);
    own[KL] = fmaf(p, a - b - between, own[KL]);
    own[ENTROPY] = fmaf(q, b, own[ENTROPY]);
    const bool keptBefore = !(p < MIN_P);  // a NaN is kept, to be seen in the sum
    const bool keptNow = !(q < MIN_P);
    const float filtered = keptBefore ? p * inverseBefore : share;
    const float ratio = keptBefore ? (keptNow ? a - b - between : a - aboveBefore) : (keptNow ? aboveNow - b : 0.0f);
    own[FILTERED_KL] = fmaf(filtered, ratio, own[FILTERED_KL]);
    own[FILTERED_BEFORE] += filtered;
    own[FILTERED_NOW] += keptNow ? q * inverseNow : share;
  }

  // the block's
#pragma unroll
  for (int j = 0; j < SUMS; j++) {
    own[j] = warpSum(own[j]);
    if (threadIdx.x % 32 == 0) sums[j][threadIdx.x / 32] = own[j];
  }
  __syncthreads();
  double* const all = partial + static_cast<long long>(m) * SPLITS * SUMS;
  if (threadIdx.x < SUMS) {
    double sum = 0;
    for (int w = 0; w < WARPS; w++) sum += sums[threadIdx.x][w];
    all[blockIdx.y * SUMS + threadIdx.x] = sum;
  }
  __syncthreads();

  // the lane's
  if (threadIdx.x == 0) last = atomicAddAcquireRelease(arrived + m, 1) == gridDim.y - 1;
  __syncthreads();
  if (!last || threadIdx.x != 0) return;
  arrived[m] = 0;
  double total[SUMS] = {0, 0, 0, 0, 0};
  for (int i = 0; i < gridDim.y; i++) {
    for (int j = 0; j < SUMS; j++) total[j] += __ldcg(all + i * SUMS + j);
  }
  results[m] = {static_cast<float>(total[KL] * before.inverse),
                static_cast<float>(total[FILTERED_KL] / total[FILTERED_BEFORE] -
                                   (maths::log(total[FILTERED_BEFORE]) - maths::log(total[FILTERED_NOW]))),
                static_cast<float>(now.logSum - total[ENTROPY] * now.inverse), now.argmax};
}

constexpr int LATENT_THREADS = 32 * LATENT_WARPS;

ABI(measures, ABI_VALUE(LATENT_THREADS), ABI_VALUE(THREADS), ABI_VALUE(SPLITS), ABI_VALUE(SUMS), ABI_STRUCT(Piece),
    ABI_STRUCT(LatentResult), ABI_FIELD(LatentResult, moved), ABI_FIELD(LatentResult, change),
    ABI_FIELD(LatentResult, cosine), ABI_STRUCT(OutputResult), ABI_FIELD(OutputResult, kl),
    ABI_FIELD(OutputResult, minpKl), ABI_FIELD(OutputResult, entropy), ABI_FIELD(OutputResult, argmax))

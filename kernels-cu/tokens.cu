// What opens a position, and what moves rows between a tick's scratch (row m) and the buffers that outlive it (row(m)).
// All of it moves a few rows a lane; a block takes a piece of one lane's row.
#include "philox.cuh"
#include "tables.cuh"
#include "weights.cuh"

namespace {

// x[m] = embedding[token(m)] · scale, recorded in the sequence, whose KV at the position is forgotten; moves a row of
// weights in and 4d bytes out.
// embedding [V, d], sampled [rows], x [≥n, d] by place
template <class Weights>
__device__ void embed(Lanes lanes, const Weights& embedding, float scale, const int* sampled, Sequences sequences,
                      float* x) {
  gridDependencyLaunch();
  gridDependencyWait();
  const int m = blockIdx.x;
  if (m >= lanes.count()) return;
  const int named = lanes.token(m);
  const int token = named >= 0 ? named : sampled[~named];
  if (blockIdx.y == 0 && threadIdx.x == 0) {
    const int position = lanes.position(m);
    sequences.historyOf(lanes.sequence(m))[position] = token;
    sequences.reachedOf(lanes.sequence(m))[position] = -1;
  }
  const auto scaled = [&](float4 v) { return make_float4(v.x * scale, v.y * scale, v.z * scale, v.w * scale); };
  const int d = embedding.columns;
  for (int i = 8 * (blockIdx.y * blockDim.x + threadIdx.x); i < d; i += 8 * gridDim.y * blockDim.x) {
    const auto v = embedding.load8(*embedding.at(token, i), token, i);
    store4(rowOf(x, m, d) + i, scaled(v.low()));
    store4(rowOf(x, m, d) + i + 4, scaled(v.high()));
  }
}

// s[row(m)] = the initial latent, drawn for (seed, position, element): deviation · initScale · factor times a normal
// number cut at ±3, one Philox block for four; zero where that is 0. Moves a row of T out.
// s [rows, d]
template <class T>
__device__ void initialState(Lanes lanes, float deviation, float factor, Sequences sequences, T* s, int d) {
  gridDependencyLaunch();
  gridDependencyWait();
  const int m = blockIdx.x;
  if (m >= lanes.count()) return;
  const Parameters& parameters = sequences.parameters[lanes.sequence(m)];
  const float scale = deviation * parameters.initScale;
  const uint64_t seed = parameters.seed;
  const int position = lanes.position(m);
  T* row = rowOf(s, lanes.row(m), d);
  for (int i = 4 * (blockIdx.y * blockDim.x + threadIdx.x); i < d; i += 4 * gridDim.y * blockDim.x) {
    float4 v = make_float4(0, 0, 0, 0);
    if (scale != 0) {
      const uint4 words = philox::words(seed, philox::LATENT, position, i / 4);
      v.x = philox::truncatedNormal(words.x) * scale * factor;
      v.y = philox::truncatedNormal(words.y) * scale * factor;
      v.z = philox::truncatedNormal(words.z) * scale * factor;
      v.w = philox::truncatedNormal(words.w) * scale * factor;
    }
    store4(row + i, v);
  }
}

// to[m] = from[m], by place or by row, in another type; moves a row in and a row out.
// from, to [≥n or rows, d]; d a multiple of 4
template <class From, class To>
__device__ void move(Lanes lanes, const From* from, int fromByRow, To* to, int toByRow, int d) {
  gridDependencyLaunch();
  const int m = blockIdx.x;
  const bool live = m < lanes.count();
  const int row = live ? lanes.row(m) : 0;
  const From* source = rowOf(from, fromByRow ? row : m, d);
  To* target = rowOf(to, toByRow ? row : m, d);
  gridDependencyWait();
  if (!live) return;
  for (int i = 4 * (blockIdx.y * blockDim.x + threadIdx.x); i < d; i += 4 * gridDim.y * blockDim.x) {
    store4(target + i, load4(source + i));
  }
}

__device__ float asFloat(float v) { return v; }
__device__ float asFloat(bf16 v) { return __bfloat162float(v); }
__device__ float asFloat(__half v) { return __half2float(v); }
__device__ void assign(float* to, float v) { *to = v; }
__device__ void assign(bf16* to, float v) { *to = __float2bfloat16_rn(v); }

// to[i] = from[i], in another type; one element a thread, since the bus that fills `from` is slower.
// from, to [n]
template <class From, class To>
__device__ void convert(const From* from, To* to, long long n) {
  gridDependencyLaunch();
  gridDependencyWait();
  const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) assign(to + i, asFloat(from[i]));
}

}  // namespace

#define EMBED_KERNEL(NAME, WEIGHTS)                                                                                  \
  KERNEL(embed_##NAME, Lanes lanes, WEIGHTS embedding, float scale, const int* sampled, Sequences sequences, float* x) { \
    TIMELINE;                                                                                                            \
    embed(lanes, embedding, scale, sampled, sequences, x);                                                            \
  }
using Int8Weights = CodedWeights<Int8Codes, float>;
using Int4Weights = CodedWeights<Int4Codes, float>;
using Fp8Weights = CodedWeights<Fp8Codes, float>;

EMBED_KERNEL(f32, PlainWeights<float>)
EMBED_KERNEL(bf16, PlainWeights<bf16>)
EMBED_KERNEL(int8, Int8Weights)
EMBED_KERNEL(int4, Int4Weights)
EMBED_KERNEL(fp8, Fp8Weights)

KERNEL(initial_state_f32, Lanes lanes, float deviation, float factor, Sequences sequences, float* s, int d) {
  TIMELINE;
  initialState(lanes, deviation, factor, sequences, s, d);
}
KERNEL(initial_state_bf16, Lanes lanes, float deviation, float factor, Sequences sequences, bf16* s, int d) {
  TIMELINE;
  initialState(lanes, deviation, factor, sequences, s, d);
}

#define MOVE_KERNEL(NAME, FROM, TO)                                                                                  \
  KERNEL(NAME, Lanes lanes, const FROM* from, int fromByRow, TO* to, int toByRow, int d) {                            \
    TIMELINE;                                                                                                         \
    move(lanes, from, fromByRow, to, toByRow, d);                                                                     \
  }

MOVE_KERNEL(move_f32_bf16, float, bf16)
MOVE_KERNEL(move_bf16_f32, bf16, float)

// to[m] = from[m], by place or by row, rows of `words` 32-bit words of any one type; moves each twice.
KERNEL(move_words, Lanes lanes, const unsigned* from, int fromByRow, unsigned* to, int toByRow, int words) {
  TIMELINE;
  gridDependencyLaunch();
  gridDependencyWait();
  const int m = blockIdx.x;
  if (m >= lanes.count()) return;
  const int row = lanes.row(m);
  for (int i = blockIdx.y * blockDim.x + threadIdx.x; i < words; i += gridDim.y * blockDim.x) {
    rowOf(to, toByRow ? row : m, words)[i] = rowOf(from, fromByRow ? row : m, words)[i];
  }
}

// to[m] = 0, by place or by row, rows of `words` 32-bit words.
KERNEL(clear, Lanes lanes, unsigned* to, int byRow, int words) {
  TIMELINE;
  gridDependencyLaunch();
  gridDependencyWait();
  const int m = blockIdx.x;
  if (m >= lanes.count()) return;
  for (int i = blockIdx.y * blockDim.x + threadIdx.x; i < words; i += gridDim.y * blockDim.x) {
    rowOf(to, byRow ? lanes.row(m) : m, words)[i] = 0;
  }
}

KERNEL(convert_bf16_f32, const bf16* from, float* to, long long n) { TIMELINE; convert(from, to, n); }
KERNEL(convert_f16_f32, const __half* from, float* to, long long n) { TIMELINE; convert(from, to, n); }
KERNEL(convert_f32_bf16, const float* from, bf16* to, long long n) { TIMELINE; convert(from, to, n); }
KERNEL(convert_f16_bf16, const __half* from, bf16* to, long long n) { TIMELINE; convert(from, to, n); }

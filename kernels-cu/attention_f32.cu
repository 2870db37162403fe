// Attention in float32, for parity: the scores, the softmax and the sums of a split are kernels.cpu.Attention's to the
// bit, so a context of one split is, too.
#include "attention.cuh"

using namespace attention;

namespace {

constexpr int WEIGHTS = SPLIT + 4;  // floats from a lane's weights to the next
constexpr int SOME = 8;             // positions whose values a thread loads at once

using Floats = KvCache<float>::Rows;
using Bytes = PageRows<1>;

// Eight elements of the key in a row of a page, from 8 · i on.
inline __device__ Eight<float> key8(const KvCache<float>& cache, int page, int head, int row, int i) {
  const float* const from = cache.keys(page, head);
  return {load4(from + Floats::at(row, 8 * i)), load4(from + Floats::at(row, 8 * i + 4))};
}
template <class Code>
__device__ Eight<float> key8(const ScaledKv<float, Code>& cache, int page, int head, int row, int i) {
  const unsigned char* const from = cache.keys(page, head) + Bytes::at(row, 8 * i);
  const float scale = cache.keyScales(page, head)[row];
  const auto number = [&](int n) { return Code::decode(from[n]) * scale; };
  return {{number(0), number(1), number(2), number(3)}, {number(4), number(5), number(6), number(7)}};
}

// An element of the value in a row of a page.
inline __device__ float value(const KvCache<float>& cache, int page, int head, int element, int row) {
  return cache.values(page, head)[Floats::at(row, element)];
}
template <class Code>
__device__ float value(const ScaledKv<float, Code>& cache, int page, int head, int element, int row) {
  return Code::decode(cache.values(page, head)[Bytes::at(row, element)]) * cache.valueScales(page, head)[row];
}

// See attention_bf16. Reads 8 · D bytes a position, head and tile.
// q, out [≥n, H, D]; scale 1/√D; run: splits of a block; partials [lanes' splits, H, D + 4], arrivals [tiles, H] zero.
// D: cache.width, a multiple of 8 up to MOST_WIDTH, of which a thread sums the elements thread, thread + THREADS …
template <int MOST_WIDTH, class Kv>
__device__ void attend(const Lanes& lanes, const float* q, const Sequences& sequences, const Kv& cache,
                       const Slot& slot, float scale, float* out, float* partials, int* arrivals, int run) {
  constexpr int OWN = MOST_WIDTH / THREADS;  // elements of a thread
  SHARED(float[TILE][MOST_WIDTH], query);
  SHARED(float[TILE][WEIGHTS], weights);
  SHARED(int[SPLIT], pages);
  SHARED(Softmax[TILE], softmax);
  gridDependencyLaunch();
  const Tile tile(lanes, run, cache.heads, blockIdx.y);  // no kernel writes the lane table
  gridDependencyWait();
  if (tile.count == 0) return;
  const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32;
  const int head = tile.kvHead, d = cache.width;

  int page = pageOf(sequences, slot, tile, tile.begin * SPLIT + thread);
  if (thread < TILE) softmax[thread] = emptySoftmax();
  for (int n = 0; n < tile.count; n++) {
    for (int e = thread; e < d; e += THREADS) query[n][e] = rowOf(q, tile.row(n), d)[e];
  }

  float sums[OWN][TILE] = {};  // of the thread's elements of the head, by column
  // results of lanes that are done here; of the others, what is to be merged
  const auto leave = [&](int at) {
#pragma unroll
    for (int n = 0; n < TILE; n++) {
      if (n >= tile.count || at * SPLIT > tile.position(n)) continue;
      const Partial partial(partials, tile, n, at, d);
      const bool done = tile.blocks == 1 || tile.position(n) < SPLIT;
#pragma unroll
      for (int own = 0; own < OWN; own++) {
        const int element = thread + own * THREADS;
        if (element >= d) continue;
        if (done) {
          rowOf(out, tile.row(n), d)[element] = sums[own][n] * (1.0f / softmax[n].sum);
        } else {
          partial.values()[element] = sums[own][n];
        }
      }
      if (!done && thread == 0) *reinterpret_cast<float2*>(partial.at) = {softmax[n].max, softmax[n].sum};
    }
  };

  for (int split = tile.begin; split < tile.end; split++) {
    const int start = split * SPLIT, positions = min(SPLIT, tile.last + 1 - start);

    // where the split's positions lie
    pages[thread] = page;
    __syncthreads();

    // scores: a thread a position, its key against all columns, one chain of fused multiply-adds each
    if (thread < positions) {
      float score[TILE] = {};
      const auto add = [&](float4 k, int i) {
#pragma unroll
        for (int n = 0; n < TILE; n++) {
          if (n >= tile.count) continue;
          const float4 x = reinterpret_cast<const float4*>(query[n])[i];
          score[n] = fmaf(k.w, x.w, fmaf(k.z, x.z, fmaf(k.y, x.y, fmaf(k.x, x.x, score[n]))));
        }
      };
      for (int i = 0; i < d / 8; i++) {
        const Eight<float> k = key8(cache, page, head, thread % PAGE, i);
        add(k.low(), 2 * i);
        add(k.high(), 2 * i + 1);
      }
#pragma unroll
      for (int n = 0; n < TILE; n++) {
        if (n < tile.count) weights[n][thread] = score[n] * scale;
      }
    }
    page = pageOf(sequences, slot, tile, start + SPLIT + thread);  // of the next split
    __syncthreads();

    // softmax of the split: the exponentials a warp a column, their sum one thread a column, in order
    for (int n = warp; n < tile.count; n += THREADS / 32) {
      const int seen = tile.position(n) + 1 - start;
      float greatest = __int_as_float(0xff800000);
      for (int p = lane; p < min(seen, positions); p += 32) greatest = fmaxf(greatest, weights[n][p]);
      greatest = warpMax(greatest);
      for (int p = lane; p < min(seen, positions); p += 32) weights[n][p] = maths::exp(weights[n][p] - greatest);
      __syncwarp();
      if (lane == 0) {
        float sum = 0;
        for (int p = 0; p < min(seen, positions); p++) sum += weights[n][p];
        softmax[n].add(greatest, sum);
      }
    }
    __syncthreads();

    // values: a thread an element of the head, some positions at a time
#pragma unroll
    for (int own = 0; own < OWN; own++) {
      const int element = thread + own * THREADS;
      if (element >= d) continue;
      float split[TILE] = {};
      for (int first = 0; first < positions; first += SOME) {
        float v[SOME];
#pragma unroll
        for (int i = 0; i < SOME; i++) {
          v[i] = first + i < positions ? value(cache, pages[first + i], head, element, (first + i) % PAGE) : 0;
        }
#pragma unroll
        for (int n = 0; n < TILE; n++) {
          const int seen = n < tile.count ? tile.position(n) + 1 - start - first : 0;
#pragma unroll
          for (int i = 0; i < SOME; i++) {
            if (i < seen) split[n] = fmaf(v[i], weights[n][first + i], split[n]);
          }
        }
      }
#pragma unroll
      for (int n = 0; n < TILE; n++) {
        if (n < tile.count) sums[own][n] = softmax[n].merged(sums[own][n], split[n]);
      }
    }
    // a tile of several blocks has each split by itself; of one, all are together at the end
    const bool apart = tile.blocks > 1;
    if (apart || split + 1 == tile.end) leave(apart ? split : 0);
    __syncthreads();  // before the next split's pages and weights
    if (apart) {
#pragma unroll
      for (int n = 0; n < TILE; n++) {
#pragma unroll
        for (int own = 0; own < OWN; own++) sums[own][n] = 0;
      }
      if (thread < TILE) softmax[thread] = emptySoftmax();
    }
  }

  if (tile.blocks > 1) merge(tile, partials, arrivals, d, out);
}

}  // namespace

#define ATTENTION_KERNELS(FORMAT, KV)                                                                                      \
  KERNEL_BOUNDS(attention##FORMAT##_f32, THREADS, 3, Lanes lanes, const float* q, Sequences sequences, KV cache, Slot slot, \
                float scale, float* out, float* partials, int* arrivals, int run, int) {                                                 \
    TIMELINE;                                                                                                    \
    attend<NARROW>(lanes, q, sequences, cache, slot, scale, out, partials, arrivals, run);                                      \
  }                                                                                                                        \
  KERNEL_BOUNDS(attention_wide##FORMAT##_f32, THREADS, 2, Lanes lanes, const float* q, Sequences sequences, KV cache,       \
                Slot slot, float scale, float* out, float* partials, int* arrivals, int run, int) {                                      \
    TIMELINE;                                                                                                    \
    attend<WIDE>(lanes, q, sequences, cache, slot, scale, out, partials, arrivals, run);                                        \
  }

using Fp8 = ScaledKv<float, codes::E4m3>;
using Int8 = ScaledKv<float, codes::Int8>;
ATTENTION_KERNELS(, KvCache<float>)
ATTENTION_KERNELS(_fp8, Fp8)
ATTENTION_KERNELS(_int8, Int8)

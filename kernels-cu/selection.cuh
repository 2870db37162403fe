// Order, maxima and selection over one lane's logits by one block, without sorting and without anything that depends on
// the order in which threads arrive: maxima are of (value, id), and weights are whole numbers.
#pragma once

#include "tables.cuh"

namespace selection {

constexpr int BINS = 2048;
constexpr unsigned ALL = 0xffffffffu;
constexpr unsigned NOTHING = 0x007fffffu;  // the order of -infinity

struct Scratch {
  unsigned low[BINS];   // a histogram's weights, their lower
  unsigned high[BINS];  // and upper halves
  uint64_t best[32];    // by warp
  uint64_t need;
  uint64_t weight;
  unsigned bin;
  unsigned bound;
  int count;
};

// Unsigned integers in the order of the numbers; -0 is 0.
inline __device__ unsigned order(float x) {
  const unsigned bits = __float_as_uint(__fadd_rn(x, 0.0f));
  return bits ^ (static_cast<unsigned>(static_cast<int>(bits) >> 31) | 0x80000000u);
}

inline __device__ float number(unsigned order) {
  return __uint_as_float(order & 0x80000000u ? order ^ 0x80000000u : ~order);
}

inline __device__ float at(const float4& x, int j) { return j == 0 ? x.x : j == 1 ? x.y : j == 2 ? x.z : x.w; }

// A lane's logits; as its sequence has changed them, or untouched.
struct Row {
  const float* logits;  // [vocabulary]
  int vocabulary;
  const unsigned* changed = nullptr;  // bit map of the tokens that were said or have a bias, or null
  const Bias* biases = nullptr;       // by rising token
  int biased = 0;                     // so many
  const unsigned* biasedSaid = nullptr;  // bit map of the biases whose token was said
  float penalty = 1.0f;               // of what was said
  const int* history = nullptr;       // token ids by position
  int from = 0;                       // those from here on were generated
  int position = 0;                   // and up to here
  float presence = 0.0f;
  float frequency = 0.0f;

  // Logits 4q … 4q + 3; beyond the end NaN, which never counts.
  __device__ float4 quad(int q) const {
    const float none = __uint_as_float(0x7fc00000u);
    const int i = 4 * q;
    float4 x;
    if (vocabulary % 4 == 0) {
      x = reinterpret_cast<const float4*>(logits)[q];
    } else {
      x = make_float4(logits[i], none, none, none);
      if (i + 1 < vocabulary) x.y = logits[i + 1];
      if (i + 2 < vocabulary) x.z = logits[i + 2];
      if (i + 3 < vocabulary) x.w = logits[i + 3];
    }
    if (changed != nullptr) {
      const unsigned which = changed[q / 8] >> q % 8 * 4;
      if (which & 1) x.x = change(x.x, i);
      if (which & 2) x.y = change(x.y, i + 1);
      if (which & 4) x.z = change(x.z, i + 2);
      if (which & 8) x.w = change(x.w, i + 3);
    }
    return x;
  }

  // The logit of a token that was said or has a bias.
  __device__ float change(float x, int token) const {
    if (biased == 0) return penalised(x, token);
    int i = 0;  // biases before this one are of lower tokens
    for (int end = biased; i < end;) {
      const int middle = (i + end) / 2;
      if (biases[middle].token < token) {
        i = middle + 1;
      } else {
        end = middle;
      }
    }
    if (i == biased || biases[i].token != token) return penalised(x, token);
    const float y = __fadd_rn(x, biases[i].bias);
    return biasedSaid[i / 32] >> i % 32 & 1 ? penalised(y, token) : y;
  }

  // The logit of a token that was said: few are, so how often is counted where it is asked.
  __device__ float penalised(float x, int token) const {
    const float y = x > 0.0f ? __fdiv_rn(x, penalty) : __fmul_rn(x, penalty);
    if (presence == 0.0f && frequency == 0.0f) return y;
    int count = 0;
    for (int i = from; i <= position; i++) count += history[i] == token;
    return count == 0 ? y : __fsub_rn(__fsub_rn(y, __fmul_rn(frequency, static_cast<float>(count))), presence);
  }

  // visit(q, four logits) for this thread's share of the vocabulary; two loads are under way at a time.
  template <class Visit>
  __device__ void each(Visit visit) const {
    const int quads = (vocabulary + 3) / 4;
    const int stride = blockDim.x;
    for (int q = threadIdx.x; q < quads; q += 2 * stride) {
      const bool second = q + stride < quads;
      const float4 x = quad(q);
      const float4 y = quad(second ? q + stride : q);
      visit(q, x);
      if (second) visit(q + stride, y);
    }
  }
};

// Adds to a 64-bit bin by 32-bit atomics, which shared memory has: whoever overflows the lower half carries.
inline __device__ void add(Scratch& scratch, unsigned bin, uint64_t weight) {
  const unsigned low = static_cast<unsigned>(weight);
  const unsigned before = atomicAdd(&scratch.low[bin], low);
  const unsigned high = static_cast<unsigned>(weight >> 32) + (before + low < before);
  if (high != 0) atomicAdd(&scratch.high[bin], high);
}

inline __device__ uint64_t weightOf(const Scratch& scratch, unsigned bin) {
  return static_cast<uint64_t>(scratch.high[bin]) << 32 | scratch.low[bin];
}

inline __device__ void clear(Scratch& scratch) {
  for (int i = threadIdx.x; i < BINS; i += blockDim.x) {
    scratch.low[i] = 0;
    scratch.high[i] = 0;
  }
  __syncthreads();
}

// The greatest of the block's values, in every thread.
inline __device__ uint64_t blockMax(Scratch& scratch, uint64_t value) {
  const int lane = threadIdx.x % 32;
  for (int step = 0; step < 2; step++) {  // lanes of a warp, then warps
    const unsigned high = __reduce_max_sync(ALL, static_cast<unsigned>(value >> 32));
    const unsigned low = __reduce_max_sync(ALL, value >> 32 == high ? static_cast<unsigned>(value) : 0);
    value = static_cast<uint64_t>(high) << 32 | low;
    if (step == 0) {
      if (lane == 0) scratch.best[threadIdx.x / 32] = value;
      __syncthreads();
      value = lane < blockDim.x / 32 ? scratch.best[lane] : 0;
    }
  }
  __syncthreads();
  return value;
}

// From its lane on, the sum over the warp.
inline __device__ uint64_t suffixSum(uint64_t value) {
  for (int lanes = 1; lanes < 32; lanes *= 2) {
    const uint64_t other = __shfl_down_sync(ALL, value, lanes);
    if (threadIdx.x % 32 + lanes < 32) value += other;
  }
  return value;
}

struct Cut {
  unsigned key;
  uint64_t need;    // what those at the key must add to those above it
  uint64_t weight;  // what they have
};

// The highest key at which the weights of the elements, highest key first, reach needed(all weights): radix selection
// by the upper 11, the next 11 and the last 10 bits of the keys, one pass over the logits each.
template <class Key, class Weight, class Needed>
__device__ Cut select(Scratch& scratch, const Row& row, Key key, Weight weight, Needed needed) {
  unsigned prefix = 0;
  unsigned known = 0;  // mask of the bits that the prefix has
  uint64_t need = 0;
  for (int shift = 21; shift >= 0; shift = shift == 21 ? 10 : shift - 10) {
    clear(scratch);
    row.each([&](int q, const float4& x) {
      for (int j = 0; j < 4; j++) {
        const unsigned k = key(at(x, j), 4 * q + j);
        if ((k & known) == prefix) {
          const uint64_t w = weight(at(x, j));
          if (w != 0) add(scratch, (k & ~known) >> shift, w);
        }
      }
    });
    __syncthreads();
    if (threadIdx.x < 32) {
      // a lane sums up 64 bins, starting at its own bank
      const int lane = threadIdx.x;
      uint64_t sum = 0;
      for (int i = 0; i < 64; i++) sum += weightOf(scratch, 64 * lane + (i + lane) % 64);
      const uint64_t group = suffixSum(sum);
      if (known == 0) {
        const uint64_t total = __shfl_sync(ALL, group, 0);
        need = needed(total);
        need = need < total ? need : total;
      }
      const int first = 31 - __clz(static_cast<int>(__ballot_sync(ALL, group >= need)));
      const uint64_t above = __shfl_sync(ALL, group - sum, first);
      // of that lane's bins, a pair a lane
      const unsigned pair = 64 * first + 2 * lane;
      const uint64_t upper = weightOf(scratch, pair + 1);
      const uint64_t lower = weightOf(scratch, pair);
      const uint64_t pairs = above + suffixSum(upper + lower);
      const int second = 31 - __clz(static_cast<int>(__ballot_sync(ALL, pairs >= need)));
      if (lane == second) {
        const uint64_t before = pairs - upper - lower;
        const bool isUpper = before + upper >= need;
        scratch.bin = isUpper ? pair + 1 : pair;
        scratch.weight = isUpper ? upper : lower;
        scratch.need = need - before - (isUpper ? 0 : upper);
      }
    }
    __syncthreads();
    prefix |= scratch.bin << shift;
    known |= ~0u << shift;
    need = scratch.need;
  }
  const Cut cut{prefix, need, scratch.weight};
  __syncthreads();
  return cut;
}

}  // namespace selection

// What attention has in common for both element types: the context is cut into splits of 128 positions, always at the
// same places; each split has its own softmax; splits are merged in order, with the same operations whether one block
// takes them all, a few or one. So a lane's result depends on nothing but its context. A block takes one split where there
// are few lanes, and where there are many a run of up to LONG, so that none is longer than that however long a context.
#pragma once

#include "cache.cuh"
#include "maths.cuh"

namespace attention {

constexpr int THREADS = SPLIT;  // of a block: one for each position of a split
constexpr int NARROW = 128;     // most elements of a head, and of those that have a kernel of their own
constexpr int WIDE = 256;
constexpr int HEADER = 4;       // floats of a partial result before its values: max, sum, two unused

// What a block works on: queries that read the keys of one head, which are the columns of its products. Of the gridDim.z
// heads of queries that share these keys, and of a tile's lanes, which end at position `last`, it takes head blockIdx.z and,
// where the lanes leave columns free, the next ones, whose own blocks then have nothing to do. What a column gives does not
// depend on the others. There is no division here: it would take 26 instructions, of every warp.
struct Tile {
  int first, lanes, sequence, group, last;  // lanes first … first + lanes - 1 of the table
  int kvHead, kvHeads;                      // of keys, and how many there are
  int head, heads;                          // heads of queries head … head + heads - 1
  int count;                                // columns
  int index, begin, end;                    // the tile's place, and the splits of it that the block takes
  int rows;                                 // of partial results before the tile's, of one head
  int blocks;                               // that share the tile's splits
  int inverse;                              // 64 / heads, rounded up

  // run: splits of a block, 1 or LONG
  __device__ Tile(const Lanes& table, int run, int keyHeads, int keyHead) {
    count = 0;
    index = table.tileOf(blockIdx.x, run > 1);
    if (index < 0) return;  // the launch is for more
    first = table.tile(index);
    lanes = table.tile(index + 1) - first;
    rows = table.rowsBefore(index);
    begin = (blockIdx.x - table.before(run > 1)[index]) * run;
    sequence = table.sequence(first);
    group = table.group(first);
    last = table.position(first) + lanes - 1;
    end = min(begin + run, splits());
    blocks = run > 1 ? (splits() + LONG - 1) / LONG : splits();
    kvHeads = keyHeads;
    take(keyHead);
    const int most = 0x11112248u >> 4 * (lanes - 1) & 0xf;  // TILE / lanes, a power of two
    heads = min(most, static_cast<int>(gridDim.z - blockIdx.z));
    inverse = static_cast<int>(0x080a0b0d10162040ull >> 8 * (heads - 1)) & 0xff;
    if ((blockIdx.z & (most - 1)) == 0) count = lanes * heads;
  }
  // The same queries of another head of keys.
  __device__ void take(int keyHead) {
    kvHead = keyHead;
    head = keyHead * gridDim.z + blockIdx.z;
  }
  // A column's lane, from the first, and its head.
  __device__ int laneOf(int column) const { return column * inverse >> 6; }
  __device__ int headOf(int column) const { return head + column - laneOf(column) * heads; }
  __device__ int position(int column) const { return last - lanes + 1 + laneOf(column); }
  __device__ int splits() const { return static_cast<unsigned>(last) / SPLIT + 1; }
  __device__ int queryHeads() const { return kvHeads * gridDim.z; }
  // Where a column's query, or its result, is in [lanes, heads, d].
  __device__ int row(int column) const { return (first + laneOf(column)) * queryHeads() + headOf(column); }
};

// The page that the tile reads a position in: the slot of its group or, of a position that never reached that, of the
// deepest that it did reach. The first is looked up along with the depth, for it is what is nearly always wanted.
inline __device__ int pageOf(const Sequences& sequences, const Slot& slot, const Tile& tile, int position) {
  if (position > tile.last) return -1;
  const unsigned chunk = static_cast<unsigned>(position) / PAGE;
  const int page = sequences.slotPages(tile.sequence, slot.of(tile.group))[chunk];
  if (slot.perGroup == 0) return page;
  const int reached = sequences.reachedOf(tile.sequence)[position];
  if (reached >= tile.group) return page;
  return sequences.slotPages(tile.sequence, slot.of(reached))[chunk];
}

// Whether the 16 positions of the thread's page all lie in the same one, and none behind the tile's last.
inline __device__ bool oneOfPage(int page) {
  const int half = threadIdx.x % 32 / PAGE * PAGE;
  const int first = __shfl_sync(0xffffffffu, page, half);
  const unsigned same = __ballot_sync(0xffffffffu, page == first && page >= 0);
  return (same >> half & 0xffffu) == 0xffffu;
}

// Softmax over the splits so far: their greatest score, the sum of e^(score - max), and what a split's values count.
struct Softmax {
  float max, sum;
  float keep, take;  // what the values so far and the next split's are multiplied with

  __device__ void add(float splitMax, float splitSum) {
    const float before = max;
    max = fmaxf(max, splitMax);
    keep = maths::exp(before - max);
    take = maths::exp(splitMax - max);
    sum = merged(sum, splitSum);
  }
  // The first split is taken as it is: keep multiplies 0, and take is 1.
  __device__ float merged(float before, float split) const { return fmaf(split, take, before * keep); }
};

inline __device__ Softmax emptySoftmax() { return {__int_as_float(0xff800000), 0, 0, 0}; }

// Results of splits until they are merged: [lanes and their splits, heads] of (a header, values [D]).
struct Partial {
  float* at;
  long long stride;  // to the next split

  __device__ Partial(float* partials, const Tile& tile, int column, int split, int d) {
    const int row = tile.rows + tile.laneOf(column) * tile.splits() + split;
    stride = static_cast<long long>(tile.queryHeads()) * (d + HEADER);
    at = rowOf(partials, row * tile.queryHeads() + tile.headOf(column), d + HEADER);
  }
  __device__ float* values() const { return at + HEADER; }
};

inline __device__ void store(float* out, float value) { *out = value; }
inline __device__ void store(__nv_bfloat16* out, float value) { *out = __float2bfloat16_rn(value); }

// The last block of a tile and head to arrive merges the splits of the columns that have more than one. Values are read
// past the first-level cache, which may hold what was there before.
template <class T>
__device__ void merge(const Tile& tile, float* partials, int* arrivals, int d, T* out) {
  SHARED(int, last);
  __syncthreads();
  if (threadIdx.x == 0) {
    int* arrived = arrivals + tile.index * tile.queryHeads() + tile.head;
    last = atomicAddAcquireRelease(arrived, 1) == tile.blocks - 1;
    if (last) *arrived = 0;  // for the next launch
  }
  __syncthreads();
  if (!last) return;
  for (int i = threadIdx.x; i < tile.count * d; i += THREADS) {
    const int n = i / d, element = i % d;
    const int count = tile.position(n) / SPLIT + 1;
    if (count == 1) continue;
    const Partial first(partials, tile, n, 0, d);
    Softmax all = emptySoftmax();
    float value = 0;
#pragma unroll 4
    for (int split = 0; split < count; split++) {
      const float* part = first.at + split * first.stride;
      const float2 maxAndSum = __ldcg(reinterpret_cast<const float2*>(part));
      const float splitValue = __ldcg(part + HEADER + element);
      all.add(maxAndSum.x, maxAndSum.y);
      value = all.merged(value, splitValue);
    }
    store(rowOf(out, tile.row(n), d) + element, value * (1.0f / all.sum));
  }
}

}  // namespace attention

// Causal softmax attention over paged keys and values, bfloat16 on tensor cores (Vaswani et al. 2017; the split context
// follows Dao et al. 2023, "Flash-Decoding"). A tile's lanes, by the heads that share keys, are the 8 columns of
// mma.m16n8k16, one or eight alike; the rows are positions where keys are scored, and elements of the head where values
// are summed.
//
// Pages lie in shared memory as they do in the cache, so that from sm_90 on one thread fetches a whole one by a single copy.
// Pages that are not full yet, whose positions stopped at several depths or whose rows are not filled, and all of them
// before sm_90, are copied row by row, by the warp that scores them. Copies of the next split are on their way while this
// one is worked on. That a thread has 8 neighbours of a key, which mma does not ask of it, is no matter as long as queries
// have them so.
#include "abi.cuh"
#include "async.cuh"
#include "attention.cuh"

using namespace attention;

namespace {

constexpr int UNIT = 8;              // elements of a copy
constexpr int BLOCK = 4 * UNIT;      // elements of a row, of which four threads have a copy each
constexpr int WARPS = THREADS / 32;
constexpr int PAGES = SPLIT / PAGE;  // pages of a split, of which a warp scores every WARPS-th
constexpr int PAIRS = PAGES / 2;     // pairs of pages, whose weights a warp loads at once
constexpr int PITCH = SPLIT + 4;     // floats from a lane's scores to the next: a warp's stores meet every bank

__device__ uint4 loadOr0(const uint4* from, bool there) { return there ? *from : uint4{0, 0, 0, 0}; }

inline __device__ float4 times(float4 a, float4 b) { return {a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w}; }

// Two products of 16 rows with 8 columns, over 32 elements of which a row's or column's four threads hold 8 each.
__device__ float4 multiply(uint4 top, uint4 bottom, uint4 columns, float4 sum) {
  sum = mma16816({top.x, bottom.x, top.y, bottom.y}, {columns.x, columns.y}, sum);
  return mma16816({top.z, bottom.z, top.w, bottom.w}, {columns.z, columns.w}, sum);
}

// 16 elements of a page's values as the rows of a product, from shared memory: a row of `at` is a position, the one that
// lane l names has 8 elements of position l % 8 + l / 16 · 8. Rows g and g + 8 are the elements of two units or, of bytes,
// which ldmatrix turns in pairs, the elements 2g and 2g + 1 of one.
inline __device__ uint4 valueRows(const KvCache<bf16>&, const bf16* at) { return ldmatrix4Transposed(at); }
template <class Code>
__device__ uint4 valueRows(const ScaledKv<bf16, Code>&, const unsigned char* at) {
  const uint2 pairs = ldmatrix2Transposed(at);
  const auto even = [](unsigned four) { return Code::two(four & 0x00ff00ffu); };
  const auto odd = [](unsigned four) { return Code::two(four >> 8 & 0x00ff00ffu); };
  return {even(pairs.x), odd(pairs.x), even(pairs.y), odd(pairs.y)};
}

// out[m] = Σ softmax(q[m] · k / √D) v over the positions up to the lane's own, for the lanes of a tile, head
// blockIdx.y (see Tile), and a split of the context or, of many lanes, a run of LONG. Reads 4 · D bytes a
// position, head and tile, of scaled bytes 2 · D + 8. Scales are not multiplied element by element: those of keys go with
// scores, those of values with weights.
// q, out [≥n, H, D]; scale 1/√D; run: splits of a block; partials [lanes' splits, H, D + 4], arrivals [tiles, H] zero.
// D: cache.width, a multiple of 8 up to 32 · MOST_BLOCKS. Shared: keys and values of a split.
template <int MOST_BLOCKS, class Kv>  // most blocks of 32 elements in a head
__device__ void attend(const Lanes& lanes, const bf16* q, const Sequences& sequences, const Kv& cache, const Slot& slot,
                       float scale, bf16* out, float* partials, int* arrivals, int run) {
  using Element = typename Kv::Element;
  using Stored = typename Kv::Stored;
  constexpr int MOST_TILES = MOST_BLOCKS * 2 / WARPS;  // most tiles of 16 elements that a warp sums
  constexpr int BYTES = sizeof(Element);
  DYNAMIC_SHARED(Element, keys);         // [PAGES] as in the cache, then as many of values
  SHARED(float[TILE][PITCH], scores);    // then, in the place of a lane's, its weights as bfloat16
  SHARED(const Element*[2][SPLIT], parts);  // the head's part of a position's page, of this split and the next
  SHARED(bool[2][PAGES], whole);         // whether a page of this split, or of the next, is fetched by one copy
  SHARED(Mbarrier[WARPS + 1], arrived);  // whole pages: the keys of each warp, and all values
  SHARED(Softmax[TILE], softmax);
  SHARED(float[2][2][Kv::SCALED ? SPLIT : 4], scales);  // of keys and values by position, of this split and the next
  gridDependencyLaunch();
  const Tile tile(lanes, run, cache.heads);  // no kernel writes the lane table
  gridDependencyWait();
  if (tile.count == 0) return;
  const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32, g = lane / 4, t = lane % 4;
  const int head = tile.kvHead, d = cache.width, units = d / UNIT, part = cache.part();
  Element* const values = keys + PAGES * part;

  // finds the pages of a split
  const auto find = [&](int split) { return pageOf(sequences, slot, tile, split * SPLIT + thread); };
  const auto publish = [&](int split, int page) {
    parts[split % 2][thread] = cache.keys(max(page, 0), head);  // behind the last position nothing is read there
    if constexpr (BULK_COPIES) {
      const bool same = oneOfPage(page);
      if (thread % PAGE == 0) whole[split % 2][thread / PAGE] = same && d % Kv::Rows::BLOCK == 0;
    }
  };

  // Where the thread's copy of a block is, in row g or g + 8 of a page.
  const int place = Kv::Rows::at(g, t * UNIT);
  const auto unitAt = [&](int block, int half) { return (block * PAGE + half * 8) * BLOCK + place; };
  // keys or values of the warp's pages; rows behind the last position are zero, and so are a second page of a
  // pair behind it, and what fills the last block of a row up
  const auto copyPages = [&](int split, Element* to, int from, Mbarrier* barrier) {
    const int positions = min(SPLIT, tile.last + 1 - split * SPLIT);
    if constexpr (BULK_COPIES) {
      if (lane == 0) {
        const bool one = whole[split % 2][warp], other = whole[split % 2][warp + WARPS];
        mbarrierArriveExpect(barrier, (one + other) * part * BYTES);
        if (one) bulkCopy(to + warp * part, parts[split % 2][warp * PAGE] + from, part * BYTES, barrier);
        if (other) bulkCopy(to + (warp + WARPS) * part, parts[split % 2][(warp + WARPS) * PAGE] + from, part * BYTES, barrier);
      }
    }
#pragma unroll 1
    for (int i = 0; i < PAGES / WARPS; i++) {
      const int page = i * WARPS + warp;
      if (page / 2 * 2 * PAGE >= positions || (BULK_COPIES && whole[split % 2][page])) continue;
#pragma unroll(BULK_COPIES ? 1 : 2)
      for (int half = 0; half < 2; half++) {
        const int position = page * PAGE + half * 8 + g;
        const Element* const row = parts[split % 2][position] + from;
#pragma unroll(BULK_COPIES ? 1 : MOST_BLOCKS)
        for (int j = 0; j < MOST_BLOCKS; j++) {
          if (4 * j >= units) continue;
          const bool there = position < positions && 4 * j + t < units;
          copyAsync<UNIT * BYTES>(to + page * part + unitAt(j, half), row + unitAt(j, half), there ? UNIT * BYTES : 0);
        }
      }
    }
  };
  // keys, and scales, which are what others need of a thread, at the barrier behind the scores
  const auto copyKeys = [&](int split) {
    if constexpr (Kv::SCALED) {
      const bool there = split * SPLIT + thread <= tile.last;
      const float* const from = cache.scalesOf(parts[split % 2][thread]) + thread % PAGE;
      copyAsync<4>(&scales[split % 2][0][thread], from, there ? 4 : 0);
      copyAsync<4>(&scales[split % 2][1][thread], from + PAGE, there ? 4 : 0);
    }
    copyPages(split, keys, 0, &arrived[warp]);
  };
  const auto copyValues = [&](int split) { copyPages(split, values, part, &arrived[WARPS]); };
  // Waits for pages of a split, and lets copies take the place of rows that threads copied, once all are here.
  const auto waitFor = [&](int split, Mbarrier* barrier) {
    copyAsyncWait<1>();
    if constexpr (BULK_COPIES) {
      mbarrierWait(barrier, (split - tile.begin) % 2);
      fenceProxyAsync();
    }
  };

  // The row of the warp's first tile of values that this lane names, see valueRows, and how far it is to the next tile's.
  const int tileRow = Kv::Rows::at(lane / (Kv::SCALED ? 8 : 16) % 2 * 8 + lane % 8,
                                   warp * 16 + (Kv::SCALED ? 0 : lane / 8 % 2 * UNIT));
  constexpr int NEXT_TILE = WARPS * 16 * PAGE;

  publish(tile.begin, find(tile.begin));
  if (thread < TILE) softmax[thread] = emptySoftmax();
  if (BULK_COPIES && thread <= WARPS) {
    mbarrierInit(&arrived[thread], thread < WARPS ? 1 : WARPS);
    fenceProxyAsync();
  }
  __syncthreads();
  copyKeys(tile.begin);
  copyAsyncCommit();
  copyValues(tile.begin);
  copyAsyncCommit();

  // queries are the columns of the scores
  uint4 query[MOST_BLOCKS];
#pragma unroll
  for (int j = 0; j < MOST_BLOCKS; j++) {
    const auto* from = reinterpret_cast<const uint4*>(q + tile.row(min(g, tile.count - 1)) * d);
    query[j] = loadOr0(from + 4 * j + t, g < tile.count && 4 * j + t < units);
  }

  float4 sums[MOST_TILES] = {};
  // results of lanes that are done here; of the others, what is to be merged
  const auto leave = [&](int split) {
#pragma unroll
    for (int c = 0; c < 2; c++) {
      const int n = 2 * t + c;
      if (n >= tile.count || split * SPLIT > tile.position(n)) continue;
      const bool done = tile.blocks == 1 || tile.position(n) < SPLIT;
      const float factor = done ? 1.0f / softmax[n].sum : 1.0f;
      __nv_bfloat16* to = out + tile.row(n) * d;
      const Partial partial(partials, tile, n, split, d);
#pragma unroll
      for (int i = 0; i < MOST_TILES; i++) {
        const float upper = c ? sums[i].y : sums[i].x, lower = c ? sums[i].w : sums[i].z;
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const int element = (i * WARPS + warp) * 16 + (Kv::SCALED ? 2 * g + half : half * 8 + g);
          if (element >= d) continue;
          if (done) {
            store(to + element, (half ? lower : upper) * factor);
          } else {
            partial.values()[element] = half ? lower : upper;
          }
        }
      }
      if (!done && warp == 0 && g == 0) {
        *reinterpret_cast<float2*>(partial.at) = {softmax[n].max, softmax[n].sum};
      }
    }
  };

  for (int split = tile.begin; split < tile.end; split++) {
    const int start = split * SPLIT, positions = min(SPLIT, tile.last + 1 - start), next = split + 1;
    const int nextPage = next < tile.end ? find(next) : -1;

    // scores: a page's 16 positions against the columns
    waitFor(split, &arrived[warp]);
#pragma unroll
    for (int i = 0; i < PAGES / WARPS; i++) {
      const int page = i * WARPS + warp;
      if (page * PAGE >= positions) continue;
      const auto unit = [&](int j, int half) {
        return cache.load8(*reinterpret_cast<const Stored*>(keys + page * part + unitAt(j, half))).v;
      };
      float4 score = {};
#pragma unroll
      for (int j = 0; j < MOST_BLOCKS; j++) {
        if (4 * j < units) score = multiply(unit(j, 0), unit(j, 1), query[j], score);
      }
      float* to = &scores[2 * t][page * PAGE + g];
      to[0] = score.x * scale;
      to[PITCH] = score.y * scale;
      to[8] = score.z * scale;
      to[PITCH + 8] = score.w * scale;
    }
    if (next < tile.end) publish(next, nextPage);
    __syncthreads();
    if (next < tile.end) copyKeys(next);
    copyAsyncCommit();

    // softmax of the split: a warp a column, a thread 4 positions; what its lane may not see has weight 0
    for (int n = warp; n < tile.count; n += WARPS) {
      const int seen = tile.position(n) + 1 - start - 4 * lane;  // of the thread's positions
      const float none = __int_as_float(0xff800000);
      float4 s = {none, none, none, none};
      if (4 * lane < positions) s = reinterpret_cast<const float4*>(scores[n])[lane];
      if constexpr (Kv::SCALED) s = times(s, reinterpret_cast<const float4*>(scales[split % 2][0])[lane]);
      const float greatest = warpMax(
          fmaxf(fmaxf(seen > 0 ? s.x : none, seen > 1 ? s.y : none), fmaxf(seen > 2 ? s.z : none, seen > 3 ? s.w : none)));
      float4 e = {seen > 0 ? maths::exp(s.x - greatest) : 0, seen > 1 ? maths::exp(s.y - greatest) : 0,
                  seen > 2 ? maths::exp(s.z - greatest) : 0, seen > 3 ? maths::exp(s.w - greatest) : 0};
      const float sum = warpSum((e.x + e.y) + (e.z + e.w));
      if constexpr (Kv::SCALED) e = times(e, reinterpret_cast<const float4*>(scales[split % 2][1])[lane]);
      auto* weights = reinterpret_cast<__nv_bfloat162*>(scores[n]) + 2 * lane;
      weights[0] = __floats2bfloat162_rn(e.x, e.y);
      weights[1] = __floats2bfloat162_rn(e.z, e.w);
      if (lane == 0) softmax[n].add(greatest, sum);
    }
    waitFor(split, &arrived[WARPS]);
    __syncthreads();

    // values: 16 elements of the head against the columns' weights, a page at a time; columns without a query repeat the last
    float4 sum[MOST_TILES] = {};
    const auto* const weights = reinterpret_cast<const bf16*>(scores[min(lane % 8, tile.count - 1)]) + lane / 8 * 8;
    const auto addPair = [&](int pair) {
      const uint4 columns = ldmatrix4(weights + 2 * pair * PAGE);
#pragma unroll
      for (int i = 0; i < MOST_TILES; i++) {
        if ((i * WARPS + warp) * 16 >= d) continue;
        const Element* const rows = values + 2 * pair * part + tileRow + i * NEXT_TILE;
        sum[i] = mma16816(valueRows(cache, rows), {columns.x, columns.y}, sum[i]);
        sum[i] = mma16816(valueRows(cache, rows + part), {columns.z, columns.w}, sum[i]);
      }
    };
    if (positions == SPLIT && BULK_COPIES) {
#pragma unroll
      for (int pair = 0; pair < PAIRS; pair++) addPair(pair);
    } else {
#pragma unroll 1
      for (int pair = 0; 2 * pair * PAGE < positions; pair++) addPair(pair);
    }
    const Softmax even = softmax[2 * t], odd = softmax[2 * t + 1];
#pragma unroll
    for (int i = 0; i < MOST_TILES; i++) {
      sums[i].x = even.merged(sums[i].x, sum[i].x);
      sums[i].y = odd.merged(sums[i].y, sum[i].y);
      sums[i].z = even.merged(sums[i].z, sum[i].z);
      sums[i].w = odd.merged(sums[i].w, sum[i].w);
    }
    // a tile of several blocks has each split by itself; of one, all are together at the end
    const bool apart = tile.blocks > 1;
    if (apart || next == tile.end) leave(apart ? split : 0);
    __syncthreads();  // before the next scores take the place of these weights, and the next values of these
    if (next < tile.end) copyValues(next);
    copyAsyncCommit();
    if (apart) {
#pragma unroll
      for (int i = 0; i < MOST_TILES; i++) sums[i] = make_float4(0, 0, 0, 0);
      if (thread < TILE) softmax[thread] = emptySoftmax();
    }
  }

  if (tile.blocks > 1) merge(tile, partials, arrivals, d, out);
}

}  // namespace

// For heads of up to 128 elements, and of up to 256.
#define ATTENTION_KERNELS(FORMAT, KV)                                                                                     \
  KERNEL_BOUNDS(attention##FORMAT##_bf16, THREADS, 4, Lanes lanes, const bf16* q, Sequences sequences, KV cache, Slot slot, \
                float scale, bf16* out, float* partials, int* arrivals, int run) {                                                 \
    TIMELINE;                                                                                                                      \
    attend<NARROW / 32>(lanes, q, sequences, cache, slot, scale, out, partials, arrivals, run);                                \
  }                                                                                                                       \
  KERNEL_BOUNDS(attention_wide##FORMAT##_bf16, THREADS, 1, Lanes lanes, const bf16* q, Sequences sequences, KV cache,      \
                Slot slot, float scale, bf16* out, float* partials, int* arrivals, int run) {                                      \
    TIMELINE;                                                                                                                      \
    attend<WIDE / 32>(lanes, q, sequences, cache, slot, scale, out, partials, arrivals, run);                                  \
  }

using Fp8 = ScaledKv<bf16, codes::E4m3>;
using Int8 = ScaledKv<bf16, codes::Int8>;
ATTENTION_KERNELS(, KvCache<bf16>)
ATTENTION_KERNELS(_fp8, Fp8)
ATTENTION_KERNELS(_int8, Int8)

ABI(attention, ABI_VALUE(SPLIT), ABI_VALUE(THREADS), ABI_VALUE(HEADER), ABI_VALUE(NARROW), ABI_VALUE(WIDE))

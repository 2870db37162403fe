// Causal softmax attention over paged keys and values, bfloat16 on tensor cores (Vaswani et al. 2017; the split context
// follows Dao et al. 2023, "Flash-Decoding"). A tile's lanes, by the heads that share keys, are the 8 columns of
// mma.m16n8k16, one or eight alike; the rows are positions where keys are scored, and elements of the head where values
// are summed.
//
// Pages lie in shared memory as they do in the cache, so that from sm_90 on one thread fetches a whole one by a single copy.
// Pages that are not full yet, whose positions stopped at several depths or whose rows are not filled, and all of them
// before sm_90, are copied row by row, by the warp that scores them. Copies of the next split are on their way while this
// one is worked on. Where there are many lanes, what takes time are instructions: ldmatrix loads keys as products take
// them, and bytes are made numbers four at a time, in an order that mma does not ask for, but that queries have, too.
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

template <class T>
__device__ T loadOr0(const void* from, bool there) {
  return there ? *reinterpret_cast<const T*>(from) : T{};
}

inline __device__ float4 times(float4 a, float4 b) { return {a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w}; }

// Four codes as pairs of bfloat16, of the bytes 0 and 2 and of 1 and 3, FACTOR times less than their numbers.
template <class Code>
struct Pairs;
// 128 and the lower seven bits, less 128 or, with the sign's bit, 256: the numbers themselves.
template <>
struct Pairs<codes::Int8> {
  static constexpr float FACTOR = 1, RAISED = 1;
  static __device__ unsigned even(unsigned four) {
    const unsigned bits = (four & 0x007f007fu) | 0x43004300u, sign = (four & 0x00800080u) | 0x43004300u;
    const __nv_bfloat162 two =
        __hsub2(reinterpret_cast<const __nv_bfloat162&>(bits), reinterpret_cast<const __nv_bfloat162&>(sign));
    return reinterpret_cast<const unsigned&>(two);
  }
  static __device__ unsigned odd(unsigned four) { return even(four >> 8); }
};
// The bits are a bfloat16's but for the bias of its exponent, and that is left to what multiplies whole sums: products take
// the smallest of them, without a leading one, as they are. Weights of values are RAISED, so that sums are no smaller.
template <>
struct Pairs<codes::E4m3> {
  static constexpr float FACTOR = 0x1p120f, RAISED = 0x1p100f;
  static __device__ unsigned even(unsigned four) { return (four << 8 & 0x80008000u) | (four << 4 & 0x07f007f0u); }
  static __device__ unsigned odd(unsigned four) { return (four & 0x80008000u) | (four >> 4 & 0x07f007f0u); }
};
template <class Kv>
struct Raw {  // nothing is less than its number
  static constexpr float FACTOR = 1, RAISED = 1;
};
template <class T, class Code>
struct Raw<ScaledKv<T, Code>> : Pairs<Code> {};

// 32 elements of a query, as the columns of two products: of bfloat16 the thread has two of each eight, of bytes four of
// each sixteen. units: of eight elements, of the whole query, 0 where there is none.
inline __device__ uint4 queryColumns(const KvCache<bf16>&, const bf16* q, int block, int t, int units) {
  const auto two = [&](int i) { return loadOr0<unsigned>(q + (4 * block + i) * UNIT + 2 * t, 4 * block + i < units); };
  return {two(0), two(1), two(2), two(3)};
}
template <class Code>
__device__ uint4 queryColumns(const ScaledKv<bf16, Code>&, const bf16* q, int block, int t, int units) {
  const auto four = [&](int i) {
    const uint2 all = loadOr0<uint2>(q + block * BLOCK + 16 * i + 4 * t, 4 * block + 2 * i + t / 2 < units);
    return uint2{__byte_perm(all.x, all.y, 0x5410), __byte_perm(all.x, all.y, 0x7632)};
  };
  const uint2 low = four(0), high = four(1);
  return {low.x, low.y, high.x, high.y};
}

// Adds the products of 16 keys with the columns, over 32 elements. Keys are rows of `at` in shared memory; lane l names the
// 16 bytes of row l % 16 that are the first or the second of 32: those of bfloat16 that are 16 elements further lie 16 off.
inline __device__ float4 addScores(const KvCache<bf16>&, const bf16* near, const bf16* far, uint4 columns, float4 sum) {
  sum = mma16816(ldmatrix4(near), {columns.x, columns.y}, sum);
  return mma16816(ldmatrix4(far), {columns.z, columns.w}, sum);
}
template <class Code>
__device__ float4 addScores(const ScaledKv<bf16, Code>&, const unsigned char* near, const unsigned char*, uint4 columns,
                            float4 sum) {
  using Two = Pairs<Code>;
  const uint4 k = ldmatrix4(near);
  sum = mma16816({Two::even(k.x), Two::even(k.y), Two::odd(k.x), Two::odd(k.y)}, {columns.x, columns.y}, sum);
  return mma16816({Two::even(k.z), Two::even(k.w), Two::odd(k.z), Two::odd(k.w)}, {columns.z, columns.w}, sum);
}

// 16 elements of a page's values as the rows of a product, from shared memory: a row of `at` is a position, the one that
// lane l names has 8 elements of position l % 8 + l / 16 · 8. Rows g and g + 8 are the elements of two units or, of bytes,
// which ldmatrix turns in pairs, the elements 2g and 2g + 1 of one.
inline __device__ uint4 valueRows(const KvCache<bf16>&, const bf16* at) { return ldmatrix4Transposed(at); }
template <class Code>
__device__ uint4 valueRows(const ScaledKv<bf16, Code>&, const unsigned char* at) {
  const uint2 v = ldmatrix2Transposed(at);
  return {Pairs<Code>::even(v.x), Pairs<Code>::odd(v.x), Pairs<Code>::even(v.y), Pairs<Code>::odd(v.y)};
}

// out[m] = Σ softmax(q[m] · k / √D) v over the positions up to the lane's own, for the lanes of a tile, `together` heads of
// keys from blockIdx.y · together on, one after another (see Tile), and a split of the context or, of many lanes, a run of
// LONG. Reads 4 · D bytes a position, head and tile, of scaled bytes 2 · D + 8. Scales are not multiplied element by element:
// those of keys go with scores, those of values with weights.
// q, out [≥n, H, D]; scale 1/√D; run: splits of a block; partials [lanes' splits, H, D + 4], arrivals [tiles, H] zero.
// D: cache.width, a multiple of 8 up to 32 · MOST_BLOCKS. Shared: keys and values of a split.
template <int MOST_BLOCKS, class Kv>  // most blocks of 32 elements in a head
__device__ void attend(const Lanes& lanes, const bf16* q, const Sequences& sequences, const Kv& cache, const Slot& slot,
                       float scale, bf16* out, float* partials, int* arrivals, int run, int together) {
  using Element = typename Kv::Element;
  constexpr int MOST_TILES = MOST_BLOCKS * 2 / WARPS;  // most tiles of 16 elements that a warp sums
  constexpr int BYTES = sizeof(Element);
  DYNAMIC_SHARED(Element, keys);         // [PAGES] as in the cache, then as many of values
  SHARED(float[TILE][PITCH], scores);    // then, in the place of a lane's, its weights as bfloat16
  SHARED(int[LONG][SPLIT], pages);       // of the positions of the block's splits
  SHARED(bool[LONG][PAGES], whole);      // whether a page is fetched by one copy
  SHARED(Mbarrier[WARPS + 1], arrived);  // whole pages: the keys of each warp, and all values
  SHARED(Softmax[TILE], softmax);
  SHARED(float[2][2][Kv::SCALED ? SPLIT : 4], scales);  // of keys and values by position, of this item and the next
  gridDependencyLaunch();
  Tile tile(lanes, run, cache.heads, blockIdx.y * together);  // no kernel writes the lane table
  gridDependencyWait();
  if (tile.count == 0) return;
  const unsigned unsignedLane = threadIdx.x % 32;  // of which parts are had by shifting
  const int thread = threadIdx.x, warp = threadIdx.x / 32, lane = unsignedLane, g = unsignedLane / 4, t = unsignedLane % 4;
  const int d = cache.width, units = d / UNIT, part = cache.part();
  Element* const values = keys + PAGES * part;

  // finds the pages of a split, which are those of all heads
  const auto find = [&](int split) {
    const int page = pageOf(sequences, slot, tile, split * SPLIT + thread);
    pages[split - tile.begin][thread] = max(page, 0);  // behind the last position nothing is read there
    if constexpr (BULK_COPIES) {
      const bool same = oneOfPage(page);
      if (thread % PAGE == 0) whole[split - tile.begin][thread / PAGE] = same && d % Kv::Rows::BLOCK == 0;
    }
  };

  // Where the thread's copy of a block is, in row g or g + 8 of a page.
  const int place = Kv::Rows::at(g, t * UNIT);
  const auto unitAt = [&](int block, int half) { return (block * PAGE + half * 8) * BLOCK + place; };
  // keys or values: whole pages by the last warp, which has least to do else, the others by the warp whose they are; rows
  // behind the last position are zero, and so are a second page of a pair behind it, and what fills the last block of a row
  // up. barriers: of pages, in turn
  const auto copyPages = [&](int split, int head, Element* to, int from, Mbarrier* barriers, unsigned count) {
    const int positions = min(SPLIT, tile.last + 1 - split * SPLIT);
    const bool* const one = whole[split - tile.begin];
    const auto rowsOf = [&](int position) { return cache.keys(pages[split - tile.begin][position], head) + from; };
    if constexpr (BULK_COPIES) {
      if (warp == WARPS - 1 && lane < PAGES) {
        Mbarrier* const barrier = barriers + unsignedLane % count;
        mbarrierArriveExpect(barrier, one[lane] ? part * BYTES : 0);
        if (one[lane]) bulkCopy(to + lane * part, rowsOf(lane * PAGE), part * BYTES, barrier);
      }
    }
#pragma unroll 1
    for (int page = warp; page / 2 * 2 * PAGE < positions; page += WARPS) {
      if (BULK_COPIES && one[page]) continue;
#pragma unroll(BULK_COPIES ? 1 : 2)
      for (int half = 0; half < 2; half++) {
        const int position = page * PAGE + half * 8 + g;
        const Element* const row = rowsOf(position);
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
  const auto copyKeys = [&](int item, int split, int head) {
    if constexpr (Kv::SCALED) {
      const bool there = split * SPLIT + thread <= tile.last;
      const float* const from = cache.keyScales(pages[split - tile.begin][thread], head) + threadIdx.x % PAGE;
      copyAsync<4>(&scales[item % 2][0][thread], from, there ? 4 : 0);
      copyAsync<4>(&scales[item % 2][1][thread], from + PAGE, there ? 4 : 0);
    }
    copyPages(split, head, keys, 0, arrived, WARPS);
  };
  const auto copyValues = [&](int split, int head) { copyPages(split, head, values, part, &arrived[WARPS], 1); };
  // Waits for an item's pages, and lets copies take the place of rows that threads copied, once all are here.
  const auto waitFor = [&](int item, Mbarrier* barrier) {
    copyAsyncWait<1>();
    if constexpr (BULK_COPIES) {
      mbarrierWait(barrier, item % 2);
      fenceProxyAsync();
    }
  };

  // The row of keys that this lane names, see addScores; that of the warp's first tile of values, see valueRows, and how far
  // it is to the next tile's.
  const int keyRow = kept(Kv::Rows::at(unsignedLane % 16, unsignedLane / 16 * Kv::Rows::UNIT));
  const int tileRow = kept(Kv::Rows::at(unsignedLane / (Kv::SCALED ? 8 : 16) % 2 * 8 + unsignedLane % 8,
                                        warp * 16 + (Kv::SCALED ? 0 : unsignedLane / 8 % 2 * UNIT)));
  constexpr int NEXT_TILE = WARPS * 16 * PAGE;

  find(tile.begin);
  if (thread < TILE) softmax[thread] = emptySoftmax();
  if (BULK_COPIES && thread <= WARPS) {
    mbarrierInit(&arrived[thread], thread < WARPS ? PAGES / WARPS : PAGES);
    fenceProxyAsync();
  }
  __syncthreads();
  copyKeys(0, tile.begin, tile.kvHead);
  copyAsyncCommit();
  copyValues(tile.begin, tile.kvHead);
  copyAsyncCommit();

  // queries are the columns of the scores
  uint4 query[MOST_BLOCKS];
  const auto ask = [&](int head) {
    const bf16* const own = rowOf(q, tile.row(min(g, tile.count - 1)) + (head - tile.kvHead) * static_cast<int>(gridDim.z), d);
#pragma unroll
    for (int j = 0; j < MOST_BLOCKS; j++) query[j] = queryColumns(cache, own, j, t, g < tile.count ? units : 0);
  };
  ask(tile.kvHead);
#pragma unroll 1
  for (int split = tile.begin + 1; split < tile.end; split++) find(split);  // others read that behind the first scores

  const float scoreFactor = scale * Raw<Kv>::FACTOR;
  float4 sums[MOST_TILES] = {};
  // results of lanes that are done here; of the others, what is to be merged
  const auto leave = [&](int split) {
#pragma unroll
    for (int c = 0; c < 2; c++) {
      const int n = 2 * t + c;
      if (n >= tile.count || split * SPLIT > tile.position(n)) continue;
      const bool done = tile.blocks == 1 || tile.position(n) < SPLIT;
      const float factor = done ? 1.0f / softmax[n].sum : 1.0f;
      bf16* to = rowOf(out, tile.row(n), d);
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

  // an item is a split of a head
  const int first = tile.kvHead, behind = min(first + together, cache.heads);
  for (int item = 0, split = tile.begin;; item++) {
    const int start = split * SPLIT, positions = min(SPLIT, tile.last + 1 - start);
    const bool ends = split + 1 == tile.end;
    const int next = ends ? tile.begin : split + 1, nextHead = tile.kvHead + ends;
    const bool more = nextHead < behind;

    // scores: a page's 16 positions against the columns
    waitFor(item, &arrived[warp]);
    __syncwarp();  // for what other threads of the warp copied
#pragma unroll
    for (int i = 0; i < PAGES / WARPS; i++) {
      const int page = i * WARPS + warp;
      if (page * PAGE >= positions) continue;
      const Element* const near = keys + page * part + keyRow;
      const Element* const far = keys + page * part + (keyRow ^ 16);
      float4 score = {};
#pragma unroll
      for (int j = 0; j < MOST_BLOCKS; j++) {
        if (4 * j < units) score = addScores(cache, near + j * PAGE * BLOCK, far + j * PAGE * BLOCK, query[j], score);
      }
      float* to = &scores[2 * t][page * PAGE + g];
      to[0] = score.x * scoreFactor;
      to[PITCH] = score.y * scoreFactor;
      to[8] = score.z * scoreFactor;
      to[PITCH + 8] = score.w * scoreFactor;
    }
    __syncthreads();
    if (more) copyKeys(item + 1, next, nextHead);
    copyAsyncCommit();
    if (more && ends) ask(nextHead);

    // softmax of the split: a warp a column, a thread 4 positions; what its lane may not see has weight 0
    for (int n = warp; n < tile.count; n += WARPS) {
      const int seen = tile.position(n) + 1 - start - 4 * lane;  // of the thread's positions
      const float none = __int_as_float(0xff800000);
      float4 s = {none, none, none, none};
      if (4 * lane < positions) s = reinterpret_cast<const float4*>(scores[n])[lane];
      if constexpr (Kv::SCALED) s = times(s, reinterpret_cast<const float4*>(scales[item % 2][0])[lane]);
      const float greatest = warpMax(
          fmaxf(fmaxf(seen > 0 ? s.x : none, seen > 1 ? s.y : none), fmaxf(seen > 2 ? s.z : none, seen > 3 ? s.w : none)));
      float4 e = {seen > 0 ? maths::exp(s.x - greatest) : 0, seen > 1 ? maths::exp(s.y - greatest) : 0,
                  seen > 2 ? maths::exp(s.z - greatest) : 0, seen > 3 ? maths::exp(s.w - greatest) : 0};
      const float sum = warpSum((e.x + e.y) + (e.z + e.w));
      if constexpr (Kv::SCALED) {
        const float4 raised = {Raw<Kv>::RAISED, Raw<Kv>::RAISED, Raw<Kv>::RAISED, Raw<Kv>::RAISED};
        e = times(times(e, reinterpret_cast<const float4*>(scales[item % 2][1])[lane]), raised);
      }
      auto* weights = reinterpret_cast<__nv_bfloat162*>(scores[n]) + 2 * lane;
      weights[0] = __floats2bfloat162_rn(e.x, e.y);
      weights[1] = __floats2bfloat162_rn(e.z, e.w);
      if (lane == 0) softmax[n].add(greatest, sum);
    }
    waitFor(item, &arrived[WARPS]);
    __syncthreads();

    // values: 16 elements of the head against the columns' weights, a page at a time; columns without a query repeat the last
    float4 sum[MOST_TILES] = {};
    const auto* const weights = reinterpret_cast<const bf16*>(scores[min(static_cast<int>(unsignedLane % 8), tile.count - 1)]) + unsignedLane / 8 * 8;
    const Element* rows = values + tileRow;
    const auto addPair = [&](int pair) {
      const uint4 columns = ldmatrix4(weights + 2 * pair * PAGE);
#pragma unroll
      for (int i = 0; i < MOST_TILES; i++) {
        if ((i * WARPS + warp) * 16 >= d) continue;
        sum[i] = mma16816(valueRows(cache, rows + i * NEXT_TILE), {columns.x, columns.y}, sum[i]);
        sum[i] = mma16816(valueRows(cache, rows + part + i * NEXT_TILE), {columns.z, columns.w}, sum[i]);
      }
      rows += 2 * part;
    };
    if (positions == SPLIT && BULK_COPIES) {
#pragma unroll
      for (int pair = 0; pair < PAIRS; pair++) addPair(pair);
    } else {
#pragma unroll 1
      for (int pair = 0; 2 * pair * PAGE < positions; pair++) addPair(pair);
    }
    Softmax even = softmax[2 * t], odd = softmax[2 * t + 1];
    even.take *= Raw<Kv>::FACTOR / Raw<Kv>::RAISED;
    odd.take *= Raw<Kv>::FACTOR / Raw<Kv>::RAISED;
#pragma unroll
    for (int i = 0; i < MOST_TILES; i++) {
      sums[i].x = even.merged(sums[i].x, sum[i].x);
      sums[i].y = odd.merged(sums[i].y, sum[i].y);
      sums[i].z = even.merged(sums[i].z, sum[i].z);
      sums[i].w = odd.merged(sums[i].w, sum[i].w);
    }
    // a tile of several blocks has each split by itself; of one, all are together at the end
    const bool apart = tile.blocks > 1;
    if (apart || ends) leave(apart ? split : 0);
    if (!more) break;
    __syncthreads();  // before the next scores take the place of these weights, and the next values of these
    copyValues(next, nextHead);
    copyAsyncCommit();
    if (apart || ends) {
#pragma unroll
      for (int i = 0; i < MOST_TILES; i++) sums[i] = make_float4(0, 0, 0, 0);
      if (thread < TILE) softmax[thread] = emptySoftmax();
    }
    split = next;
    tile.take(nextHead);
  }

  if (tile.blocks == 1) return;
  for (int head = first; head < behind; head++) {
    tile.take(head);
    merge(tile, partials, arrivals, d, out);
  }
}

}  // namespace

// For heads of up to 128 elements, and of up to 256.
#define ATTENTION_KERNELS(FORMAT, KV)                                                                                     \
  KERNEL_BOUNDS(attention##FORMAT##_bf16, THREADS, 4, Lanes lanes, const bf16* q, Sequences sequences, KV cache, Slot slot, \
                float scale, bf16* out, float* partials, int* arrivals, int run, int together) {                                                 \
    TIMELINE;                                                                                                    \
    attend<NARROW / 32>(lanes, q, sequences, cache, slot, scale, out, partials, arrivals, run, together);                                \
  }                                                                                                                       \
  KERNEL_BOUNDS(attention_wide##FORMAT##_bf16, THREADS, 1, Lanes lanes, const bf16* q, Sequences sequences, KV cache,      \
                Slot slot, float scale, bf16* out, float* partials, int* arrivals, int run, int together) {                                      \
    TIMELINE;                                                                                                    \
    attend<WIDE / 32>(lanes, q, sequences, cache, slot, scale, out, partials, arrivals, run, together);                                  \
  }

using Fp8 = ScaledKv<bf16, codes::E4m3>;
using Int8 = ScaledKv<bf16, codes::Int8>;
ATTENTION_KERNELS(, KvCache<bf16>)
ATTENTION_KERNELS(_fp8, Fp8)
ATTENTION_KERNELS(_int8, Int8)

ABI(attention, ABI_VALUE(SPLIT), ABI_VALUE(THREADS), ABI_VALUE(HEADER), ABI_VALUE(NARROW), ABI_VALUE(WIDE))

// Causal softmax attention over paged keys and values, bfloat16 on tensor cores (Vaswani et al. 2017; the split context
// follows Dao et al. 2023, "Flash-Decoding"). A tile's lanes are the 8 columns of mma.m16n8k16, one or eight alike; the
// rows are positions where keys are scored, and elements of the head where values are summed.
#include "attention.cuh"

using namespace attention;

namespace {

constexpr int UNIT = 8;              // elements of a 16-byte vector
constexpr int WARPS = THREADS / 32;
constexpr int PAGES = SPLIT / PAGE;  // pages of a split
constexpr int MOST_BLOCKS = 4;       // most blocks of 32 elements in a head
constexpr int MOST_TILES = 2;        // most 16-row tiles of a head that a warp sums: 128 / 16 / WARPS
constexpr int SCORES = SPLIT + 4;    // floats from a lane's scores to the next: a warp's stores meet every bank
constexpr int WEIGHTS = SPLIT + 32;  // the same for its weights, which are loaded 16 bytes at a time
constexpr int SCRATCH = TILE * (SCORES * 4 + WEIGHTS * 2);  // bytes of both; they take the place of the keys

// Place of a unit of a key in shared memory: rows whose pitch is whole banks change places within, so that a load of
// two neighbouring rows meets every bank once.
struct KeyLayout {
  int units;

  __device__ int operator()(int position, int unit) const {
    return position * units + ((units & 7) == 0 ? unit ^ (position & 1) << 2 : unit);
  }
};

// Place of a unit (8 positions) of an element's values: a page's elements behind one another, pages 64 bytes apart
// modulo 128, for a load takes two elements of two pages.
struct ValueLayout {
  int units;  // of a key; 16 a page and element of the head

  __device__ int pitch() const { return 2 * UNIT * units + 4; }
  __device__ int operator()(int page, int element, int half) const { return page * pitch() + 2 * element + half; }
};

// Counts (row, column) on by THREADS in a matrix of so many columns, without a division a step.
struct Walk {
  int row, column, columns, rowStep, columnStep;

  __device__ explicit Walk(int columns)
      : row(threadIdx.x / columns), column(threadIdx.x % columns), columns(columns), rowStep(THREADS / columns),
        columnStep(THREADS % columns) {}
  __device__ void next() {
    row += rowStep;
    column += columnStep;
    if (column >= columns) {
      column -= columns;
      row++;
    }
  }
};

// 8 positions of an element's values, each in its own page: what adaptive depth leaves behind.
__device__ uint4 gather(const KvCache<__nv_bfloat16>& cache, const int* pages, int head, int element, int half, int count) {
  unsigned words[4] = {0, 0, 0, 0};
#pragma unroll
  for (int i = 0; i < HALF; i++) {
    if (i < count) {
      const unsigned short bits =
          __bfloat16_as_ushort(cache.values(pages[i], head)[element * PAGE + half * HALF + i]);
      words[i / 2] |= static_cast<unsigned>(bits) << i % 2 * 16;
    }
  }
  return {words[0], words[1], words[2], words[3]};
}

__device__ uint4 loadOr0(const uint4* from, bool there) { return there ? *from : uint4{0, 0, 0, 0}; }

// Two products of 16 rows with 8 columns over 32 elements, of which thread t of a row holds 8t … 8t + 7 on both sides:
// any order of the elements will do, as long as both sides have it.
__device__ float4 multiply(uint4 top, uint4 bottom, uint4 columns, float4 sum) {
  sum = mma16816({top.x, bottom.x, top.y, bottom.y}, {columns.x, columns.y}, sum);
  return mma16816({top.z, bottom.z, top.w, bottom.w}, {columns.z, columns.w}, sum);
}

}  // namespace

// out[m] = Σ softmax(q[m] · k / √D) v over the positions up to the lane's own, for the lanes of tile blockIdx.x, head
// blockIdx.y, and split blockIdx.z of the context or, where gridDim.z is 1, all of it. Reads 4 · D bytes a position, head
// and tile.
// q, out [≥n, H, D]; scale 1/√D; partials [n, H, gridDim.z, D + 4], arrivals [tiles, H] zero, both only where gridDim.z > 1.
// D: cache.width, a multiple of 8 up to 128. Shared: 256 · D bytes of keys, at least SCRATCH, and 256 · D + 512 of values.
KERNEL_BOUNDS(attention_bf16, THREADS, 4, Lanes lanes, const __nv_bfloat16* q, Sequences sequences,
              KvCache<__nv_bfloat16> cache, Slot slot, float scale, __nv_bfloat16* out, float* partials, int* arrivals) {
  DYNAMIC_SHARED(uint4, shared);
  SHARED(int[SPLIT], pages);
  SHARED(unsigned[WARPS], agree);
  SHARED(Softmax[TILE], softmax);
  gridDependencyLaunch();
  gridDependencyWait();

  const Tile tile(lanes, blockIdx.x);
  if (tile.count == 0 || blockIdx.z >= tile.splits()) return;
  const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32, g = lane / 4, t = lane % 4;
  const int head = blockIdx.y, heads = gridDim.y, d = cache.width, units = d / UNIT;
  const KeyLayout keyAt{units};
  const ValueLayout valueAt{units};
  uint4* const keys = shared;
  uint4* const values = shared + max(SPLIT * units, SCRATCH / 16);
  float* const scores = reinterpret_cast<float*>(shared);  // [TILE, SPLIT], in the place of the keys
  __nv_bfloat16* const weights = reinterpret_cast<__nv_bfloat16*>(scores + TILE * SCORES);  // [TILE, SPLIT]

  int page = pageOf(sequences, slot, tile, blockIdx.z * SPLIT + thread);
  if (thread < TILE) softmax[thread] = emptySoftmax();

  // query, as mma wants its columns: thread t of lane g's four has elements 8t … of each 32
  uint4 query[MOST_BLOCKS];
#pragma unroll
  for (int j = 0; j < MOST_BLOCKS; j++) {
    const auto* from = reinterpret_cast<const uint4*>(q + (static_cast<long long>(tile.first + g) * heads + head) * d);
    query[j] = loadOr0(from + 4 * j + t, g < tile.count && 4 * j + t < units);
  }

  float4 sums[MOST_TILES] = {};
  for (int split = blockIdx.z; split < tile.splits(); split += gridDim.z) {
    const int start = split * SPLIT;
    const int positions = min(SPLIT, tile.last + 1 - start), pageCount = (positions + PAGE - 1) / PAGE;

    // where the split's positions lie
    pages[thread] = page;
    const unsigned same = agreeing(page);
    if (lane == 0) agree[warp] = same;
    __syncthreads();

    // keys, a row a position; rows behind the last are zero
    Walk key(units);
    for (; key.row < pageCount * PAGE; key.next()) {
      const bool there = key.row < positions;
      const auto* from = there ? cache.keys(pages[key.row], head) + key.row % PAGE * d + key.column * UNIT : cache.pages;
      copyAsync<16>(keys + keyAt(key.row, key.column), from, there ? 16 : 0);
    }
    copyAsyncCommit();

    // values, 8 positions of an element at once, for pairs of pages; those behind the last position are zero
    Walk value(2 * d);
    for (; value.row < (pageCount + 1) / 2 * 2; value.next()) {
      const int element = value.column / 2, half = value.column % 2, first = value.row * PAGE + half * HALF;
      const int count = min(HALF, max(0, positions - first));
      uint4* to = values + valueAt(value.row, element, half);
      if ((agree[first / 32] >> first % 32 & 0xff) == 0xff) {
        const auto* from = count ? cache.values(pages[first], head) + element * PAGE + half * HALF : cache.pages;
        copyAsync<16>(to, from, 2 * count);
      } else {
        *to = gather(cache, pages + first, head, element, half, count);
      }
    }
    copyAsyncCommit();
    page = pageOf(sequences, slot, tile, start + gridDim.z * SPLIT + thread);  // of the next split
    copyAsyncWait<1>();
    __syncthreads();

    // scores: a page's 16 positions against the tile's lanes
    float4 score[PAGES / WARPS] = {};
#pragma unroll
    for (int i = 0; i < PAGES / WARPS; i++) {
      const int row = (i * WARPS + warp) * PAGE + g;
      if (row - g >= positions) continue;
#pragma unroll
      for (int j = 0; j < MOST_BLOCKS; j++) {
        const int unit = 4 * j + t;
        if (4 * j >= units) continue;
        const uint4 top = loadOr0(keys + keyAt(row, unit), unit < units);
        const uint4 bottom = loadOr0(keys + keyAt(row + 8, unit), unit < units);
        score[i] = multiply(top, bottom, query[j], score[i]);
      }
    }
    __syncthreads();  // the keys are done with
#pragma unroll
    for (int i = 0; i < PAGES / WARPS; i++) {
      float* to = scores + 2 * t * SCORES + (i * WARPS + warp) * PAGE + g;
      to[0] = score[i].x * scale;
      to[SCORES] = score[i].y * scale;
      to[8] = score[i].z * scale;
      to[SCORES + 8] = score[i].w * scale;
    }
    __syncthreads();

    // softmax of the split: a warp a lane, a thread 4 positions; what the lane may not see has weight 0
    for (int n = warp; n < tile.count; n += WARPS) {
      const int seen = tile.position(n) + 1 - start - 4 * lane;  // of the thread's positions
      const float4 s = reinterpret_cast<const float4*>(scores + n * SCORES)[lane];
      const float none = __int_as_float(0xff800000);
      const float greatest = warpMax(
          fmaxf(fmaxf(seen > 0 ? s.x : none, seen > 1 ? s.y : none), fmaxf(seen > 2 ? s.z : none, seen > 3 ? s.w : none)));
      const float x = seen > 0 ? maths::exp(s.x - greatest) : 0, y = seen > 1 ? maths::exp(s.y - greatest) : 0;
      const float z = seen > 2 ? maths::exp(s.z - greatest) : 0, w = seen > 3 ? maths::exp(s.w - greatest) : 0;
      const float sum = warpSum((x + y) + (z + w));
      auto* to = reinterpret_cast<__nv_bfloat162*>(weights + n * WEIGHTS + 4 * lane);
      to[0] = __floats2bfloat162_rn(x, y);
      to[1] = __floats2bfloat162_rn(z, w);
      if (lane == 0) softmax[n].add(greatest, sum);
    }
    copyAsyncWait<0>();
    __syncthreads();

    // values: 16 elements of the head against the lanes' weights, 32 positions at a time
#pragma unroll
    for (int i = 0; i < MOST_TILES; i++) {
      const int element = (i * WARPS + warp) * 16 + g;
      if (element - g >= d) continue;
      float4 sum = {};
      for (int pair = 0; pair * 2 < pageCount; pair++) {
        const int from = 2 * pair + t / 2;
        const uint4 top = values[valueAt(from, element, t % 2)];
        const uint4 bottom = loadOr0(values + valueAt(from, element + 8, t % 2), element + 8 < d);
        const auto* weight = reinterpret_cast<const uint4*>(weights + g * WEIGHTS) + 4 * pair + t;
        sum = multiply(top, bottom, loadOr0(weight, g < tile.count), sum);
      }
      // columns without a lane merge nonsense with nonsense
      const Softmax even = softmax[2 * t], odd = softmax[2 * t + 1];
      sums[i].x = even.merged(sums[i].x, sum.x);
      sums[i].y = odd.merged(sums[i].y, sum.y);
      sums[i].z = even.merged(sums[i].z, sum.z);
      sums[i].w = odd.merged(sums[i].w, sum.w);
    }
    __syncthreads();  // before the next split's keys take the place of the weights
  }

  // results of lanes that are done here; of the others, what is to be merged
#pragma unroll
  for (int c = 0; c < 2; c++) {
    const int n = 2 * t + c;
    if (n >= tile.count || blockIdx.z * SPLIT > tile.position(n)) continue;
    const bool done = gridDim.z == 1 || tile.position(n) < SPLIT;
    const float factor = done ? 1.0f / softmax[n].sum : 1.0f;
    __nv_bfloat16* to = out + (static_cast<long long>(tile.first + n) * heads + head) * d;
    const Partial partial(partials, tile.first + n, head, heads, gridDim.z, blockIdx.z, d);
#pragma unroll
    for (int i = 0; i < MOST_TILES; i++) {
      const float upper = c ? sums[i].y : sums[i].x, lower = c ? sums[i].w : sums[i].z;
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const int element = (i * WARPS + warp) * 16 + half * 8 + g;
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
  if (gridDim.z > 1 && tile.splits() > 1) merge(tile, partials, arrivals, d, out);
}

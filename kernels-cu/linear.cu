// Products of bfloat16 weights with few lanes on tensor cores, made to stream weights: out = W · x per lane, float sums.
// Bytes moved: rows · columns · 2 of W once for each 64 lanes (beyond the first through L2), little else.
//
// The grid is (lane tiles, blocks): `blocks` is about what the GPU runs at a time, and W's rows in 128s, each a line of
// 32-column steps, are one long line that they share evenly. So all end at once whatever the shape, and none drains
// its loads between rows. A row block that is cut has its partial sums added in the order of their columns by whoever
// comes last. Where the cuts are depends on the shape and the GPU, never on the lanes, and a lane is a column of the
// tensor cores' product: its sums are the same to the bit alone and among others.
//
// A warp has 16 rows (8 pairs of an epilogue) as mma's A operand; lanes are its 8 columns. Columns are permuted within
// 32 so that both operands load 16 bytes: lane (g, t) takes columns 8t … 8t+7, four of them for each of two mma.
// Weights wait for their turn in shared memory, where each lane reads back what it copied itself: so a warp has 8 KB
// on their way at no cost in registers, and waits for them batch by batch.
#include "abi.cuh"
#include "epilogues.cuh"

namespace {

constexpr int WARPS = 8;
constexpr int THREADS = 32 * WARPS;
constexpr int PAIRS = 8 * WARPS;  // pairs of rows a row block
constexpr int STEP = 32;          // columns of a step: two mma, one 16-byte load a row and lane

// Blocks that a multiprocessor's registers must do for: two of a launch, and one of the next that begins early, be it a
// norm (80 registers a thread; for 64 lanes only sm_90 has enough of them without spills).
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 900
constexpr int RESIDENT = 3;
#else
constexpr int RESIDENT = 2;
#endif

// Steps that a warp has in shared memory or on their way there, 1 KB each, and how many of them it asks for at once, so
// that what it reads of a row is a line or two. A block has at most 74 KB: two fit a multiprocessor of sm_80, and on
// sm_90 a third, the next launch's first, whose weights are then on their way while this launch ends.
template <int TILES>
struct Depth {
  static constexpr int BATCH = TILES == 1 ? 4 : 2;
  static constexpr int CHUNK = TILES == 1 ? 8 : TILES <= 4 ? 6 : 4;
  static constexpr int BATCHES = CHUNK / BATCH;
  static_assert(CHUNK <= WARPS, "a warp stages the operands of one step of a chunk");
};

// Of many lanes no third block is to run on a multiprocessor of sm_90: three ask more of its shared memory than it has,
// and begin where two of the launch before happen to have ended, so that some would have three blocks and some one, which
// is then what all wait for. So much shared memory keeps it away and lets two fit a multiprocessor of sm_80.
constexpr int NO_THIRD = 77 * 1024;

// Shared memory of a launch: weights of a chunk, and operands of two, of LANES lanes.
template <int LANES, class Weights>
constexpr int sharedBytes() {
  const int used =
      Depth<LANES / 8>::CHUNK * STEP / 8 * (2 * PAIRS * sizeof(typename Weights::Stored) + 2 * LANES * sizeof(uint4));
  return LANES >= 32 && used < NO_THIRD ? NO_THIRD : used;
}

// How a matrix is shared out: block b has the steps begin(b) … begin(b + 1) of all row blocks' steps, a line after a line.
struct Shares {
  int perRow;  // steps of a row block
  int steps;

  __device__ int begin(int block) const { return static_cast<int>(static_cast<long long>(steps) * block / gridDim.y); }
  __device__ int owner(int step) const { return static_cast<int>(((step + 1LL) * gridDim.y - 1) / steps); }
};

// A lane's two rows in a chunk, the column it reads first and where that is, and how many columns the chunk has.
template <class Stored>
struct Place {
  int firstRow, secondRow, column;
  const Stored* first;
  const Stored* second;
  int columns;
};

// Which lanes a launch is for, from firstLane on, and where its blocks leave what others add up.
struct Work {
  int firstLane;
  // [lane tiles, blocks, 2, TILES, THREADS] sums of a share's first row block, and of its last if that begins within
  float4* partials;
  // [lane tiles, blocks] shares done with the row block that a block begins and does not end; zeros, and left so
  int* arrived;
};

// TILES: lanes of a tile / 8.
template <int TILES, class Source, class Weights, class Epilogue>
__device__ void multiply(const Lanes& lanes, const Source& source, const Weights& weights, const Epilogue& epilogue,
                         const Work& work) {
  using Stored = typename Weights::Stored;
  constexpr int BATCH = Depth<TILES>::BATCH, CHUNK = Depth<TILES>::CHUNK, BATCHES = Depth<TILES>::BATCHES;
  DYNAMIC_SHARED(Stored, shared);
  SHARED(bool, last);
  gridDependencyLaunch();
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int g = lane / 4, t = lane % 4;
  const int columns = weights.columns;
  Stored* const ring = shared + warp * CHUNK * 2 * 32 + lane;     // [WARPS][CHUNK][2 rows][32]: what each lane copied itself
  uint4* const staged = reinterpret_cast<uint4*>(shared + WARPS * CHUNK * 2 * 32) + lane;  // [2][CHUNK][TILES][32], as mma wants B
  const int pairs = epilogue.pairs();
  const int perRow = (columns + STEP - 1) / STEP;
  const Shares shares{perRow, (pairs + PAIRS - 1) / PAIRS * perRow};
  const int begin = shares.begin(blockIdx.y), end = shares.begin(blockIdx.y + 1);
  const int firstLane = work.firstLane + blockIdx.x * TILES * 8;

  const auto tileOf = [&](int rowBlock) { return (rowBlock * WARPS + warp) * 8; };
  // steps of the chunk that begins at a step: no more than end the share or the row block
  const auto stepsAt = [&](int at) { return min(CHUNK, min(end - at, perRow - at % perRow)); };
  const auto placeAt = [&](int at) {
    // rows beyond the last repeat it; a warp that has none loads nothing
    const int rowBlock = at / perRow, column = STEP * (at % perRow);
    const int pair = min(tileOf(rowBlock) + g, pairs - 1);
    const int first = epilogue.first(pair), second = epilogue.second(pair), own = column + 8 * t;
    return Place<Stored>{first, second, own, weights.at(first, own), weights.at(second, own),
                         tileOf(rowBlock) < pairs ? min(columns - column, STEP * stepsAt(at)) : 0};
  };

  const StreamingPolicy once = streamingPolicy();
  // weights of a batch of steps on their way to where the chunk before had its; zeros where columns end
  const auto load = [&](const Place<Stored>& place, int batch) {
#pragma unroll
    for (int row = 0; row < 2; row++) {
#pragma unroll
      for (int i = batch * BATCH; i < (batch + 1) * BATCH; i++) {
        if (STEP * i >= place.columns) continue;
        const Stored* const from = (row == 0 ? place.first : place.second) + STEP / 8 * i;
        copyAsyncStreaming(ring + (2 * i + row) * 32, from, STEP * i + 8 * t < place.columns ? sizeof(Stored) : 0, once);
      }
    }
  };

  // the first weights are on their way before the predecessor has ended; the lane table no kernel writes
  Place<Stored> place = placeAt(begin);
  for (int batch = 0; batch < BATCHES; batch++) load(place, batch);
  const int live = min(lanes.count() - firstLane, TILES * 8);
  gridDependencyWait();

  // operands of a chunk to shared memory: a warp stages one step of all lanes, zeros for lanes that are not there
  const auto stage = [&](int at, int buffer) {
    if (warp >= stepsAt(at)) return;
    const int column = STEP * (at % perRow + warp) + 8 * t;
#pragma unroll 2
    for (int tile = 0; tile < TILES; tile++) {
      const bool there = 8 * tile + g < live && column < columns;
      const bf16* const from = source.at(source.row(lanes, firstLane + (there ? 8 * tile + g : 0)), there ? column : 0);
      copyAsync<16>(staged + ((buffer * CHUNK + warp) * TILES + tile) * 32, from, there ? 16 : 0);
    }
  };
  // the epilogue of all lanes; the sums move up one by one, since registers have no index, and leave zeros behind
  const auto finish = [&](int rowBlock, float4(&sums)[TILES]) {
    const int pair = tileOf(rowBlock) + g;
#pragma unroll 1
    for (int tile = 0; tile < TILES; tile++) {
      const float4 sum = sums[0];
#pragma unroll
      for (int i = 0; i < TILES; i++) sums[i] = i + 1 < TILES ? sums[i + 1] : make_float4(0, 0, 0, 0);
      const int m = 8 * tile + 2 * t;
      if (pair < pairs && m < live) epilogue(lanes, firstLane + m, pair, sum.x, sum.z);
      if (pair < pairs && m + 1 < live) epilogue(lanes, firstLane + m + 1, pair, sum.y, sum.w);
    }
  };

  if (live > 0) stage(begin, 0);
  copyAsyncCommit();
  copyAsyncWait<0>();
  if (live <= 0) return;
  float4 sums[TILES] = {};
  for (int at = begin, buffer = 0, next; at < end; at = next, buffer ^= 1) {
    next = at + stepsAt(at);
    const int rowBlock = at / perRow;
    const int steps = tileOf(rowBlock) < pairs ? next - at : 0;
    const Place<Stored> here = place;
    if (next < end) place = placeAt(next);
#pragma unroll
    for (int batch = 0; batch < BATCHES; batch++) {
      // the oldest of the groups on their way: this batch, and with the first one the chunk's operands
      copyAsyncWait<BATCHES - 1>();
      if (batch == 0) __syncthreads();
#pragma unroll
      for (int i = batch * BATCH; i < (batch + 1) * BATCH; i++) {
        if (i >= steps) continue;
        const uint4 first = weights.load8(ring[2 * i * 32], here.firstRow, here.column + STEP * i).v;
        const uint4 second = weights.load8(ring[(2 * i + 1) * 32], here.secondRow, here.column + STEP * i).v;
        const uint4* const operands = staged + (buffer * CHUNK + i) * TILES * 32;
#pragma unroll
        for (int tile = 0; tile < TILES; tile++) {
          const uint4 b = operands[32 * tile];
          sums[tile] = mma16816(make_uint4(first.x, second.x, first.y, second.y), make_uint2(b.x, b.y), sums[tile]);
          sums[tile] = mma16816(make_uint4(first.z, second.z, first.w, second.w), make_uint2(b.z, b.w), sums[tile]);
        }
      }
      if (next < end) {
        if (batch == 0) stage(next, buffer ^ 1);
        load(place, batch);
      }
      copyAsyncCommit();
    }

    // the row block ends, or the share does: are these all its sums?
    if (next % perRow != 0 && next != end) continue;
    const int rowBegin = rowBlock * perRow;
    const int from = shares.owner(rowBegin), to = shares.owner(rowBegin + perRow - 1);
    if (from == to) {
      finish(rowBlock, sums);
      continue;
    }
    // each leaves its own, and who comes last adds them up, in order
    const int begunWithin = shares.begin(from) < rowBegin;
    const auto partial = [&](int block) {
      const size_t slot = (static_cast<size_t>(blockIdx.x) * gridDim.y + block) * 2 + (block == from ? begunWithin : 0);
      return work.partials + slot * TILES * THREADS + threadIdx.x;
    };
    float4* const mine = partial(blockIdx.y);
#pragma unroll
    for (int tile = 0; tile < TILES; tile++) {
      __stcg(mine + tile * THREADS, sums[tile]);
      sums[tile] = make_float4(0, 0, 0, 0);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      int* const count = work.arrived + blockIdx.x * gridDim.y + from;
      last = atomicAddAcquireRelease(count, 1) == to - from;
      if (last) *count = 0;
    }
    __syncthreads();
    if (!last) continue;
    // eight loads at once, for nothing else is under way: of up to four tiles, from as many blocks as that leaves
    constexpr int SOME = TILES < 4 ? TILES : 4, BLOCKS = 8 / SOME;
#pragma unroll
    for (int tile = 0; tile < TILES; tile += SOME) {
#pragma unroll 1
      for (int block = from; block <= to; block += BLOCKS) {
        float4 more[BLOCKS][SOME];
#pragma unroll
        for (int b = 0; b < BLOCKS; b++) {
          const float4* const theirs = partial(block + b) + tile * THREADS;
#pragma unroll
          for (int i = 0; i < SOME; i++) {
            more[b][i] = block + b <= to ? __ldcg(theirs + i * THREADS) : make_float4(0, 0, 0, 0);
          }
        }
#pragma unroll
        for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
          for (int i = 0; i < SOME; i++) {
            float4& sum = sums[tile + i];
            sum = make_float4(sum.x + more[b][i].x, sum.y + more[b][i].y, sum.z + more[b][i].z, sum.w + more[b][i].w);
          }
        }
      }
    }
    finish(rowBlock, sums);
  }
}

}  // namespace

// The kernels of a format, for at most so many lanes a tile: a lane's sums are the same in all of them. Every parameter is
// described in epilogues.cuh, weights.cuh and at multiply.
#define LINEAR_KERNEL(NAME, ...) KERNEL_BOUNDS(linear_##NAME, THREADS, RESIDENT, __VA_ARGS__)
#define LINEAR_KERNELS(LANES, FORMAT, WEIGHTS)                                                                      \
  LINEAR_KERNEL(store_##LANES##_##FORMAT, Lanes lanes, const bf16* x, WEIGHTS weights, Work work, float* out, int rows,     \
                int byRow) {                                                                                        \
    multiply<LANES / 8>(lanes, Rows<bf16>{x, weights.columns}, weights, Store(rows, out, byRow), work);             \
  }                                                                                                                 \
  LINEAR_KERNEL(add_##LANES##_##FORMAT, Lanes lanes, const bf16* x, WEIGHTS weights, Work work,                     \
                const float* residual, float* out, int rows) {                                                      \
    multiply<LANES / 8>(lanes, Rows<bf16>{x, weights.columns}, weights, Add(rows, residual, out), work);            \
  }                                                                                                                 \
  LINEAR_KERNEL(swiglu_##LANES##_##FORMAT, Lanes lanes, const bf16* x, WEIGHTS weights, Work work, bf16* out,       \
                int outColumns) {                                                                                   \
    multiply<LANES / 8>(lanes, Rows<bf16>{x, weights.columns}, weights, Swiglu<bf16>{outColumns, out}, work);       \
  }                                                                                                                 \
  LINEAR_KERNEL(qkv_##LANES##_##FORMAT, Lanes lanes, const bf16* x, WEIGHTS weights, Work work, int queries,        \
                const float* bias, const float* rope, Sequences sequences, KvCache<bf16> cache, Slot slot,          \
                bf16* q) {                                                                                          \
    multiply<LANES / 8>(lanes, Rows<bf16>{x, weights.columns}, weights,                                             \
                        QueryKeyValue<KvCache<bf16>>(queries, bias, rope, sequences, cache, slot, q), work);                 \
  }                                                                                                                 \
  LINEAR_KERNEL(adapter_##LANES##_##FORMAT, Lanes lanes, const bf16* s, const bf16* e, WEIGHTS weights, Work work,  \
                float* out, int rows, int byRow) {                                                                  \
    multiply<LANES / 8>(lanes, Joined<bf16>{s, e, weights.columns / 2}, weights, Store(rows, out, byRow), work);    \
  }

LINEAR_KERNELS(8, bf16, PlainWeights<bf16>)
LINEAR_KERNELS(16, bf16, PlainWeights<bf16>)
LINEAR_KERNELS(32, bf16, PlainWeights<bf16>)
LINEAR_KERNELS(64, bf16, PlainWeights<bf16>)

// What launches are made of.
constexpr int CHUNK = Depth<1>::CHUNK;  // the longest: a share has one at least
constexpr int SHARED_8 = sharedBytes<8, PlainWeights<bf16>>(), SHARED_16 = sharedBytes<16, PlainWeights<bf16>>();
constexpr int SHARED_32 = sharedBytes<32, PlainWeights<bf16>>(), SHARED_64 = sharedBytes<64, PlainWeights<bf16>>();
constexpr int PARTIAL = 2 * 8 * THREADS * sizeof(float4);  // bytes of a block's partial sums, for a tile of 64 lanes

ABI(linear, ABI_VALUE(THREADS), ABI_VALUE(PAIRS), ABI_VALUE(STEP), ABI_VALUE(CHUNK), ABI_VALUE(SHARED_8),
    ABI_VALUE(SHARED_16), ABI_VALUE(SHARED_32), ABI_VALUE(SHARED_64), ABI_VALUE(PARTIAL), ABI_STRUCT(Work),
    ABI_FIELD(Work, firstLane), ABI_FIELD(Work, partials), ABI_FIELD(Work, arrived))

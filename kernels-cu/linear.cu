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
//
// spills: linear_add_64_bf16 sm_90 sm_90a: a word, read once for 4 KB of weights; a register more and no norm could begin
// spills: linear_store_64_bf16 sm_90 sm_90a: the same
// spills: linear_adapter_64_bf16 sm_90 sm_90a: the same
// spills: linear_qkv_64_int4 sm_90 sm_90a: two words of what odd steps look up
// spills: linear_store_64_int4 sm_100: the same, three
// spills: linear_swiglu_64_int4 sm_100: the same, one
#include "abi.cuh"
#include "merge.cuh"

using namespace linear;

namespace {

// The epilogue of a pair of rows and all lanes of a tile, of which `of` is what it must know: what it reads for the next
// lanes is on its way while it deals with these. The sums move up one by one, since registers have no index, and leave
// zeros behind.
template <int TILES, class Epilogue>
__device__ void finish(const Epilogue& epilogue, const typename Epilogue::Lane* of, int live, int p, float4 (&sums)[TILES]) {
  if (p >= epilogue.pairs()) live = 0;
  const auto pair = epilogue.pair(min(p, epilogue.pairs() - 1));
  int m = threadIdx.x % 4 * 2;
  typename Epilogue::Beside even{}, odd{};
  const auto ask = [&](int m) {
    if (m < live) even = epilogue.beside(pair, of[m]);
    if (m + 1 < live) odd = epilogue.beside(pair, of[m + 1]);
  };
  ask(m);
#pragma unroll 1
  for (int tile = 0; tile < TILES; tile++, m += 8) {
    const float4 sum = sums[0];
#pragma unroll
    for (int i = 0; i < TILES; i++) sums[i] = i + 1 < TILES ? sums[i + 1] : make_float4(0, 0, 0, 0);
    const auto evenNow = even, oddNow = odd;
    ask(m + 8);
    if (m < live) epilogue.put(pair, of[m], evenNow, sum.x, sum.z);
    if (m + 1 < live) epilogue.put(pair, of[m + 1], oddNow, sum.y, sum.w);
  }
}

// TILES: lanes of a tile / 8.
template <int TILES, class Source, class Weights, class Epilogue>
__device__ void multiply(const Lanes& lanes, const Source& source, const Weights& weights, const Epilogue& epilogue,
                         const Work& work) {
  using Pipe = Pipeline<TILES, Source, Weights, Epilogue>;
  DYNAMIC_SHARED(uint4, shared);
  SHARED(typename Epilogue::Lane[8 * TILES], of);  // what the epilogue must know of each lane
  gridDependencyLaunch();

  // the block's share of all row blocks' steps, and its tile of lanes
  const int pairs = epilogue.pairs(), perRow = static_cast<unsigned>(weights.columns + STEP - 1) / STEP;
  const Shares shares{perRow, (pairs + PAIRS - 1) / PAIRS * perRow};
  const int firstLane = work.firstLane + blockIdx.x * TILES * 8;
  const int live = min(lanes.count() - firstLane, TILES * 8);  // no kernel writes the lane table
  Pipe pipe(lanes, source, weights, epilogue, perRow, firstLane, live, shared);

  // the first weights are on their way before the predecessor has ended, the first operands as soon as it has
  Chunk chunk = pipe.first(shares.begin(blockIdx.y), shares.begin(blockIdx.y + 1));
  auto place = pipe.place(chunk);
  for (int batch = 0; batch < Pipe::BATCHES; batch++) pipe.load(chunk, place, batch);
  gridDependencyWait();
  if (live > 0) pipe.stage(chunk, 0);
  copyAsyncCommit();
  if (static_cast<int>(threadIdx.x) < live) of[threadIdx.x] = epilogue.lane(lanes, firstLane + threadIdx.x);
  copyAsyncWait<0>();
  if (live <= 0) return;

  float4 sums[TILES] = {};
  for (int buffer = 0; chunk.any(); buffer ^= 1) {
    const Chunk next = pipe.after(chunk);
    if (next.any()) place = pipe.place(next);
#pragma unroll
    for (int batch = 0; batch < Pipe::BATCHES; batch++) {
      // the oldest of the groups on their way: this batch, and with the first one the chunk's operands
      copyAsyncWait<Pipe::BATCHES - 1>();
      if (batch == 0) {
        __syncthreads();
      } else if (Pipe::CODED) {
        __syncwarp();  // lanes read what others of the warp copied
      }
      pipe.multiply(chunk, batch, buffer, sums);
      if (Pipe::CODED) __syncwarp();
      if (next.any()) {
        if (batch == 0) pipe.stage(next, buffer ^ 1);
        pipe.load(next, place, batch);
      }
      copyAsyncCommit();
    }

    // the row block ends, or the share does: are these all its sums, and if not, is it for this block to add them up?
    const int rowBlock = chunk.rowBlock;
    chunk = next;
    if (next.any() && next.rowBlock == rowBlock) continue;
    const Merge<TILES> merge(work, shares, rowBlock);
    if (!merge.alone()) {
      if (!merge.leave(sums)) continue;
      merge.add(sums);
    }
    finish(epilogue, of, live, Pipe::firstPair(rowBlock) + Pipe::g(), sums);
  }
}

// Blocks that a multiprocessor's registers must do for. Of many lanes shared memory has no place for a third one, so that
// only what a norm follows leaves registers for it.
template <int LANES, class Weights, bool BEFORE_NORM>
constexpr int resident() {
  const bool coded = sizeof(typename Weights::Stored) < sizeof(uint4);
  return LANES > 8 && coded || LANES == 64 && !BEFORE_NORM ? 2 : RESIDENT;
}

}  // namespace

// The kernels of a format, for at most so many lanes a tile: a lane's sums are the same in all of them. Every parameter is
// described in epilogues.cuh, weights.cuh and at multiply.
#define LINEAR_KERNEL(LANES, WEIGHTS, BEFORE_NORM, NAME, ...) \
  KERNEL_BOUNDS(linear_##NAME, THREADS, (resident<LANES, WEIGHTS, BEFORE_NORM>()), __VA_ARGS__)
#define LINEAR_KERNELS(LANES, FORMAT, WEIGHTS)                                                                      \
  LINEAR_KERNEL(LANES, WEIGHTS, true, store_##LANES##_##FORMAT, Lanes lanes, const bf16* x, WEIGHTS weights, Work work, float* out, int rows,     \
                int byRow) {                                                                                        \
    TIMELINE;                                                                                                       \
    multiply<LANES / 8>(lanes, Rows<bf16>{x, weights.columns}, weights, Store(rows, out, byRow), work);             \
  }                                                                                                                 \
  LINEAR_KERNEL(LANES, WEIGHTS, true, add_##LANES##_##FORMAT, Lanes lanes, const bf16* x, WEIGHTS weights, Work work,                     \
                const float* residual, float* out, int rows) {                                                      \
    TIMELINE;                                                                                                       \
    multiply<LANES / 8>(lanes, Rows<bf16>{x, weights.columns}, weights, Add(rows, residual, out), work);            \
  }                                                                                                                 \
  LINEAR_KERNEL(LANES, WEIGHTS, false, swiglu_##LANES##_##FORMAT, Lanes lanes, const bf16* x, WEIGHTS weights, Work work, bf16* out,       \
                int outColumns) {                                                                                   \
    TIMELINE;                                                                                                       \
    multiply<LANES / 8>(lanes, Rows<bf16>{x, weights.columns}, weights, Swiglu<bf16>{outColumns, out}, work);       \
  }                                                                                                                 \
  LINEAR_KERNEL(LANES, WEIGHTS, false, qkv_##LANES##_##FORMAT, Lanes lanes, const bf16* x, WEIGHTS weights, Work work, int queries,        \
                const float* bias, const float* rope, Sequences sequences, KvCache<bf16> cache, Slot slot,          \
                bf16* q) {                                                                                          \
    TIMELINE;                                                                                                       \
    multiply<LANES / 8>(lanes, Rows<bf16>{x, weights.columns}, weights,                                             \
                        QueryKeyValue<KvCache<bf16>>(queries, bias, rope, sequences, cache, slot, q), work);                 \
  }                                                                                                                 \
  LINEAR_KERNEL(LANES, WEIGHTS, true, adapter_##LANES##_##FORMAT, Lanes lanes, const bf16* s, const bf16* e, WEIGHTS weights, Work work,  \
                float* out, int rows, int byRow) {                                                                  \
    TIMELINE;                                                                                                       \
    multiply<LANES / 8>(lanes, Joined<bf16>{s, e, weights.columns / 2}, weights, Store(rows, out, byRow), work);    \
  }

#define LINEAR_FORMAT(FORMAT, WEIGHTS) \
  LINEAR_KERNELS(8, FORMAT, WEIGHTS)   \
  LINEAR_KERNELS(16, FORMAT, WEIGHTS)  \
  LINEAR_KERNELS(32, FORMAT, WEIGHTS)  \
  LINEAR_KERNELS(64, FORMAT, WEIGHTS)

using Int8Weights = CodedWeights<Int8Codes, bf16>;
using Int4Weights = CodedWeights<Int4Codes, bf16>;
using Fp8Weights = CodedWeights<Fp8Codes, bf16>;

LINEAR_FORMAT(bf16, PlainWeights<bf16>)
LINEAR_FORMAT(int8, Int8Weights)
LINEAR_FORMAT(int4, Int4Weights)
LINEAR_FORMAT(fp8, Fp8Weights)

// What launches are made of.
constexpr int CHUNK = 8;  // steps of a share at least
#define SHARED_BYTES(FORMAT, WEIGHTS)                                                                          \
  constexpr int SHARED_8_##FORMAT = sharedBytes<8, WEIGHTS>(), SHARED_16_##FORMAT = sharedBytes<16, WEIGHTS>(), \
                SHARED_32_##FORMAT = sharedBytes<32, WEIGHTS>(), SHARED_64_##FORMAT = sharedBytes<64, WEIGHTS>();
#define ABI_SHARED(FORMAT) \
  ABI_VALUE(SHARED_8_##FORMAT), ABI_VALUE(SHARED_16_##FORMAT), ABI_VALUE(SHARED_32_##FORMAT), ABI_VALUE(SHARED_64_##FORMAT)
SHARED_BYTES(bf16, PlainWeights<bf16>)
SHARED_BYTES(int8, Int8Weights)
SHARED_BYTES(int4, Int4Weights)
SHARED_BYTES(fp8, Fp8Weights)
constexpr int PARTIAL = 2 * 8 * THREADS * sizeof(float4);  // bytes of a block's partial sums, for a tile of 64 lanes

ABI(linear, ABI_VALUE(THREADS), ABI_VALUE(PAIRS), ABI_VALUE(STEP), ABI_VALUE(CHUNK), ABI_SHARED(bf16), ABI_SHARED(int8),
    ABI_SHARED(int4), ABI_SHARED(fp8), ABI_VALUE(PARTIAL), ABI_STRUCT(Work), ABI_FIELD(Work, firstLane),
    ABI_FIELD(Work, partials), ABI_FIELD(Work, arrived))

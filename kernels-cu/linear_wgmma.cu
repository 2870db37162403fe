// Products of bfloat16 weights with many lanes on sm_90a: out = W · x per lane, float sums, near the rate of the tensor
// cores. A lane's sums are not those of linear.cu to the bit.
// Bytes moved: rows · columns · 2 of W once, as often as there are tiles of lanes through L2; as much of x for each tile
// of rows, through L2.
//
// A tile is 256 lanes, in two halves, and 176 rows of W. It is made in steps of 64 columns, for which a thread lets the
// copy engine fetch 32 KB of x and 22 KB of W into one of four stages in shared memory; two warpgroups multiply what has
// come, 64 lanes of each half, into 176 registers a thread, and give the stage back. The grid is (lane tiles, blocks), a
// block a multiprocessor: the blocks of a lane tile share the steps of all tiles of rows evenly (linear::Shares), and
// those of one share run beside each other, at the same time, so that W leaves memory once. Cut tiles are added up as in
// linear.cu.
//
// archs: 90a
// spills: linear_qkv_wgmma_bf16 sm_90a: what its epilogue needs once a tile waits aside while 176 registers hold sums, and
// one word that each step reads again
#include "abi.cuh"
#include "async.cuh"
#include "merge.cuh"

using linear::Shares;
using linear::Work;

namespace {

constexpr int GROUP = 128;                     // threads of a warpgroup
constexpr int GROUPS = 2;                      // that multiply
constexpr int THREADS = (GROUPS + 1) * GROUP;  // and those of which one fetches
constexpr int FETCHING = 40, MULTIPLYING = 232;  // registers of a thread, of 168 that it begins with
constexpr int HALF = 64 * GROUPS, HALVES = 2;  // lanes of half a tile
constexpr int LANES = HALF * HALVES, ROWS = 176;
constexpr int DEPTH = 64;                      // columns of a step
constexpr int LINE = 2 * DEPTH;                // bytes of a row in a stage: what the copies swizzle
constexpr int STAGES = 4, STAGE = (LANES + ROWS) * LINE;
constexpr int ALIGN = 1024;                    // of a stage
constexpr int SUMS = 88;                       // a thread's, of 64 lanes and a tile's rows
constexpr int SHARED = STAGES * STAGE + ALIGN;
constexpr int PARTIAL = GROUPS * 2 * GROUP * HALVES * SUMS * sizeof(float);  // bytes of a block's partial sums
constexpr int COUNTERS = GROUPS * sizeof(int);                               // and of its counters
constexpr int LEAST_STEPS = 8;                 // of a share, so that its stages fill

// A block's stages and who may use them: full has the bytes of a step, empty one arrival of each warp that multiplies.
struct Stages {
  unsigned char* ring;
  Mbarrier* full;
  Mbarrier* empty;

  __device__ unsigned char* lanesOf(int step) const { return ring + step % STAGES * STAGE; }
  __device__ unsigned char* rowsOf(int step) const { return lanesOf(step) + LANES * LINE; }
  __device__ void awaitFull(int step) const { mbarrierWait(&full[step % STAGES], step / STAGES % 2); }
  __device__ void awaitEmpty(int step) const { mbarrierWait(&empty[step % STAGES], (step / STAGES + 1) % 2); }
  __device__ void giveBack(int step) const {
    if (threadIdx.x % 32 == 0) mbarrierArrive(&empty[step % STAGES]);
  }
};

// A step of a tile, and what is behind it.
struct Step {
  int tile, step;

  __device__ int column() const { return step * DEPTH; }
  __device__ Step after(int perTile) const { return step + 1 == perTile ? Step{tile + 1, 0} : Step{tile, step + 1}; }
};

// How the steps of all tiles are shared out, of a matrix of so many columns.
template <class Epilogue>
__device__ Shares sharesOf(const Epilogue& epilogue, int columns) {
  const int perTile = (columns + DEPTH - 1) / DEPTH;
  return {perTile, (epilogue.pairs() + ROWS / 2 - 1) / (ROWS / 2) * perTile};
}

// A block's share: so many steps, counted from `first`, which is in stage 0.
struct Share {
  int perTile, count;
  Step first;

  __device__ Share(const Shares& shares)
      : perTile(shares.perRow),
        count(shares.begin(blockIdx.y + 1) - shares.begin(blockIdx.y)),
        first{shares.begin(blockIdx.y) / shares.perRow, shares.begin(blockIdx.y) % shares.perRow} {}
};

// One thread: W of the first stages before the launch's predecessor has ended, operands when it has. x [lanes, columns]
// in boxes of HALF rows, w [rows, columns] of ROWS / 2, of a step's columns both; of a tile's lanes from firstLane on,
// `halves` of them.
template <class Epilogue>
__device__ void fetch(const Stages& stages, const TensorMap& x, const TensorMap& w, int columns, const Epilogue& epilogue,
                      int firstLane, int halves) {
  const Share share(sharesOf(epilogue, columns));
  const auto weights = [&](int step, const Step& of) {
    Mbarrier* const full = &stages.full[step % STAGES];
    mbarrierArriveExpect(full, STAGE - (HALVES - halves) * HALF * LINE);
    // half a tile's rows, then the others: the pairs' second ones where they lie apart
    const int pair = of.tile * (ROWS / 2);
    const int second = Epilogue::APART ? epilogue.second(pair) : epilogue.first(pair + ROWS / 4);
    tensorCopy(stages.rowsOf(step), w, of.column(), epilogue.first(pair), full);
    tensorCopy(stages.rowsOf(step) + ROWS / 2 * LINE, w, of.column(), second, full);
  };
  const auto operands = [&](int step, const Step& of) {
    Mbarrier* const full = &stages.full[step % STAGES];
    tensorCopy(stages.lanesOf(step), x, of.column(), firstLane, full);
    if (halves > 1) tensorCopy(stages.lanesOf(step) + HALF * LINE, x, of.column(), firstLane + HALF, full);
  };
  const int early = min(STAGES, share.count);
  Step of = share.first;
#pragma unroll 1
  for (int step = 0; step < early; step++, of = of.after(share.perTile)) weights(step, of);
  gridDependencyWait();
  of = share.first;
#pragma unroll 1
  for (int step = 0; step < early; step++, of = of.after(share.perTile)) operands(step, of);
#pragma unroll 1
  for (int step = early; step < share.count; step++, of = of.after(share.perTile)) {
    stages.awaitEmpty(step);
    weights(step, of);
    operands(step, of);
  }
}

// How the sums of a tile that several blocks share come together, for a warpgroup: as linear::Merge does.
struct Cut {
  const Work& work;
  int group, from, to;  // the blocks that share the tile
  bool begunWithin;     // whether the first of them begins it behind another

  __device__ Cut(const Work& work, const Shares& shares, int group, int tile)
      : work(work),
        group(group),
        from(shares.owner(tile * shares.perRow)),
        to(shares.owner(tile * shares.perRow + shares.perRow - 1)),
        begunWithin(shares.begin(from) < tile * shares.perRow) {}

  // Of a block and half, from the calling thread's on, each four GROUP further.
  __device__ float4* partial(int block, int half) const {
    const size_t slot = (static_cast<size_t>(blockIdx.x) * gridDim.y + block) * 2 + (block == from && begunWithin);
    return work.partials + ((slot * GROUPS + group) * HALVES + half) * (GROUP * SUMS / 4) + threadIdx.x % GROUP;
  }

  // Leaves the block's sums. Whether it is the last to do so, in every thread; `meet` lets the warpgroup meet.
  template <class Meet>
  __device__ bool leave(const float (&d)[HALVES][SUMS], int halves, const Meet& meet) const {
    SHARED(bool[GROUPS], last);
#pragma unroll
    for (int half = 0; half < HALVES; half++) {
      float4* const mine = partial(blockIdx.y, half);
#pragma unroll
      for (int i = 0; i < SUMS; i += 4) {
        if (half < halves) __stcg(mine + i / 4 * GROUP, make_float4(d[half][i], d[half][i + 1], d[half][i + 2], d[half][i + 3]));
      }
    }
    meet();
    if (threadIdx.x % GROUP == 0) {
      int* const count = work.arrived + (blockIdx.x * gridDim.y + from) * GROUPS + group;
      last[group] = atomicAddAcquireRelease(count, 1) == to - from;
      if (last[group]) *count = 0;
    }
    meet();
    return last[group];
  }

  // The sums that all left of a half, in the order of their columns.
  __device__ void add(float (&d)[SUMS], int half) const {
#pragma unroll
    for (int i = 0; i < SUMS; i++) d[i] = 0;
#pragma unroll 1
    for (int block = from; block <= to; block++) {
      const float4* const theirs = partial(block, half);
#pragma unroll
      for (int i = 0; i < SUMS; i += 4) {
        const float4 more = __ldcg(theirs + i / 4 * GROUP);
        d[i] += more.x, d[i + 1] += more.y, d[i + 2] += more.z, d[i + 3] += more.w;
      }
    }
  }
};

// The epilogue of a tile's half: a thread has two lanes from m on, eight apart, and of each SUMS / 4 pairs of rows. Some pairs
// at a time, whose reads are under way together; the other sums move up, since registers have no index.
template <class Epilogue>
__device__ void finish(const Epilogue& epilogue, const Lanes& lanes, int m, int tile, float (&d)[SUMS]) {
  constexpr bool APART = Epilogue::APART;
  constexpr int ROUNDS = 11, STEP = SUMS / ROUNDS, PAIRS = STEP / 4;  // sums of a round, and a lane's pairs
  constexpr int SOME = sizeof(typename Epilogue::Pair) > 8 ? 1 : 2;  // as registers allow
  const int pairs = epilogue.pairs(), t = threadIdx.x % 4, count = lanes.count();
  const bool live[2] = {m < count, m + 8 < count};
  const typename Epilogue::Lane of[2] = {epilogue.lane(lanes, min(m, count - 1)), epilogue.lane(lanes, min(m + 8, count - 1))};
#pragma unroll 1
  for (int round = 0; round < ROUNDS; round++) {
#pragma unroll
    for (int some = 0; some < PAIRS; some += SOME) {
      int p[SOME];
      typename Epilogue::Pair pair[SOME];
      typename Epilogue::Beside beside[SOME][2];
#pragma unroll
      for (int i = 0; i < SOME; i++) {
        const int at = round * PAIRS + some + i;  // which of the thread's
        p[i] = tile * (ROWS / 2) + (APART ? at / 2 * 8 + 2 * t + at % 2 : at * 4 + t);
        pair[i] = epilogue.pair(min(p[i], pairs - 1));
#pragma unroll
        for (int lane = 0; lane < 2; lane++) beside[i][lane] = epilogue.beside(pair[i], of[lane]);
      }
#pragma unroll
      for (int i = 0; i < SOME; i++) {
#pragma unroll
        for (int lane = 0; lane < 2; lane++) {
          const int first = APART ? (some + i) / 2 * 4 + i % 2 + 2 * lane : 4 * (some + i) + 2 * lane;
          const int second = APART ? SUMS / 2 + first : first + 1;
          if (live[lane] && p[i] < pairs) epilogue.put(pair[i], of[lane], beside[i][lane], d[first], d[second]);
        }
      }
    }
#pragma unroll
    for (int i = 0; i < SUMS; i++) {
      const int from = APART ? i + STEP / 2 : i + STEP;
      if (APART ? i % (SUMS / 2) < SUMS / 2 - STEP / 2 : from < SUMS) d[i] = d[from];
    }
  }
}

// A warpgroup's sums over steps of one tile: of 64 lanes of each half.
template <int halves>
__device__ void sumUp(const Stages& stages, int first, int end, float (&d)[HALVES][SUMS]) {
  const int group = threadIdx.x / GROUP;
#pragma unroll
  for (int half = 0; half < HALVES; half++) {
#pragma unroll
    for (int i = 0; i < SUMS; i++) d[half][i] = 0;
  }
#pragma unroll 1
  for (int step = first; step < end; step++) {
    stages.awaitFull(step);
    const uint64_t a = wgmmaDescriptor(stages.lanesOf(step) + group * 64 * LINE);
    const uint64_t b = wgmmaDescriptor(stages.rowsOf(step));
    wgmmaFence();
#pragma unroll
    for (int half = 0; half < halves; half++) {
#pragma unroll
      for (int k = 0; k < DEPTH / 16; k++) {
        wgmma64x176x16(d[half], a + (half * HALF * LINE >> 4) + 2 * k, b + 2 * k, 1);
      }
    }
    wgmmaCommit();
    // the products of the step before are done, these are at work
    wgmmaWait<1>();
    if (step > first) stages.giveBack(step - 1);
  }
  wgmmaWait<0>();
  stages.giveBack(end - 1);
}

// A warpgroup's: the products of its lanes, 64 from firstLane on and with two halves as many HALF further.
template <class Epilogue>
__device__ void multiply(const Stages& stages, Mbarrier* together, const Lanes& lanes, int columns, const Epilogue& epilogue,
                         const Work& work, int firstLane, int halves) {
  const int group = threadIdx.x / GROUP;
  const Shares shares = sharesOf(epilogue, columns);
  const Share share(shares);
  gridDependencyWait();
  if (firstLane >= lanes.count()) {  // nothing but to give the stages back
#pragma unroll 1
    for (int step = 0; step < share.count; step++) {
      stages.awaitFull(step);
      stages.giveBack(step);
    }
    return;
  }
  int meetings = 0;
  const auto meet = [&] {
    mbarrierArrive(together);
    mbarrierWait(together, meetings++ % 2);
  };

  float d[HALVES][SUMS];
  int tile = share.first.tile, left = share.perTile - share.first.step;  // steps of the tile
#pragma unroll 1
  for (int step = 0; step < share.count; tile++, left = share.perTile) {
    const int first = step, end = min(share.count, step + left);
    if (halves > 1) {
      sumUp<HALVES>(stages, first, end, d);
    } else {
      sumUp<1>(stages, first, end, d);
    }
    step = end;

    const Cut cut(work, shares, group, tile);
    const bool cutUp = cut.from < cut.to;
    if (cutUp && !cut.leave(d, halves, meet)) continue;
#pragma unroll 1
    for (int half = 0; half < halves; half++) {
      if (cutUp) cut.add(d[0], half);
      const int m = firstLane + half * HALF + threadIdx.x % GROUP / 32 * 16 + threadIdx.x % 32 / 4;
      if (m - threadIdx.x % 32 / 4 < lanes.count()) finish(epilogue, lanes, m, tile, d[0]);
#pragma unroll
      for (int i = 0; i < SUMS; i++) d[0][i] = d[1][i];
    }
  }
}

// columns: of w and x
template <class Epilogue>
__device__ void product(const Lanes& lanes, const TensorMap& x, const TensorMap& w, int columns, const Work& work,
                        const Epilogue& epilogue) {
  DYNAMIC_SHARED(unsigned char, shared);
  SHARED(Mbarrier[STAGES], full);
  SHARED(Mbarrier[STAGES], empty);
  SHARED(Mbarrier[GROUPS], together);
  gridDependencyLaunch();
  const int firstLane = work.firstLane + blockIdx.x * LANES;
  if (firstLane >= lanes.count()) {  // no kernel writes the lane table
    gridDependencyWait();
    return;
  }
  const int halves = firstLane + HALF < lanes.count() ? HALVES : 1;
  const Stages stages{shared + (ALIGN - sharedAddress(shared) % ALIGN) % ALIGN, full, empty};
  if (threadIdx.x == 0) {
    for (int i = 0; i < STAGES; i++) {
      mbarrierInit(&full[i], 1);
      mbarrierInit(&empty[i], GROUPS * GROUP / 32);
    }
    for (int i = 0; i < GROUPS; i++) mbarrierInit(&together[i], GROUP);
    fenceProxyAsync();
  }
  __syncthreads();
  if (threadIdx.x < GROUPS * GROUP) {
    takeRegisters<MULTIPLYING>();
    const int group = threadIdx.x / GROUP;
    multiply(stages, &together[group], lanes, columns, epilogue, work, firstLane + group * 64, halves);
  } else {
    giveRegisters<FETCHING>();
    if (threadIdx.x == GROUPS * GROUP) {
      fetch(stages, x, w, columns, epilogue, firstLane, halves);
    } else {
      gridDependencyWait();
    }
  }
}

}  // namespace

// x [lanes, columns] and w [rows, columns] by their maps; the rest as in linear.cu.
#define WGMMA_KERNEL(NAME, ...)                                                                           \
  KERNEL_BOUNDS(linear_##NAME##_wgmma_bf16, THREADS, 1, Lanes lanes, const __grid_constant__ TensorMap x, \
                const __grid_constant__ TensorMap w, int columns, Work work, __VA_ARGS__)

WGMMA_KERNEL(store, float* out, int rows, int byRow) {
  TIMELINE;
  product(lanes, x, w, columns, work, Store(rows, out, byRow));
}
WGMMA_KERNEL(add, const float* residual, float* out, int rows) {
  TIMELINE;
  product(lanes, x, w, columns, work, Add(rows, residual, out));
}
WGMMA_KERNEL(swiglu, bf16* out, int outColumns) {
  TIMELINE;
  product(lanes, x, w, columns, work, Swiglu<bf16>{outColumns, out});
}
WGMMA_KERNEL(qkv, int queries, const float* bias, const float* rope, Sequences sequences, KvCache<bf16> cache, Slot slot,
             bf16* q) {
  TIMELINE;
  product(lanes, x, w, columns, work, QueryKeyValue<KvCache<bf16>>(queries, bias, rope, sequences, cache, slot, q));
}

constexpr int X_BOX = HALF, W_BOX = ROWS / 2;  // rows of a box

ABI(linear_wgmma, ABI_VALUE(THREADS), ABI_VALUE(LANES), ABI_VALUE(ROWS), ABI_VALUE(DEPTH), ABI_VALUE(X_BOX), ABI_VALUE(W_BOX),
    ABI_VALUE(SHARED), ABI_VALUE(PARTIAL), ABI_VALUE(COUNTERS), ABI_VALUE(LEAST_STEPS))

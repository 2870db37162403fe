// How a block of a bfloat16 product (linear.cu) comes by its sums: weights stream through shared memory, a chunk of steps
// at a time, past the operands of the tile's lanes.
#pragma once

#include "epilogues.cuh"

namespace linear {

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

// A piece of a row block that is worked on at a time: `steps` of its steps from `step` on; none behind a share's end.
struct Chunk {
  int rowBlock, step, steps;
};

// A lane's two rows in a chunk, the column it reads first and where that is, and how many columns the chunk has.
template <class Stored>
struct Place {
  int firstRow, secondRow, column;
  const Stored* first;
  const Stored* second;
  int columns;
};

// A block's weights and operands on their way, and the products of those that have come. TILES: lanes of a tile / 8.
template <int TILES, class Source, class Weights, class Epilogue>
struct Pipeline {
  using Stored = typename Weights::Stored;
  static constexpr int BATCH = Depth<TILES>::BATCH, CHUNK = Depth<TILES>::CHUNK, BATCHES = Depth<TILES>::BATCHES;

  const Lanes& lanes;
  const Source& source;
  const Weights& weights;
  const Epilogue& epilogue;
  const int perRow;           // steps of a row block
  const int firstLane, live;  // of the tile, and how many it has
  Stored* const ring;         // [CHUNK][2 rows][32]: what each lane of the warp copied itself
  uint4* const staged;        // [2][CHUNK][TILES][32]: operands of two chunks, as mma wants B
  const StreamingPolicy once = streamingPolicy();
  int left;                   // steps of the share behind the newest chunk

  // shared: sharedBytes of it
  __device__ Pipeline(const Lanes& lanes, const Source& source, const Weights& weights, const Epilogue& epilogue,
                      int perRow, int firstLane, int live, Stored* shared)
      : lanes(lanes),
        source(source),
        weights(weights),
        epilogue(epilogue),
        perRow(perRow),
        firstLane(firstLane),
        live(live),
        ring(shared + warp() * CHUNK * 2 * 32 + lane()),
        staged(reinterpret_cast<uint4*>(shared + WARPS * CHUNK * 2 * 32) + lane()) {}

  static __device__ int lane() { return threadIdx.x % 32; }
  static __device__ int warp() { return threadIdx.x / 32; }
  static __device__ int g() { return lane() / 4; }
  static __device__ int t() { return lane() % 4; }

  // The first pair of rows of a row block that the warp has; behind the last one it has none.
  static __device__ int firstPair(int rowBlock) { return (rowBlock * WARPS + warp()) * 8; }

  // The chunk that begins at a step: no more than ends the row block or the share.
  __device__ Chunk chunk(int rowBlock, int step) {
    const int steps = min(CHUNK, min(left, perRow - step));
    left -= steps;
    return {rowBlock, step, steps};
  }
  __device__ Chunk first(int begin, int end) {
    left = end - begin;
    const int rowBlock = begin / perRow;
    return chunk(rowBlock, begin - rowBlock * perRow);
  }
  __device__ Chunk after(const Chunk& chunk) {
    const bool ended = chunk.step + chunk.steps == perRow;
    return this->chunk(chunk.rowBlock + ended, ended ? 0 : chunk.step + chunk.steps);
  }

  // Rows beyond the last repeat it; a warp that has none loads nothing.
  __device__ Place<Stored> place(const Chunk& chunk) const {
    const int pairs = epilogue.pairs(), column = STEP * chunk.step;
    const int pair = min(firstPair(chunk.rowBlock) + g(), pairs - 1);
    const int first = epilogue.first(pair), second = epilogue.second(pair), own = column + 8 * t();
    return {first, second, own, weights.at(first, own), weights.at(second, own),
            firstPair(chunk.rowBlock) < pairs ? min(weights.columns - column, STEP * chunk.steps) : 0};
  }

  // Weights of a batch of steps on their way to where the chunk before had its; zeros where columns end.
  __device__ void load(const Place<Stored>& place, int batch) const {
#pragma unroll
    for (int row = 0; row < 2; row++) {
#pragma unroll
      for (int i = batch * BATCH; i < (batch + 1) * BATCH; i++) {
        if (STEP * i >= place.columns) continue;
        const Stored* const from = (row == 0 ? place.first : place.second) + STEP / 8 * i;
        const bool there = STEP * i + 8 * t() < place.columns;
        copyAsyncStreaming<sizeof(Stored)>(ring + (2 * i + row) * 32, from, there ? sizeof(Stored) : 0, once);
      }
    }
  }

  // Operands of a chunk on their way: a warp stages one step of all lanes, zeros for lanes that are not there.
  __device__ void stage(const Chunk& chunk, int buffer) const {
    if (warp() >= chunk.steps) return;
    const int column = STEP * (chunk.step + warp()) + 8 * t();
#pragma unroll 2
    for (int tile = 0; tile < TILES; tile++) {
      const bool there = 8 * tile + g() < live && column < weights.columns;
      const bf16* const from = source.at(source.row(lanes, firstLane + (there ? 8 * tile + g() : 0)), there ? column : 0);
      copyAsync<16>(staged + ((buffer * CHUNK + warp()) * TILES + tile) * 32, from, there ? 16 : 0);
    }
  }

  // Adds the products of a batch of steps, which has come.
  __device__ void multiply(const Place<Stored>& place, int batch, int steps, int buffer, float4 (&sums)[TILES]) const {
#pragma unroll
    for (int i = batch * BATCH; i < (batch + 1) * BATCH; i++) {
      if (i >= steps) continue;
      const uint4 first = weights.load8(ring[2 * i * 32], place.firstRow, place.column + STEP * i).v;
      const uint4 second = weights.load8(ring[(2 * i + 1) * 32], place.secondRow, place.column + STEP * i).v;
      const uint4* const operands = staged + (buffer * CHUNK + i) * TILES * 32;
#pragma unroll
      for (int tile = 0; tile < TILES; tile++) {
        const uint4 b = operands[32 * tile];
        sums[tile] = mma16816(make_uint4(first.x, second.x, first.y, second.y), make_uint2(b.x, b.y), sums[tile]);
        sums[tile] = mma16816(make_uint4(first.z, second.z, first.w, second.w), make_uint2(b.z, b.w), sums[tile]);
      }
    }
  }
};

}  // namespace linear

// How a block of a bfloat16 product (linear.cu) comes by its sums: weights stream through shared memory, a chunk of steps
// at a time, past the operands of the tile's lanes.
#pragma once

#include "decoding.cuh"
#include "epilogues.cuh"

namespace linear {

constexpr int WARPS = 8;
constexpr int THREADS = 32 * WARPS;
constexpr int PAIRS = 8 * WARPS;  // pairs of rows a row block

// Blocks that a multiprocessor's registers must do for: two of a launch, and one of the next that begins early, be it a
// norm (80 registers a thread; for 64 lanes only sm_90 has enough of them without spills).
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 900
constexpr int RESIDENT = 3;
#else
constexpr int RESIDENT = 2;
#endif

// Steps that a warp has in shared memory or on their way there, and how many of them it asks for at once, so that what it
// reads of a row is a line or two. A block has at most 80 KB: two fit a multiprocessor of sm_80, and of numbers on sm_90 a
// third, the next launch's first, whose weights are then on their way while this launch ends. Batches of codes lie in a row
// as a ruler's marks do, a power of two long, so that what belongs to them begins where a copy may.
template <int TILES, class Weights>
struct Depth {
  static constexpr int BITS = Weights::BITS;
  static constexpr int BATCH = BITS == 16 ? TILES == 1 ? 4 : 2 : TILES == 8 ? 2 : BITS == 4 && TILES <= 2 ? 8 : 4;
  static constexpr int BATCHES = BITS == 16 ? TILES == 2 || TILES == 4 ? 3 : 2 : TILES == 1 ? 3 : 2;
  static constexpr int CHUNK = BATCH * BATCHES;
  using Decoder = Decoding<Weights, BATCHES>;
};

// Of many lanes no third block is to run on a multiprocessor of sm_90: three ask more of its shared memory than it has,
// and begin where two of the launch before happen to have ended, so that some would have three blocks and some one, which
// is then what all wait for. So much shared memory keeps it away and lets two fit a multiprocessor of sm_80.
constexpr int NO_THIRD = 77 * 1024;

// Shared memory of a launch: weights of a chunk, and operands of two, of LANES lanes.
template <int LANES, class Weights>
constexpr int sharedBytes() {
  using Deep = Depth<LANES / 8, Weights>;
  const int used = Deep::CHUNK * STEP * (2 * PAIRS * Weights::BITS / 8 + 2 * LANES * sizeof(bf16)) +
                   WARPS * Deep::Decoder::SHARED_BYTES;
  return LANES >= 32 && used < NO_THIRD ? NO_THIRD : used;
}

// How a matrix is shared out: block b has the steps begin(b) … begin(b + 1) of all row blocks' steps, a line after a line.
struct Shares {
  int perRow;  // steps of a row block
  int steps;

  __device__ int begin(int block) const { return static_cast<int>(static_cast<long long>(steps) * block / gridDim.y); }
  __device__ int owner(int step) const { return static_cast<int>(((step + 1LL) * gridDim.y - 1) / steps); }
};

// A piece of a row block that is worked on at a time: of its steps from `step` on, those from `from` to `to`; none behind a
// share's end.
struct Chunk {
  int rowBlock, step, from, to;

  __device__ bool any() const { return to > 0; }
};

// A block's weights and operands on their way, and the products of those that have come. TILES: lanes of a tile / 8.
template <int TILES, class Source, class Weights, class Epilogue>
struct Pipeline {
  using Stored = typename Weights::Stored;
  using Deep = Depth<TILES, Weights>;
  using Decoder = typename Deep::Decoder;
  static constexpr bool CODED = Decoder::CODED;
  static constexpr int BATCH = Deep::BATCH, CHUNK = Deep::CHUNK, BATCHES = Deep::BATCHES;
  static constexpr int FEW = BATCH < 4 ? BATCH : 4;  // steps that are decoded at a time

  // A warp copies 16 bytes a lane: PIECES for a row's step, of eight rows one below the other, then of the next eight, of the
  // next step; ALONE: rows that a lane copies of.
  static constexpr int PIECES = STEP * Weights::BITS / 8 / 16, ALONE = PIECES == 4 ? 2 : 1;
  static constexpr int STEPS = PIECES == 1 ? 2 : 1;  // that are copied at once

  // Where a lane's copies of a chunk begin, how many of its columns there are, from its first step on; and of codes the row
  // whose scales the lane copies, of the warp's 16 by its number.
  struct Place {
    const unsigned char* codes[ALONE];
    const unsigned char* row;
  };

  const Lanes& lanes;
  const Source& source;
  const Weights& weights;
  const Epilogue& epilogue;
  const int perRow;           // steps of a row block
  const int firstLane, live;  // of the tile, and how many it has
  uint4* const ring;          // [CHUNK][2][8 rows][PIECES]: of the warp
  uint4* const staged;        // [2][CHUNK][TILES][32]: operands of two chunks, as mma wants B
  const Decoder decoder;
  const StreamingPolicy once = streamingPolicy();
  int left;                   // steps of the share behind the newest chunk

  // shared: sharedBytes of it
  __device__ Pipeline(const Lanes& lanes, const Source& source, const Weights& weights, const Epilogue& epilogue,
                      int perRow, int firstLane, int live, uint4* shared)
      : lanes(lanes),
        source(source),
        weights(weights),
        epilogue(epilogue),
        perRow(perRow),
        firstLane(firstLane),
        live(live),
        ring(shared + warp() * CHUNK * 16 * PIECES),
        staged(shared + WARPS * CHUNK * 16 * PIECES + lane()),
        decoder(weights, reinterpret_cast<unsigned char*>(shared + WARPS * CHUNK * 16 * PIECES + 2 * CHUNK * TILES * 32) +
                             warp() * Decoder::SHARED_BYTES) {}

  static __device__ int lane() { return threadIdx.x % 32; }
  static __device__ int warp() { return threadIdx.x / 32; }
  static __device__ int g() { return lane() / 4; }
  static __device__ int t() { return lane() % 4; }

  // The first pair of rows of a row block that the warp has; behind the last one it has none.
  static __device__ int firstPair(int rowBlock) { return (rowBlock * WARPS + warp()) * 8; }

  // A row of the warp's, of a pair's first or second ones; rows beyond the last repeat it.
  __device__ int row(int rowBlock, int half, int of) const {
    const int pair = min(firstPair(rowBlock) + of, epilogue.pairs() - 1);
    return half == 0 ? epilogue.first(pair) : epilogue.second(pair);
  }

  // The chunk that begins at a step: no more than ends the row block or the share, or of codes comes to the next mark.
  __device__ Chunk chunk(int rowBlock, int step) {
    const int from = CODED ? step % BATCH : 0;
    const int steps = min(CHUNK - from, min(left, perRow - step));
    left -= steps;
    return {rowBlock, step - from, from, steps > 0 ? from + steps : 0};
  }
  __device__ Chunk first(int begin, int end) {
    left = end - begin;
    const int rowBlock = begin / perRow;
    return chunk(rowBlock, begin - rowBlock * perRow);
  }
  __device__ Chunk after(const Chunk& chunk) {
    const bool ended = chunk.step + chunk.to == perRow;
    return this->chunk(chunk.rowBlock + ended, ended ? 0 : chunk.step + chunk.to);
  }

  // Columns of a chunk, from its first step on. A warp that has no rows loads nothing.
  __device__ int columns(const Chunk& chunk) const {
    return firstPair(chunk.rowBlock) < epilogue.pairs() ? min(weights.columns - STEP * chunk.step, STEP * chunk.to) : 0;
  }
  __device__ Place place(const Chunk& chunk) const {
    const int column = STEP * chunk.step;
    Place place;
#pragma unroll
    for (int half = 0; half < ALONE; half++) {
      const int row = this->row(chunk.rowBlock, ALONE == 2 ? half : lane() / (8 * PIECES) % 2, lane() / PIECES % 8);
      place.codes[half] = weights.rowAt(row) + (column + (STEPS == 1 ? 0 : STEP * (lane() / 16))) * Weights::BITS / 8 +
                          16 * (lane() % PIECES);
    }
    if constexpr (CODED) place.row = weights.rowAt(row(chunk.rowBlock, lane() / 8 % 2, lane() % 8)) + decoder.begin();
    return place;
  }

  // Weights of a batch of steps on their way to where the chunk before had its; zeros where columns end.
  __device__ void load(const Chunk& chunk, const Place& place, int batch) const {
    const int first = batch * BATCH, columns = this->columns(chunk);
    const auto copy = [&](int i, int half, int bytes) {
      copyAsyncStreaming<16>(ring + (16 * i + 8 * half) * PIECES + lane(), place.codes[half] + STEP * i * Weights::BITS / 8,
                             bytes, once);
    };
    if (CODED && first >= chunk.from && STEP * (first + BATCH) <= columns) {
#pragma unroll
      for (int i = first; i < first + BATCH; i += STEPS) copy(i, 0, 16);
    } else {
      const int sub = STEPS == 1 ? 0 : lane() / 16;
#pragma unroll
      for (int half = 0; half < ALONE; half++) {
#pragma unroll(CODED ? 1 : BATCH)
        for (int i = first; i < first + BATCH; i += STEPS) {
          if (STEP * (i + sub) >= columns || i + sub < chunk.from) continue;
          const bool there = PIECES == 1 || STEP * i + STEP / PIECES * (lane() % PIECES) < columns;
          copy(i, half, there ? 16 : 0);
        }
      }
    }
    if constexpr (CODED) {
      if (STEP * first < columns && decoder.staged()) decoder.load(place.row, STEP * (chunk.step + first), batch, once);
    }
  }

  // Operands of a chunk on their way: a warp stages a step of all lanes, or of every so many, zeros for lanes that are not
  // there.
  __device__ void stage(const Chunk& chunk, int buffer) const {
    constexpr int WARPS_EACH = CHUNK < WARPS ? WARPS / CHUNK < TILES ? WARPS / CHUNK : TILES : 1;  // for a step
#pragma unroll 1
    for (int step = warp() / WARPS_EACH; step < CHUNK; step += WARPS / WARPS_EACH) {
      if (step < chunk.from || step >= chunk.to) continue;
      const int column = STEP * (chunk.step + step) + 8 * t(), first = warp() % WARPS_EACH;
      const int lanesThere = column < weights.columns ? hereOnly(live) - 8 * first - g() : 0;
      uint4* const to = staged + ((buffer * CHUNK + step) * TILES + first) * 32;
      if constexpr (Source::EVEN) {
        const bf16* from = source.at(source.row(lanes, firstLane + 8 * first + g()), column);
#pragma unroll
        for (int tile = 0; tile < TILES; tile += WARPS_EACH, from += WARPS_EACH * 8 * source.columns) {
          copyAsync<16>(to + 32 * tile, from, 8 * tile < lanesThere ? 16 : 0);
        }
      } else {
#pragma unroll 2
        for (int tile = 0; tile < TILES; tile += WARPS_EACH) {
          const bool there = 8 * tile < lanesThere;
          const int row = source.row(lanes, firstLane + (there ? 8 * (tile + first) + g() : 0));
          copyAsync<16>(to + 32 * tile, source.at(row, there ? column : 0), there ? 16 : 0);
        }
      }
    }
  }

  // Adds the products of a batch of steps, which has come.
  __device__ void multiply(const Chunk& chunk, int batch, int buffer, float4 (&sums)[TILES]) const {
    if (firstPair(chunk.rowBlock) >= epilogue.pairs()) return;
    const auto* codes = reinterpret_cast<const Stored*>(ring + 16 * BATCH * PIECES * batch) + lane();
    const uint4* operands = staged + (buffer * CHUNK + batch * BATCH) * TILES * 32;
    // the i-th step from there, of its first and second rows
    constexpr int HALF = 32, WHOLE = 2 * HALF;
    const auto add = [&](int i, const uint4& first, const uint4& second) {
#pragma unroll
      for (int tile = 0; tile < TILES; tile++) {
        const uint4 b = operands[32 * (i * TILES + tile)];
        sums[tile] = mma16816(make_uint4(first.x, second.x, first.y, second.y), make_uint2(b.x, b.y), sums[tile]);
        sums[tile] = mma16816(make_uint4(first.z, second.z, first.w, second.w), make_uint2(b.z, b.w), sums[tile]);
      }
    };
    // some of the steps; of codes all that many, or none
    const auto quickly = [&](int from) {
      if (CODED && (from < chunk.from || from + FEW > chunk.to || !decoder.staged())) return false;
      const auto few = decoder.few(STEP * (chunk.step + from), batch);
      if (!decoder.quick(few)) return false;
#pragma unroll(CODED && TILES == 8 ? 1 : FEW)  // those leave no registers for two at a time
      for (int i = 0; i < FEW; i++) {
        if (!CODED && from + i >= chunk.to) continue;
        add(i, decoder.quickly(few, i, 0, codes[i * WHOLE]), decoder.quickly(few, i, 1, codes[i * WHOLE + HALF]));
      }
      return true;
    };
    // the same one by one
    const auto slowly = [&](int from) {
#pragma unroll 1
      for (int i = max(0, chunk.from - from); i < min(FEW, chunk.to - from); i++) {
        const auto eight = [&](int half) {
          const int column = STEP * (chunk.step + from + i) + 8 * t();
          return weights.load8(codes[i * WHOLE + half * HALF], row(hereOnly(chunk.rowBlock), half, g()), column).v;
        };
        add(i, eight(0), eight(1));
      }
    };
#pragma unroll(CODED ? 1 : BATCH / FEW)
    for (int from = batch * BATCH; from < (batch + 1) * BATCH; from += FEW) {
      if (!quickly(from)) slowly(from);
      codes += FEW * WHOLE;
      operands += FEW * TILES * 32;
    }
  }
};

}  // namespace linear

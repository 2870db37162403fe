// What a tick works on, as the host lays it out in device memory (kernels.cuda: CudaLanes, CudaSequences, CudaKvCache).
// These structs travel by value as kernel parameters.
#pragma once

#include "rows.cuh"

constexpr int TILE = 8;   // most lanes of a tile: the columns of mma.m16n8k16
constexpr int PAGE = 16;  // positions a KV page: the rows of mma.m16n8k16
constexpr int SPLIT = 128;  // positions of a split, into which attention cuts a context
constexpr int LONG = 4;     // splits that a block takes one after another where there are many lanes

constexpr int LANE_HEADER = 4, LANE_COLUMNS = 9;  // ints of a lane table before its columns, and how many those are

// The lanes of a stage: [0] how many, [1] how many tiles, [2] how many splits these have, [3] how many runs of LONG
// splits, the last of a tile with what is left, then columns of `capacity` ints each. A launch
// may be sized for more lanes than there are: those have nothing to do.
struct Lanes {
  const int* table;
  int capacity;

  __device__ int count() const { return table[0]; }
  __device__ int tiles() const { return table[1]; }
  __device__ int row(int m) const { return column(0)[m]; }
  __device__ int sequence(int m) const { return column(1)[m]; }
  __device__ int position(int m) const { return column(2)[m]; }
  __device__ int group(int m) const { return column(3)[m]; }
  // The token id; ~row where it is the one last sampled in that row.
  __device__ int token(int m) const { return column(4)[m]; }
  // Of the tiles before a tile: splits or runs of splits, and splits counted once for each lane.
  __device__ const int* before(bool runs) const { return column(runs ? 6 : 5); }
  __device__ int rowsBefore(int t) const { return column(7)[t]; }
  // First lane of a tile; tile(tiles()) is count(). A tile's lanes are neighbours in the table, of one sequence and KV
  // group, at consecutive positions.
  __device__ int tile(int t) const { return column(8)[t]; }

  // The tile of a split, or of a run of splits, counted through all tiles; -1 behind the last. For whole warps, of which each
  // look leaves a 32nd of the tiles.
  __device__ int tileOf(int item, bool runs) const {
    if (item >= table[runs ? 3 : 2]) return -1;
    int t = 0;
    for (unsigned left = tiles(), stride = 32; stride > 1; left = stride) {
      stride = (left + 31) / 32;
      const unsigned mine = t + threadIdx.x % 32 * stride;
      const bool there = mine < static_cast<unsigned>(tiles()) && before(runs)[mine] <= item;
      t += (__popc(__ballot_sync(0xffffffffu, there)) - 1) * stride;
    }
    return t;
  }

  __device__ const int* column(int i) const { return table + LANE_HEADER + i * capacity; }
};

// What a sequence draws by; see kernels.SequenceParameters.
struct alignas(8) Parameters {
  uint64_t seed;
  float initScale;
  float temperature;
  int topK;
  float topP;
  float minP;
  float repetitionPenalty;
  int logProbs;
  int generatedFrom;
  float presencePenalty;
  float frequencyPenalty;
  int biases;  // so many of Sequences::biasesOf
  int unused;
};

// What is added to the logit of a token.
struct Bias {
  int token;
  float bias;
};

constexpr int MOST_BIASES = 1024;  // of a sequence, as in kernels.SequenceParameters

struct Sequences {
  Parameters* parameters;  // [sequences]
  int* history;            // [sequences, positions] token ids
  int* reached;            // [sequences, positions] deepest KV group that the position has appended, -1 at first
  int* pages;              // [sequences, slots, chunks] page of 16 positions, -1 where there is none
  Bias* biases;            // [sequences, MOST_BIASES] by rising token
  int positions;
  int slots;
  int chunks;
  int unused;

  // Pages of one slot of a sequence, by chunk.
  __device__ const int* slotPages(int sequence, int slot) const {
    return pages + static_cast<long long>(sequence * slots + slot) * chunks;
  }
  __device__ int* historyOf(int sequence) const { return history + static_cast<long long>(sequence) * positions; }
  __device__ const Bias* biasesOf(int sequence) const { return biases + static_cast<long long>(sequence) * MOST_BIASES; }
  __device__ int* reachedOf(int sequence) const { return reached + static_cast<long long>(sequence) * positions; }
};

// Which KV slot a block uses at a group.
struct Slot {
  int first;
  int perGroup;  // 0 in prelude and coda, which have one slot whatever the group

  __device__ int of(int group) const { return first + perGroup * group; }
};

inline __device__ void storePair(float* to, float first, float second) {
  *reinterpret_cast<float2*>(to) = make_float2(first, second);
}
inline __device__ void storePair(bf16* to, float first, float second) {
  *reinterpret_cast<__nv_bfloat162*>(to) = __floats2bfloat162_rn(first, second);
}

// What makes numbers of the weights that a product (linear.cu) has in shared memory: nothing where they are numbers. Of
// codes, a warp has the scales and zero points of its 16 rows beside them, a batch's at a time, of which a lane picks those
// of its two rows when it comes to the columns.
#pragma once

#include "weights.cuh"

namespace linear {

constexpr int STEP = 32;  // columns of a step: two mma, one load of eight elements a row and lane

// Of numbers. BATCHES: batches on their way.
template <class Weights, int BATCHES>
struct Decoding {
  static constexpr bool CODED = false;
  static constexpr int SHARED_BYTES = 0;  // a warp

  struct Few {};

  const unsigned none;  // zero, which the compiler does not know

  __device__ Decoding(const Weights& weights, void*) : none(weights.columns & 7) {}
  __device__ bool staged() const { return true; }
  __device__ Few few(int, int) const { return {}; }
  __device__ bool quick(const Few&) const { return true; }
  // Put where mma wants them by an instruction that is no copy: copies the compiler makes anew for each mma.
  __device__ uint4 quickly(const Few&, int, int, const typename Weights::Stored& stored) const {
    const uint4 v = stored.v;
    return make_uint4(v.x | none, v.y | none, v.z | none, v.w | none);
  }
};

// Of codes: each is multiplied by its scale and rounded to bfloat16. Scales of groups are bfloat16, so that it takes an
// instruction for two; rows of fp8 have one each, a float. What else there is (groups of less than a step, rows of whole
// numbers, scales beyond measure, a share's odd steps) is looked up where it is needed.
template <class Encoding, int BATCHES>
struct Decoding<CodedWeights<Encoding, bf16>, BATCHES> {
  using Weights = CodedWeights<Encoding, bf16>;
  using Stored = typename Weights::Stored;
  static constexpr bool CODED = true;
  static constexpr int ROWS = 16;                        // of a warp
  static constexpr int SCALES = 16;                      // bytes of a row and batch: of eight groups
  static constexpr int ZEROS = Encoding::ZEROS ? 4 : 0;  // likewise
  static constexpr int SHARED_BYTES = BATCHES * ROWS * (SCALES + ZEROS);

  // What a lane knows of some steps: scales and zero points of its two rows, of four groups 16 bits each, and which of them
  // is the first step's, as a selector of its bytes, twice.
  struct Few {
    uint2 scales[2];
    uint2 zeros[2];
    unsigned first;
  };

  const Weights& weights;
  unsigned char* const scales;  // [BATCHES][16 rows][SCALES]
  unsigned char* const zeros;   // [BATCHES][16 rows][ZEROS]

  __device__ Decoding(const Weights& weights, void* shared)
      : weights(weights),
        scales(static_cast<unsigned char*>(shared)),
        zeros(scales + BATCHES * ROWS * SCALES) {}

  // Whether scales are staged: of whole steps, or a row's.
  __device__ bool staged() const { return Encoding::BY_ROW ? weights.single : !weights.single && weights.shift >= 5; }

  // Lanes have a row's scales each, and 16 further ones its zero points: where they are behind the row's begin.
  static __device__ bool ofZeros() { return threadIdx.x % 32 >= ROWS; }
  __device__ int begin() const { return ofZeros() ? weights.zerosAt : weights.scalesAt; }

  // A batch's scales on their way, from a column on; begin: that of the lane's. They are part of a sector, of which the next
  // batches want the rest.
  __device__ void load(const unsigned char* begin, unsigned column, int batch, StreamingPolicy once) const {
    const unsigned index = column >> weights.shift, lane = threadIdx.x % 32;
    if (!ofZeros()) {
      copyAsyncCached<SCALES>(scales + (batch * ROWS + lane) * SCALES, begin + (2 * index & ~(SCALES - 1)), once);
    } else if constexpr (Encoding::ZEROS) {
      copyAsyncCached<ZEROS>(zeros + (batch * ROWS + lane - ROWS) * ZEROS, begin + (index / 2 & ~(ZEROS - 1)), once);
    }
  }

  // What came of it, for the steps from a column on.
  __device__ Few few(unsigned column, int batch) const {
    Few few;
    const unsigned index = column >> weights.shift, g = threadIdx.x % 32 / 4;
    few.first = 0x1010 + 0x2222 * (index & 3);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = batch * ROWS + 8 * half + g;
      few.scales[half] = *reinterpret_cast<const uint2*>(scales + row * SCALES + (2 * index & 8));
      if constexpr (Encoding::ZEROS) {
        // four halves of bytes, each on top of 128
        const unsigned four = *reinterpret_cast<const unsigned short*>(zeros + row * ZEROS + (index / 2 & 2));
        const unsigned apart = four | four << 12;
        few.zeros[half] = make_uint2(masked<0x000f000f, 0x43004300>(apart), masked<0x000f000f, 0x43004300>(apart >> 8));
      }
    }
    return few;
  }

  // Whether the next will do, for all of a warp.
  __device__ bool quick(const Few& few) const {
    if constexpr (Encoding::BY_ROW) {
      const float greatest = fmaxf(__uint_as_float(few.scales[0].x), __uint_as_float(few.scales[1].x));
      return __all_sync(0xffffffffu, greatest < Encoding::GREATEST_SCALE);
    } else {
      return true;
    }
  }

  // Eight numbers of the i-th of some steps and the lane's first or second row.
  __device__ uint4 quickly(const Few& few, int i, int half, const Stored& stored) const {
    if constexpr (Encoding::BY_ROW) {
      return Encoding::scaled(stored, __uint_as_float(few.scales[half].x));
    } else {
      const unsigned selector = few.first + (i % 2 ? weights.oneStep : 0) + (i / 2 ? weights.twoSteps : 0);
      const auto pick = [&](uint2 of) { return permuted(of.x, of.y, selector); };
      return product2(Encoding::numbers(stored, Encoding::ZEROS ? pick(few.zeros[half]) : 0), pick(few.scales[half]));
    }
  }
};

}  // namespace linear

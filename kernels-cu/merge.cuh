// How the sums of a row block that several blocks share come together (linear.cu): each leaves its own, and who comes
// last adds them up in the order of their columns, so that it does not matter who that is.
#pragma once

#include "pipeline.cuh"

namespace linear {

// Which lanes a launch is for, from firstLane on, and where its blocks leave what others add up.
struct Work {
  int firstLane;
  // [lane tiles, blocks, 2, TILES, THREADS] sums of a share's first row block, and of its last if that begins within
  float4* partials;
  // [lane tiles, blocks] shares done with the row block that a block begins and does not end; zeros, and left so
  int* arrived;
};

template <int TILES>
struct Merge {
  const Work& work;
  const Shares& shares;
  const int from, to;       // the blocks that share the row block
  const int begunWithin;    // whether the first of them begins it behind another

  __device__ Merge(const Work& work, const Shares& shares, int rowBlock)
      : work(work),
        shares(shares),
        from(shares.owner(rowBlock * shares.perRow)),
        to(shares.owner(rowBlock * shares.perRow + shares.perRow - 1)),
        begunWithin(shares.begin(from) < rowBlock * shares.perRow) {}

  __device__ bool alone() const { return from == to; }

  // Where a block's sums of this row block are, of each tile THREADS further.
  __device__ float4* partial(int block) const {
    const size_t slot = (static_cast<size_t>(blockIdx.x) * gridDim.y + block) * 2 + (block == from ? begunWithin : 0);
    return work.partials + slot * TILES * THREADS + threadIdx.x;
  }

  // Leaves the block's sums, and zeros in their place. Whether it is the last to do so, in every thread.
  __device__ bool leave(float4 (&sums)[TILES]) const {
    SHARED(bool, last);
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
    return last;
  }

  // Adds up what all left. Eight loads at once, for nothing else is under way: of up to four tiles, from as many blocks
  // as that leaves.
  __device__ void add(float4 (&sums)[TILES]) const {
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
  }
};

}  // namespace linear

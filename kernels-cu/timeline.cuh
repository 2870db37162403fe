// When each block of a launch begins and ends, and on which multiprocessor: in a build with -DMUNINN_TIMELINE alone
// (`build.sh timeline`). In every other nothing of this is left, no parameter and no instruction.
//
//   KERNEL(name, ...) { TIMELINE; ... }      stands first in every kernel
//
// There every kernel has a parameter more: where its launch's times go, or null. docs/profile.md says what becomes of them.
#pragma once

#if !defined(MUNINN_TIMELINE)

#define TIMELINE_PARAMETER
#define TIMELINE static_assert(true)

#else

#define TIMELINE_PARAMETER , timeline::Block* blockTimes
#define TIMELINE const timeline::Clock blockClock(blockTimes)

namespace timeline {

// Nanoseconds of a clock that all multiprocessors share. Zeros before: what has not run says so.
struct Block {
  unsigned long long begun;     // by the block's first thread
  unsigned long long released;  // when that had waited for the launch before
  unsigned long long ended;     // by the last of its warps
  unsigned long long multiprocessor;  // counted from 1
};

// What a block's first thread has read so far. It lies where the wait finds it, which nobody gives a parameter.
inline __device__ Block& read() {
  SHARED(Block[1], block);
  return block[0];
}

inline __device__ unsigned thread() {
  return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
}

// A block's times, from where this is made until each thread's end. Nothing is written before that, and so nothing
// before the wait for the launch before.
class Clock {
 public:
  explicit __device__ Clock(Block* launch) : launch_(launch) {
    if (thread() == 0) {
      const unsigned long long now = globalTimer();
      read() = {now, now, 0, multiprocessor() + 1};
    }
  }

  __device__ ~Clock() {
    if (!launch_ || thread() % 32 != 0) return;
    const size_t number = (blockIdx.z * static_cast<size_t>(gridDim.y) + blockIdx.y) * gridDim.x + blockIdx.x;
    Block* const block = launch_ + number;
    if (thread() == 0) {
      block->begun = read().begun;
      block->released = read().released;
      block->multiprocessor = read().multiprocessor;
    }
    atomicMax(&block->ended, globalTimer());
  }

 private:
  Block* const launch_;
};

inline __device__ void waited() {
  gridDependencyWait();
  if (thread() == 0) read().released = globalTimer();
}

}  // namespace timeline

#define gridDependencyWait timeline::waited

#endif

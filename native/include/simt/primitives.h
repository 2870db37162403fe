// The emulated side of kernels-cu/device.cuh: the instructions that CUDA C++ has no names for. Shapes and rules stand
// there.
#pragma once

#include <simt/atomics.h>
#include <simt/core.h>
#include <simt/vectors.h>

inline float warpSum(float value, SIMT_SITE) { return simt::reduceWarp("warpSum", value, false, file, line); }
inline float warpMax(float value, SIMT_SITE) { return simt::reduceWarp("warpMax", value, true, file, line); }

template <unsigned mask, unsigned beside>
unsigned masked(unsigned word) {
  return (word & mask) | beside;
}
inline unsigned permuted(unsigned low, unsigned high, unsigned selector) { return __byte_perm(low, high, selector); }
inline int hereOnly(int x) { return x; }

inline float4 mma16816(uint4 a, uint2 b, float4 c, SIMT_SITE) {
  float d[4];
  simt::mmaBf16({a.x, a.y, a.z, a.w}, {b.x, b.y}, {c.x, c.y, c.z, c.w}, d, file, line);
  return {d[0], d[1], d[2], d[3]};
}

namespace simt {
template <unsigned count>
struct Registers {
  unsigned at[count];
  Registers(bool transposed, const void* row, const char* file, int line) {
    ldmatrix(at, count, transposed, row, file, line);
  }
};
}  // namespace simt

inline unsigned ldmatrix1(const void* row, SIMT_SITE) { return simt::Registers<1>(false, row, file, line).at[0]; }
inline unsigned ldmatrix1Transposed(const void* row, SIMT_SITE) { return simt::Registers<1>(true, row, file, line).at[0]; }
inline uint2 ldmatrix2(const void* row, SIMT_SITE) {
  const simt::Registers<2> r(false, row, file, line);
  return {r.at[0], r.at[1]};
}
inline uint2 ldmatrix2Transposed(const void* row, SIMT_SITE) {
  const simt::Registers<2> r(true, row, file, line);
  return {r.at[0], r.at[1]};
}
inline uint4 ldmatrix4(const void* row, SIMT_SITE) {
  const simt::Registers<4> r(false, row, file, line);
  return {r.at[0], r.at[1], r.at[2], r.at[3]};
}
inline uint4 ldmatrix4Transposed(const void* row, SIMT_SITE) {
  const simt::Registers<4> r(true, row, file, line);
  return {r.at[0], r.at[1], r.at[2], r.at[3]};
}

template <int bytes>
void copyAsync(void* shared, const void* global, int sourceBytes = bytes, SIMT_SITE) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
  simt::copyAsync(shared, global, bytes, static_cast<unsigned>(sourceBytes), file, line);
}
struct StreamingPolicy {};
inline StreamingPolicy streamingPolicy() { return {}; }
template <int bytes>
void copyAsyncStreaming(void* shared, const void* global, int sourceBytes, StreamingPolicy, SIMT_SITE) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
  simt::copyAsync(shared, global, bytes, static_cast<unsigned>(sourceBytes), file, line);
}
template <int bytes>
void copyAsyncCached(void* shared, const void* global, StreamingPolicy, SIMT_SITE) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16, "cp.async copies 4, 8 or 16 bytes");
  simt::copyAsync(shared, global, bytes, bytes, file, line);
}
inline void copyAsyncCommit() { simt::copyAsyncCommit(); }
template <int groupsInFlight>
void copyAsyncWait() {
  simt::copyAsyncWait(groupsInFlight);
}

inline int atomicAddAcquireRelease(int* counter, int value) { return atomicAdd(counter, value); }

inline unsigned long long globalTimer() { return simt::globalTimer(); }
inline unsigned multiprocessor() { return simt::multiprocessor(); }

inline void gridDependencyWait() { simt::gridDependencyWait(); }
inline void gridDependencyLaunch() { simt::gridDependencyLaunch(); }

inline int kept(int number) { return number; }
template <class T>
void keepLoaded(const T&) {}

// The emulated side of kernels-cu/async.cuh: mbarriers, the copies that they count, products of
// warpgroups. Rules stand there.
#pragma once

#include <simt/core.h>
#include <simt/primitives.h>

struct alignas(8) Mbarrier {
  std::uint64_t state;
};

inline void mbarrierInit(Mbarrier* barrier, int arrivals, SIMT_SITE) {
  simt::mbarrierInit(&barrier->state, arrivals, file, line);
}
inline void mbarrierArrive(Mbarrier* barrier, SIMT_SITE) { simt::mbarrierArrive(&barrier->state, 0, file, line); }
inline void mbarrierArriveExpect(Mbarrier* barrier, int bytes, SIMT_SITE) {
  simt::mbarrierArrive(&barrier->state, bytes, file, line);
}
inline void mbarrierWait(Mbarrier* barrier, int parity, SIMT_SITE) {
  simt::mbarrierWait(&barrier->state, parity, file, line);
}

inline void fenceProxyAsync() { simt::fenceProxyAsync(); }

inline void bulkCopy(void* shared, const void* global, int bytes, Mbarrier* barrier, SIMT_SITE) {
  simt::bulkCopy(shared, global, bytes, &barrier->state, file, line);
}
inline void bulkCopyStreaming(void* shared, const void* global, int bytes, Mbarrier* barrier, StreamingPolicy, SIMT_SITE) {
  simt::bulkCopy(shared, global, bytes, &barrier->state, file, line);
}

// A device wants it at a multiple of 64 bytes.
struct alignas(16) TensorMap {
  unsigned char opaque[128];
};
#define __grid_constant__

inline void tensorCopy(void* shared, const TensorMap& map, int column, int row, Mbarrier* barrier, SIMT_SITE) {
  simt::tensorCopy(shared, map.opaque, column, row, &barrier->state, file, line);
}

inline void wgmmaFence() { simt::wgmmaFence(); }
inline void wgmmaCommit() { simt::wgmmaCommit(); }
template <int groups>
void wgmmaWait(SIMT_SITE) {
  simt::wgmmaWait(groups, file, line);
}
template <int registers>
void takeRegisters() {
  static_assert(registers % 8 == 0 && registers >= 24 && registers <= 256);
}
template <int registers>
void giveRegisters() {
  static_assert(registers % 8 == 0 && registers >= 24 && registers <= 256);
}
inline unsigned sharedAddress(const void* shared) { return static_cast<unsigned>(simt::sharedOffset(shared)); }
inline std::uint64_t wgmmaDescriptor(const void* shared) {
  constexpr std::uint64_t eightRows = 1024 >> 4, swizzle128 = 1;
  return (sharedAddress(shared) & 0x3ffff) >> 4 | std::uint64_t{1} << 16 | eightRows << 32 | swizzle128 << 62;
}
inline void wgmma64x176x16(float (&d)[88], std::uint64_t a, std::uint64_t b, int accumulate, SIMT_SITE) {
  simt::wgmma(d, 176, a, b, accumulate != 0, file, line);
}

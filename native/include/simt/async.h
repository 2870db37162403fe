// The emulated side of kernels-cu/async.cuh: mbarriers and the copies that they count. Rules stand there.
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

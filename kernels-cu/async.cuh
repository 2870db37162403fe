// What a multiprocessor does by itself from sm_90 on: copies that one thread begins and an mbarrier in shared memory
// counts. As device.cuh, this is all that differs between the two compilers; the emulated side is simt/async.h.
//
// A phase of an mbarrier completes when as many arrivals have come as it was made for, and all the bytes that were
// announced to it; then the next one begins. Phases are told apart by their parity, the first one's is 0: who waits with
// parity 1 for a new mbarrier does not wait.
//
// The copies, and wgmma, reach shared memory by a way of their own, the asynchronous proxy. What threads write there by
// ordinary stores (mbarrierInit is one) each makes known to it by fenceProxyAsync, before the barrier that tells others.
#pragma once

#include "device.cuh"

#if defined(__CUDACC__)

struct alignas(8) Mbarrier {
  uint64_t state;
};

inline __device__ void mbarrierInit(Mbarrier* barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(sharedAddress(barrier)), "r"(arrivals) : "memory");
}
// One arrival, and one that announces so many bytes more to the phase.
inline __device__ void mbarrierArrive(Mbarrier* barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(sharedAddress(barrier)) : "memory");
}
inline __device__ void mbarrierArriveExpect(Mbarrier* barrier, int bytes) {
#if __CUDA_ARCH__ >= 900
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(sharedAddress(barrier)), "r"(bytes)
               : "memory");
#endif
}
// Until the phase of that parity has completed: what its arrivals had written, and its copies brought, can be read.
inline __device__ void mbarrierWait(Mbarrier* barrier, int parity) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "{\n"
      ".reg .pred done;\n"
      "again:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@!done bra again;\n"
      "}" ::"r"(sharedAddress(barrier)),
      "r"(parity)
      : "memory");
#endif
}

inline __device__ void fenceProxyAsync() {
#if __CUDA_ARCH__ >= 900
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

// Starts copying to shared memory; places and number of bytes are multiples of 16. It ends by counting its bytes down
// from those announced to the mbarrier.
inline __device__ void bulkCopy(void* shared, const void* global, int bytes, Mbarrier* barrier) {
#if __CUDA_ARCH__ >= 900
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                   sharedAddress(shared)),
               "l"(__cvta_generic_to_global(global)), "r"(bytes), "r"(sharedAddress(barrier))
               : "memory");
#endif
}
inline __device__ void bulkCopyStreaming(void* shared, const void* global, int bytes, Mbarrier* barrier,
                                         StreamingPolicy policy) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1], %2, [%3], %4;" ::"r"(
          sharedAddress(shared)),
      "l"(__cvta_generic_to_global(global)), "r"(bytes), "r"(sharedAddress(barrier)), "l"(policy.bits)
      : "memory");
#endif
}

#else

#include <simt/async.h>

#endif

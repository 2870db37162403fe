// The words of CUDA C++ that every kernel uses: indices, barriers, shared memory, qualifiers.
#pragma once

#include <simt/core.h>

#define threadIdx (::simt::current->threadIdx)
#define blockIdx (::simt::current->blockIdx)
#define blockDim (::simt::current->blockDim)
#define gridDim (::simt::current->gridDim)
constexpr int warpSize = 32;

#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(n) alignas(n)
#define __builtin_assume(condition) ((void)0)

// Shared variables belong to a place in the source: all threads of a block that pass it get the same memory.
// SHARED(float[32][33], tile); and, once in a kernel, DYNAMIC_SHARED(float, rows);
#define SHARED(type, name)                  \
  static const char name##Site = 0;         \
  auto& name = *static_cast<std::type_identity_t<type>*>(::simt::staticShared(&name##Site, sizeof(type), alignof(type)))
#define DYNAMIC_SHARED(type, name) type* const name = static_cast<type*>(::simt::dynamicShared())

inline void __syncthreads(SIMT_SITE) { ::simt::blockBarrier("__syncthreads", false, file, line); }

inline int __syncthreads_count(int predicate, SIMT_SITE) {
  return ::simt::blockBarrier("__syncthreads_count", predicate != 0, file, line);
}

inline int __syncthreads_or(int predicate, SIMT_SITE) {
  return ::simt::blockBarrier("__syncthreads_or", predicate != 0, file, line) != 0;
}

inline int __syncthreads_and(int predicate, SIMT_SITE) {
  return ::simt::blockBarrier("__syncthreads_and", predicate == 0, file, line) == 0;
}

inline void __threadfence() { ::simt::fence(); }
inline void __threadfence_block() { __threadfence(); }
inline void __threadfence_system() { __threadfence(); }

[[noreturn]] inline void __trap(SIMT_SITE) { ::simt::trap("__trap", file, line); }
#undef assert
#define assert(condition) \
  ((condition) ? (void)0 : ::simt::trap("assertion failed: " #condition, __builtin_FILE(), __builtin_LINE()))

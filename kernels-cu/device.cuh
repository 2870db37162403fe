// What every kernel file includes first, and all that differs between the two compilers of these files: nvcc, and g++
// for the emulated device (native/), whose side of the same names is simt.h.
//
//   KERNEL(name, const float* x, int n) { ... }        a kernel that is launched by its name
//   KERNEL_BOUNDS(name, threads, blocks, ...) { ... }  with its most threads a block, and blocks a multiprocessor
//   KERNEL_REGISTERS(name, registers, ...) { ... }     with the most registers of a thread
//     each begins with TIMELINE (timeline.cuh)
//   SHARED(float[32][33], tile);                       a shared variable: the type with its dimensions first
//   DYNAMIC_SHARED(float, rows);                       a pointer to the launch's dynamic shared memory, 128-aligned
//
// PTX stands only below, behind names that both sides have.
#pragma once

#if defined(__CUDACC__)

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include <cassert>
#include <cstdint>

#define KERNEL(name, ...) extern "C" __global__ void name(__VA_ARGS__ TIMELINE_PARAMETER)
#define KERNEL_BOUNDS(name, threads, blocks, ...) \
  extern "C" __global__ void __launch_bounds__(threads, blocks) name(__VA_ARGS__ TIMELINE_PARAMETER)

#define KERNEL_REGISTERS(name, registers, ...) \
  extern "C" __global__ void __maxnreg__(registers) name(__VA_ARGS__ TIMELINE_PARAMETER)

template <class T>
struct SharedType {
  using type = T;
};
#define SHARED(type_, name) __shared__ typename SharedType<type_>::type name
#define DYNAMIC_SHARED(type, name)                                           \
  extern __shared__ __align__(128) unsigned char dynamicSharedMemory[];      \
  type* const name = reinterpret_cast<type*>(dynamicSharedMemory)

inline __device__ unsigned sharedAddress(const void* p) { return static_cast<unsigned>(__cvta_generic_to_shared(p)); }

// The sum, and the greatest, of a whole warp's values, in every lane.
inline __device__ float warpSum(float value) {
  for (int lanes = 16; lanes > 0; lanes /= 2) value += __shfl_xor_sync(0xffffffffu, value, lanes);
  return value;
}
inline __device__ float warpMax(float value) {
  for (int lanes = 16; lanes > 0; lanes /= 2) value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, lanes));
  return value;
}

// Bits of a word under a mask, and others beside them: one instruction, where the compiler makes two of two constants.
template <unsigned mask, unsigned beside>
__device__ unsigned masked(unsigned word) {
  unsigned r;
  asm("lop3.b32 %0, %1, %2, %3, 0xea;" : "=r"(r) : "r"(word), "n"(mask), "n"(beside));
  return r;
}
// __byte_perm with a selector that needs no mask.
inline __device__ unsigned permuted(unsigned low, unsigned high, unsigned selector) {
  unsigned r;
  asm("prmt.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(low), "r"(high), "r"(selector));
  return r;
}

// The same number, of which the compiler makes nothing ahead of need: what waits in registers for a path that is seldom
// taken may cost those of the others.
inline __device__ int hereOnly(int x) {
  asm volatile("" : "+r"(x));
  return x;
}

// D = A · B + C for a warp: A 16 × 16 and B 16 × 8 bfloat16, C and D 16 × 8 float. Lane 4g + t holds of A the rows
// g (x, z) and g + 8 (y, w) at columns 2t, 2t + 1 (x, y) and 2t + 8, 2t + 9 (z, w); of B the rows 2t, 2t + 1 (x) and
// 2t + 8, 2t + 9 (y) of column g; of C and D the rows g (x, y) and g + 8 (z, w) at columns 2t, 2t + 1.
inline __device__ float4 mma16816(uint4 a, uint2 b, float4 c) {
  float4 d;
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%11,%12,%13};"
      : "=f"(d.x), "=f"(d.y), "=f"(d.z), "=f"(d.w)
      : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "r"(b.x), "r"(b.y), "f"(c.x), "f"(c.y), "f"(c.z), "f"(c.w));
  return d;
}

// Matrices of 8 × 8 two-byte elements from shared memory: lane 8m + r gives the address of row r of matrix m, 16-byte
// aligned; lane 4r + c gets elements 2c, 2c + 1 of row r of each (of column r where transposed).
inline __device__ unsigned ldmatrix1(const void* row) {
  unsigned r;
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(r) : "r"(sharedAddress(row)) : "memory");
  return r;
}
inline __device__ unsigned ldmatrix1Transposed(const void* row) {
  unsigned r;
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];" : "=r"(r) : "r"(sharedAddress(row)) : "memory");
  return r;
}
inline __device__ uint2 ldmatrix2(const void* row) {
  uint2 r;
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
               : "=r"(r.x), "=r"(r.y) : "r"(sharedAddress(row)) : "memory");
  return r;
}
inline __device__ uint2 ldmatrix2Transposed(const void* row) {
  uint2 r;
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(r.x), "=r"(r.y) : "r"(sharedAddress(row)) : "memory");
  return r;
}
inline __device__ uint4 ldmatrix4(const void* row) {
  uint4 r;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r.x), "=r"(r.y), "=r"(r.z), "=r"(r.w) : "r"(sharedAddress(row)) : "memory");
  return r;
}
inline __device__ uint4 ldmatrix4Transposed(const void* row) {
  uint4 r;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r.x), "=r"(r.y), "=r"(r.z), "=r"(r.w) : "r"(sharedAddress(row)) : "memory");
  return r;
}

// Starts copying `bytes` (4, 8 or 16) to shared memory; the bytes after sourceBytes become zero. It has arrived for
// this thread after the wait, for others after a barrier that follows it.
template <int bytes>
__device__ void copyAsync(void* shared, const void* global, int sourceBytes = bytes) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16, "cp.async copies 4, 8 or 16 bytes");
  if constexpr (bytes == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)), "l"(global), "r"(sourceBytes)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(sharedAddress(shared)), "l"(global), "n"(bytes),
                 "r"(sourceBytes)
                 : "memory");
  }
}
// How copies of what is read once are marked: as the first to leave the L2 cache. Made once for all copies of a thread,
// since the instruction that makes it takes eight more with it.
struct StreamingPolicy {
  uint64_t bits;
};
inline __device__ StreamingPolicy streamingPolicy() {
  StreamingPolicy policy;
  asm("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy.bits));
  return policy;
}
// copyAsync so marked.
template <int bytes>
__device__ void copyAsyncStreaming(void* shared, const void* global, int sourceBytes, StreamingPolicy policy) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16, "cp.async copies 4, 8 or 16 bytes");
  if constexpr (bytes == 16) {
    asm volatile("cp.async.cg.shared.global.L2::cache_hint [%0], [%1], 16, %2, %3;" ::"r"(sharedAddress(shared)),
                 "l"(global), "r"(sourceBytes), "l"(policy.bits)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global.L2::cache_hint [%0], [%1], %2, %3, %4;" ::"r"(sharedAddress(shared)),
                 "l"(global), "n"(bytes), "r"(sourceBytes), "l"(policy.bits)
                 : "memory");
  }
}
// The same by way of the L1 cache: for places of which a warp soon wants the rest of a sector.
template <int bytes>
__device__ void copyAsyncCached(void* shared, const void* global, StreamingPolicy policy) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16, "cp.async copies 4, 8 or 16 bytes");
  asm volatile("cp.async.ca.shared.global.L2::cache_hint [%0], [%1], %2, %3;" ::"r"(sharedAddress(shared)), "l"(global),
               "n"(bytes), "l"(policy.bits)
               : "memory");
}
inline __device__ void copyAsyncCommit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most so many of the committed groups are still on their way.
template <int groupsInFlight>
__device__ void copyAsyncWait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(groupsInFlight) : "memory");
}

// Adds to a counter in global memory by which blocks learn of each other, and returns what it was: what the calling
// thread's block wrote before a barrier is there for whoever finds its addition in the counter, and behind a barrier for
// that one's block. One thread's fences do for all, where __threadfence by each costs them all a wait.
inline __device__ int atomicAddAcquireRelease(int* counter, int value) {
  int before;
  asm volatile("atom.acq_rel.gpu.global.add.s32 %0, [%1], %2;"
               : "=r"(before) : "l"(__cvta_generic_to_global(counter)), "r"(value) : "memory");
  return before;
}

// Programmatic dependent launch: nothing that the predecessor writes may be read, nothing that it reads be written,
// before the wait; the launch lets the successor start. Nothing at all below sm_90.
inline __device__ void gridDependencyWait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
inline __device__ void gridDependencyLaunch() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// A number that the compiler keeps in a register, where it would rather work it out again and again.
inline __device__ int kept(int number) {
  asm volatile("" : "+r"(number));
  return number;
}

// Keeps the compiler from moving a load below this point: for weights read before gridDependencyWait.
inline __device__ void keepLoaded(const uint4& v) {
  asm volatile("" ::"r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w) : "memory");
}
inline __device__ void keepLoaded(const float4& v) {
  asm volatile("" ::"f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w) : "memory");
}

// Nanoseconds of the clock that all multiprocessors share, and which of them the thread runs on.
inline __device__ unsigned long long globalTimer() {
  unsigned long long nanos;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanos)::"memory");
  return nanos;
}
inline __device__ unsigned multiprocessor() {
  unsigned number;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(number));
  return number;
}

#else

#include <simt.h>

#endif

#include "timeline.cuh"

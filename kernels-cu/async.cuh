// What a multiprocessor does by itself from sm_90 on: copies that one thread begins and an mbarrier in shared memory
// counts, and products of matrices that lie there. As device.cuh, this is all that differs between the two compilers; the emulated side is simt/async.h.
//
// A phase of an mbarrier completes when as many arrivals have come as it was made for, and all the bytes that were
// announced to it; then the next one begins. Phases are told apart by their parity, the first one's is 0: who waits with
// parity 1 for a new mbarrier does not wait.
//
// The copies, and wgmma, reach shared memory by a way of their own, the asynchronous proxy. What threads write there by
// ordinary stores (mbarrierInit is one) each makes known to it by fenceProxyAsync, before the barrier that tells others.
#pragma once

#include "device.cuh"

// Whether there are such copies: a kernel that runs without them asks.
#if defined(__CUDACC__) && __CUDA_ARCH__ < 900
constexpr bool BULK_COPIES = false;
#else
constexpr bool BULK_COPIES = true;
#endif

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

// A matrix in global memory and the box that a copy takes of it, as the driver encodes them (muninn.cuda.TensorMap). A
// kernel takes it as `const __grid_constant__ TensorMap name`.
struct alignas(64) TensorMap {
  unsigned char opaque[128];
};

// Starts copying the box whose first element is at a row and column, in rows of the box's width, and zeros for what lies
// outside of the matrix. They count in full. With a map that swizzles 128 bytes, the rows have as many, shared is a
// multiple of 1,024, and 16 bytes lie at the address whose bits 4 to 6 are combined with 7 to 9 by exclusive or.
inline __device__ void tensorCopy(void* shared, const TensorMap& map, int column, int row, Mbarrier* barrier) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
          sharedAddress(shared)),
      "l"(&map), "r"(column), "r"(row), "r"(sharedAddress(barrier))
      : "memory");
#endif
}

// Products of a warpgroup: four warps, of which the first one's number is a multiple of four, all of whose threads call
// these together. D += A · B, or D = A · B: A of 64 rows and B of 176 columns, 16 deep, bfloat16, both in shared memory as
// descriptors say; float sums. Thread 32w + 4g + t holds of D in d[4j] and d[4j + 1] row 16w + g at the columns 8j + 2t and
// 8j + 2t + 1, in d[4j + 2] and d[4j + 3] row 16w + g + 8. They work on while the threads go on: d, and what the operands
// lie in, are theirs until a wait, and before the first of them that uses a d stands a fence.
inline __device__ void wgmmaFence() {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}
inline __device__ void wgmmaCommit() {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#endif
}
// Until at most so many of the committed groups are at work.
template <int groups>
__device__ void wgmmaWait() {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(groups) : "memory");
#endif
}

// A thread's registers from here on, a multiple of 8, for a warpgroup together: more, which others must have given up, or
// less. The kernel has bounds, and is one branch for each number.
template <int registers>
__device__ void takeRegisters() {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(registers));
#endif
}
template <int registers>
__device__ void giveRegisters() {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(registers));
#endif
}

// Rows of 128 bytes, 64 elements along the depth, swizzled as tensorCopy does: eight of them after another, then the
// next eight. What is 16 deeper lies 32 bytes further.
inline __device__ uint64_t wgmmaDescriptor(const void* shared) {
  constexpr uint64_t EIGHT_ROWS = 1024 >> 4, SWIZZLE_128 = 1;
  return (sharedAddress(shared) & 0x3ffff) >> 4 | uint64_t{1} << 16 | EIGHT_ROWS << 32 | SWIZZLE_128 << 62;
}

#define WGMMA_EIGHT(d, i) \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])
#define WGMMA_32(d, i) WGMMA_EIGHT(d, i), WGMMA_EIGHT(d, i + 8), WGMMA_EIGHT(d, i + 16), WGMMA_EIGHT(d, i + 24)

inline __device__ void wgmma64x176x16(float (&d)[88], uint64_t a, uint64_t b, int accumulate) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  asm volatile(
      "{\n"
      ".reg .pred more;\n"
      "setp.ne.b32 more, %90, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n176k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
      "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "
      "%80, %81, %82, %83, %84, %85, %86, %87"
      "}, %88, %89, more, 1, 1, 0, 0;\n"
      "}"
      : WGMMA_32(d, 0), WGMMA_32(d, 32), WGMMA_EIGHT(d, 64), WGMMA_EIGHT(d, 72), WGMMA_EIGHT(d, 80)
      : "l"(a), "l"(b), "r"(accumulate));
#endif
}

#else

#include <simt/async.h>

#endif

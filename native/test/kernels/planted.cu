// Kernels with a bug each, which the emulated device must find. None of them is an example.

#include <async.cuh>

// Reads x[i] for one i too many.
KERNEL(planted_read_past_end, const float* x, float* out, int n) {
  const int i = threadIdx.x;
  if (i <= n) out[i % n] = x[i];
}

KERNEL(planted_write_before, float* x) { x[static_cast<int>(threadIdx.x) - 1] = 1; }

KERNEL(planted_write, float* x, int at) { x[at] = 1; }

KERNEL(planted_read, const float* x, float* out, int at) { out[0] = x[at]; }

struct Table {
  const float* rows;
};

// Takes its pointer from memory, where a launch cannot check it.
KERNEL(planted_read_table, const Table* table, float* out) { out[0] = table->rows[0]; }

KERNEL(planted_shared_past_end, float* out) {
  SHARED(float[32], a);
  SHARED(float[32], b);
  a[threadIdx.x] = b[threadIdx.x] = 1;
  __syncthreads();
  out[threadIdx.x] = a[threadIdx.x + 1];
}

// Its launch gives 32 floats.
KERNEL(planted_dynamic_past_end, float* out) {
  DYNAMIC_SHARED(float, a);
  a[threadIdx.x] = 1;
  a[threadIdx.x + 1] = 2;
  out[threadIdx.x] = a[threadIdx.x];
}

// Nobody writes the upper half.
KERNEL(planted_shared_unwritten, float* out) {
  SHARED(float[64], a);
  a[threadIdx.x] = 1;
  __syncthreads();
  out[threadIdx.x] = a[threadIdx.x + 32];
}

// A thread reads what its neighbour has yet to write: the barrier is missing.
KERNEL(planted_missing_barrier, float* out) {
  SHARED(float[64], a);
  a[threadIdx.x] = 1;
  out[threadIdx.x] = a[threadIdx.x ^ 1];
}

// The same where threads that run in ascending order would hide it.
KERNEL(planted_hidden_race, float* out) {
  SHARED(float[64], a);
  a[threadIdx.x] = 1;
  out[threadIdx.x] = threadIdx.x ? a[threadIdx.x - 1] : 0;
}

KERNEL(planted_misaligned, const float* x, float* out, int offset) {
  const float4 v = *reinterpret_cast<const float4*>(x + offset);
  out[0] = v.x;
}

KERNEL(planted_barrier_skipped, float* out) {
  if (threadIdx.x < 40) __syncthreads();
  out[threadIdx.x] = 1;
}

KERNEL(planted_barriers_in_branches, float* out) {
  if (threadIdx.x < 40) {
    out[threadIdx.x] = 1;
    __syncthreads();
  } else {
    out[threadIdx.x] = 2;
    __syncthreads();
  }
}

// The last lanes leave, and the others wait for them.
KERNEL(planted_shuffle_without_all, float* out, int n) {
  if (static_cast<int>(threadIdx.x) >= n) return;
  out[threadIdx.x] = __shfl_xor_sync(~0u, 1.0f, 1);
}

KERNEL(planted_mask_lacks_caller, float* out) { out[threadIdx.x] = __shfl_sync(0xffff, 1.0f, 0); }

KERNEL(planted_different_collectives, int* out) {
  out[threadIdx.x] = threadIdx.x & 1 ? __any_sync(~0u, 1) : __shfl_sync(~0u, 1, 0);
}

KERNEL(planted_copy_without_wait, const float* x, float* out) {
  SHARED(float[128], a);
  copyAsync<16>(&a[4 * threadIdx.x], x + 4 * threadIdx.x);
  copyAsyncCommit();
  __syncthreads();
  out[threadIdx.x] = a[threadIdx.x];
}

// Waits for one group too few.
KERNEL(planted_copy_wait_too_early, const float* x, float* out) {
  SHARED(float[256], a);
  copyAsync<16>(&a[4 * threadIdx.x], x + 4 * threadIdx.x);
  copyAsyncCommit();
  copyAsync<16>(&a[128 + 4 * threadIdx.x], x + 4 * threadIdx.x);
  copyAsyncCommit();
  copyAsyncWait<1>();
  __syncthreads();
  out[threadIdx.x] = a[128 + threadIdx.x];
}

// Each thread waits for its own copies, and reads another's without a barrier.
KERNEL(planted_copy_without_barrier, const float* x, float* out) {
  SHARED(float[128], a);
  copyAsync<16>(&a[4 * threadIdx.x], x + 4 * threadIdx.x);
  copyAsyncCommit();
  copyAsyncWait<0>();
  out[threadIdx.x] = a[(4 * threadIdx.x + 4) % 128];
}

KERNEL(planted_static_too_large, float* out) {
  SHARED(float[13 * 1024], a);
  a[threadIdx.x] = 1;
  out[threadIdx.x] = a[threadIdx.x];
}

KERNEL_BOUNDS(planted_bounded, 128, 1, float* out) { out[threadIdx.x] = 1; }

KERNEL(planted_no_dependency_wait, float* out) {
  if (blockIdx.x != 0) out[threadIdx.x] = 1;
}

// What is read before the wait must not be a predecessor's.
KERNEL(planted_early_read, const float* x, float* out) {
  const float early = x[threadIdx.x];
  gridDependencyWait();
  out[threadIdx.x] = early;
}

KERNEL(planted_early_write, float* out) {
  out[threadIdx.x] = 1;
  gridDependencyWait();
}

// Waits for what nobody will write.
KERNEL(planted_spin, volatile int* flag) {
  while (*flag == 0) {
  }
}

KERNEL(planted_assert, const int* x) { assert(x[threadIdx.x] < 5); }

KERNEL(planted_ldmatrix_from_global, const float* x, unsigned* out) { out[threadIdx.x] = ldmatrix1(x + 4 * threadIdx.x); }

KERNEL(planted_atomic_unwritten, int* counter) { atomicAdd(counter, 1); }

// A copy of 32 floats by one thread, counted by an mbarrier, which all read. What is wrong: no wait for it.
KERNEL(planted_bulk_without_wait, const float* x, float* out) {
  SHARED(float[32], a);
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) {
    mbarrierInit(&come, 1);
    fenceProxyAsync();
    mbarrierArriveExpect(&come, sizeof a);
    bulkCopy(a, x, sizeof a, &come);
  }
  __syncthreads();
  out[threadIdx.x] = a[threadIdx.x];
}

// The parity of the phase before the first, which counts as complete.
KERNEL(planted_bulk_wrong_phase, const float* x, float* out) {
  SHARED(float[32], a);
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) {
    mbarrierInit(&come, 1);
    fenceProxyAsync();
    mbarrierArriveExpect(&come, sizeof a);
    bulkCopy(a, x, sizeof a, &come);
  }
  __syncthreads();
  mbarrierWait(&come, 1);
  out[threadIdx.x] = a[threadIdx.x];
}

// Announces more bytes than it copies.
KERNEL(planted_bulk_expects_more, const float* x, float* out) {
  SHARED(float[32], a);
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) {
    mbarrierInit(&come, 1);
    fenceProxyAsync();
    mbarrierArriveExpect(&come, sizeof a + 16);
    bulkCopy(a, x, sizeof a, &come);
  }
  __syncthreads();
  mbarrierWait(&come, 0);
  out[threadIdx.x] = a[threadIdx.x];
}

// The copy may find another mbarrier than was made there.
KERNEL(planted_bulk_unfenced, const float* x, float* out) {
  SHARED(float[32], a);
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) {
    mbarrierInit(&come, 1);
    mbarrierArriveExpect(&come, sizeof a);
    bulkCopy(a, x, sizeof a, &come);
  }
  __syncthreads();
  mbarrierWait(&come, 0);
  out[threadIdx.x] = a[threadIdx.x];
}

// Another copy to where one is still to come: the wait for those who read it is missing.
KERNEL(planted_bulk_over_bulk, const float* x, float* out) {
  SHARED(float[32], a);
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) {
    mbarrierInit(&come, 2);
    fenceProxyAsync();
    for (int round = 0; round < 2; round++) {
      mbarrierArriveExpect(&come, sizeof a);
      bulkCopy(a, x, sizeof a, &come);
    }
  }
  __syncthreads();
  mbarrierWait(&come, 0);
  out[threadIdx.x] = a[threadIdx.x];
}

KERNEL(planted_bulk_left, const float* x, float* out) {
  SHARED(float[32], a);
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) {
    mbarrierInit(&come, 1);
    fenceProxyAsync();
    mbarrierArriveExpect(&come, sizeof a);
    bulkCopy(a, x, sizeof a, &come);
  }
  out[threadIdx.x] = 0;
}

KERNEL(planted_bulk_misaligned, const float* x, float* out) {
  SHARED(float[32], a);
  SHARED(Mbarrier, come);
  mbarrierInit(&come, 1);
  fenceProxyAsync();
  mbarrierArriveExpect(&come, 32);
  bulkCopy(a, x + 1, 32, &come);
  mbarrierWait(&come, 0);
  out[threadIdx.x] = a[threadIdx.x];
}

// All arrive where one was to.
KERNEL(planted_mbarrier_too_many, float* out) {
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) {
    mbarrierInit(&come, 2);
    mbarrierArriveExpect(&come, 16);
  }
  __syncthreads();
  mbarrierArrive(&come);
  out[threadIdx.x] = 1;
}

KERNEL(planted_mbarrier_overwritten, float* out) {
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) mbarrierInit(&come, 32);
  __syncthreads();
  if (threadIdx.x == 0) come.state = 0;
  __syncthreads();
  mbarrierArrive(&come);
  mbarrierWait(&come, 0);
  out[threadIdx.x] = 1;
}

// No barrier between who makes it and who uses it.
KERNEL(planted_mbarrier_unmade, float* out) {
  SHARED(Mbarrier, come);
  if (threadIdx.x == 31) mbarrierInit(&come, 32);
  mbarrierArrive(&come);
  mbarrierWait(&come, 0);
  out[threadIdx.x] = 1;
}

// out[thread] = the first of the thread's sums over a depth of 16 and then as many again, ones times a row's number: with
// bug 0 it is right. Dynamic shared memory of 30 KB.
KERNEL(planted_wgmma, int bug, float* out) {
  DYNAMIC_SHARED(unsigned char, tile);
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) mbarrierInit(&come, 1);
  __syncthreads();
  for (int row = threadIdx.x; row < 64 + 176; row += 128) {
    for (int i = 0; i < 64; i++) {
      reinterpret_cast<__nv_bfloat16*>(tile)[64 * row + i] = __float2bfloat16(row < 64 ? row : 1);
    }
  }
  if (bug != 1 || threadIdx.x != 5) fenceProxyAsync();  // of a thread it is missing
  __syncthreads();
  auto a = wgmmaDescriptor(tile), b = wgmmaDescriptor(tile + 64 * 128);
  if (bug == 2) a += 1ull << 32;                         // rows further apart than they lie
  if (bug == 3) b += (176 * 128) >> 4;                   // behind the operands
  if (bug == 4 && threadIdx.x == 100) a += 2;            // not the same in all threads
  float d[88];
  if (bug != 5) wgmmaFence();
  wgmma64x176x16(d, a, b, 0);
  wgmmaCommit();
  float early = 0;
  if (bug == 6) early = d[0];                            // before the wait
  if (bug == 7) d[0] = 1;                                // while it is at work
  if (bug == 8) reinterpret_cast<float*>(tile)[0] = 1;   // an operand, while it is read
  if (bug == 9) return;                                  // without a wait
  wgmmaWait<0>();
  d[1] += 1;
  if (bug != 10) wgmmaFence();                           // again, since registers were used
  wgmma64x176x16(d, a + 2, b + 2, 1);
  wgmmaCommit();
  if (bug != 11) wgmmaWait<0>();                         // of another group than is read
  if (bug == 11) wgmmaWait<1>();
  out[threadIdx.x] = bug == 6 ? early : d[0];
  if (bug == 11) wgmmaWait<0>();
}

KERNEL(planted_tensor_map, const __grid_constant__ TensorMap map, float* out) {
  DYNAMIC_SHARED(unsigned char, tile);
  SHARED(Mbarrier, come);
  mbarrierInit(&come, 1);
  fenceProxyAsync();
  mbarrierArriveExpect(&come, 64 * 128);
  tensorCopy(tile, map, 0, 0, &come);
  mbarrierWait(&come, 0);
  out[0] = 1;
}

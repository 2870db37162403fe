// What counters must see, planted once each: kernels that do a thing well, and others that do it badly.

#include <async.cuh>

// weights [32 · warps of the grid, 16 bytes], each read once, whole sectors
KERNEL(counted_once, const float4* weights, float* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const float4 w = weights[i];
  out[i] = w.x + w.y + w.z + w.w;
}

// 4 bytes of each sector
KERNEL(counted_strided, const float* weights, float* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  out[i] = weights[8 * i];
}

// all of it twice
KERNEL(counted_twice, const float* weights, float* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  float sum = 0;
  for (int pass = 0; pass < 2; pass++) sum += weights[i ^ 4 * pass];
  out[i] = sum;
}

// 16 bytes a thread on their way at each of `steps` waits, `ahead` of them at a time
template <int ahead>
__device__ void fetch(const float4* weights, float* out, int steps) {
  DYNAMIC_SHARED(float4, ring);  // [ahead][blockDim]
  const float4* from = weights + threadIdx.x;
  for (int i = 0; i < ahead; i++) {
    copyAsync<16>(ring + i * blockDim.x + threadIdx.x, from + i * blockDim.x);
    copyAsyncCommit();
  }
  float sum = 0;
  for (int i = 0; i < steps; i++) {
    copyAsyncWait<ahead - 1>();
    float4* const place = ring + i % ahead * blockDim.x + threadIdx.x;
    sum += place->x;
    if (i + ahead < steps) copyAsync<16>(place, from + (i + ahead) * blockDim.x);
    copyAsyncCommit();
  }
  out[threadIdx.x] = sum;
}
KERNEL(counted_eight_ahead, const float4* weights, float* out, int steps) { fetch<8>(weights, out, steps); }
KERNEL(counted_one_ahead, const float4* weights, float* out, int steps) { fetch<1>(weights, out, steps); }

// A transposition through shared memory, rows `pitch` floats apart: 32 is in the way of itself, 33 is not.
KERNEL(counted_transpose, const float* in, float* out, int pitch) {
  DYNAMIC_SHARED(float, tile);
  for (int row = 0; row < 32; row++) tile[row * pitch + threadIdx.x] = in[row * 32 + threadIdx.x];
  __syncthreads();
  for (int row = 0; row < 32; row++) out[row * 32 + threadIdx.x] = tile[threadIdx.x * pitch + row];
}

// Two bytes of each sector stored, as one column of a matrix of 16
KERNEL(counted_column, unsigned short* cache) { cache[16 * threadIdx.x] = 7; }

// A warp's parts of one row, stored together
KERNEL(counted_row, unsigned short* cache) { cache[threadIdx.x] = 7; }

// Each block leaves a sum, and who comes last adds them up.
struct CountedWork {
  long long unused;
  float* sums;
  int* arrived;
};
KERNEL(counted_partials, CountedWork work, float* out) {
  SHARED(bool, last);
  __stcg(work.sums + blockIdx.x * blockDim.x + threadIdx.x, 1.0f);
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    last = atomicAdd(work.arrived, 1) == static_cast<int>(gridDim.x) - 1;
    if (last) *work.arrived = 0;
  }
  __syncthreads();
  if (!last) return;
  float sum = 0;
  for (unsigned block = 0; block < gridDim.x; block++) sum += __ldcg(work.sums + block * blockDim.x + threadIdx.x);
  out[threadIdx.x] = sum;
}

// 3 KiB by each of two copies that one thread begins, of which the second is on its way while the first is awaited
KERNEL(counted_bulk, const float* weights, float* out) {
  DYNAMIC_SHARED(float, place);
  SHARED(Mbarrier[2], come);
  if (threadIdx.x == 0) {
    for (int i = 0; i < 2; i++) mbarrierInit(&come[i], 1);
    fenceProxyAsync();
    for (int i = 0; i < 2; i++) {
      mbarrierArriveExpect(&come[i], 3072);
      bulkCopy(place + i * 768, weights + i * 768, 3072, &come[i]);
    }
  }
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < 2; i++) {
    mbarrierWait(&come[i], 0);
    for (int k = threadIdx.x; k < 768; k += 32) sum += place[i * 768 + k];
  }
  out[threadIdx.x] = sum;
}

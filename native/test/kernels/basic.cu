// Small kernels that exercise the device as such: launches, indices, shared memory, shuffles.

#include <device.cuh>

// out[i] = a · x[i] + y[i]
KERNEL(selftest_axpy, float a, const float* x, const float* y, float* out, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = a * x[i] + y[i];
}

// y[row] = W[row] · x, a warp a row; W is [rows, columns]
KERNEL(selftest_gemv, const float* w, const float* x, float* y, int rows, int columns) {
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  float sum = 0;
  for (int c = threadIdx.x * 4; c < columns; c += 128) {
    const float4 a = *reinterpret_cast<const float4*>(w + static_cast<size_t>(row) * columns + c);
    const float4 b = *reinterpret_cast<const float4*>(x + c);
    sum += a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(~0u, sum, lanes);
  if (threadIdx.x == 0) y[row] = sum;
}

// The same with the warp's sum in one meeting.
KERNEL(selftest_gemv_sum, const float* w, const float* x, float* y, int rows, int columns) {
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  float sum = 0;
  for (int c = threadIdx.x * 4; c < columns; c += 128) {
    const float4 a = *reinterpret_cast<const float4*>(w + static_cast<size_t>(row) * columns + c);
    const float4 b = *reinterpret_cast<const float4*>(x + c);
    sum += a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
  }
  sum = warpSum(sum);
  if (threadIdx.x == 0) y[row] = sum;
}

// Multiplies n times by the tensor cores' instruction.
KERNEL(selftest_mma, float* out, int n) {
  float4 d = make_float4(0, 0, 0, 0);
  const unsigned ones = 0x3f803f80;
  for (int i = 0; i < n; i++) d = mma16816(make_uint4(ones, ones, ones, ones), make_uint2(ones, ones), d);
  out[threadIdx.x] = d.x;
}

// out[block] = the sum of the block's 256 values, through shared memory
KERNEL_BOUNDS(selftest_sum, 256, 1, const int* x, int* out) {
  SHARED(int[256], values);
  values[threadIdx.x] = x[blockIdx.x * 256 + threadIdx.x];
  __syncthreads();
  for (int half = 128; half > 0; half /= 2) {
    if (threadIdx.x < half) values[threadIdx.x] += values[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) out[blockIdx.x] = values[0];
}

// out[i] = x[n - 1 - i], through dynamic shared memory of n ints
KERNEL(selftest_reverse, const int* x, int* out, int n) {
  DYNAMIC_SHARED(int, values);
  for (int i = threadIdx.x; i < n; i += blockDim.x) values[i] = x[i];
  __syncthreads();
  for (int i = threadIdx.x; i < n; i += blockDim.x) out[i] = values[n - 1 - i];
}

// Nothing, as quickly as can be.
KERNEL(selftest_empty) {}

// Meets the block n times: what a switch of fibers costs.
KERNEL(selftest_meet, int n) {
  for (int i = 0; i < n; i++) __syncthreads();
}

// Meets the warp n times.
KERNEL(selftest_shuffle, int* out, int n) {
  int sum = 0;
  for (int i = 0; i < n; i++) sum += __shfl_xor_sync(~0u, static_cast<int>(threadIdx.x) + i, 1);
  out[threadIdx.x] = sum;
}

// Planted for run.sh: more values live than a thread may have registers, and an array that is indexed at run time.
#include "device.cuh"

// out[i] = a sum of the thread's 96 values, in an order that keeps all of them alive; x [96, 1024], out [1024]
KERNEL_BOUNDS(spilling_registers, 1024, 2, const float* x, float* out) {
  float values[96];
  for (int i = 0; i < 96; i++) values[i] = x[i * 1024 + threadIdx.x];
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < 96; i++) sum = sum * values[(i * 37) % 96] + values[95 - i];
  out[threadIdx.x] = sum;
}

// out[i] = the i-th of 64 values of a thread's own array; x [64], order [64]
KERNEL(spilling_array, const float* x, const int* order, float* out) {
  float values[64];
  for (int i = 0; i < 64; i++) values[order[i]] = x[i];
  for (int i = 0; i < 64; i++) out[i] = values[i];
}

// out[i] = x[i]; keeps to its registers
KERNEL(spilling_none, const float* x, float* out) { out[threadIdx.x] = x[threadIdx.x]; }

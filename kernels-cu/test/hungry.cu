// Planted for run.sh: so many registers that two blocks of it leave none for a norm.
#include "device.cuh"

// out[i] = a sum of the thread's 96 values, in an order that keeps all of them alive; x [96, 1024], out [1024]
KERNEL(linear_add_8_bf16, const float* x, float* out) {
  float values[96];
  for (int i = 0; i < 96; i++) values[i] = x[i * 1024 + threadIdx.x];
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < 96; i++) sum = sum * values[(i * 37) % 96] + values[95 - i];
  out[threadIdx.x] = sum;
}

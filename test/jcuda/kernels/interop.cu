// Kernels of a user's own, for muninn.jcuda.InteropExample.
#include <device.cuh>

// x[i] = x[i] · factor; x [n], moves 8 bytes each
KERNEL(interop_scale, float* x, float factor, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] *= factor;
}

// x[i] = x[i] + term; x [n], moves 8 bytes each
KERNEL(interop_add, float* x, float term, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] += term;
}

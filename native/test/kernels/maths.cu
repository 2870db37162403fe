// Functions of kernels-cu/ that have twins in Java, for their comparison to the bit.
#include "philox.cuh"

// out[i] = e^x[i]; x, out [n]
KERNEL(selftest_exp, const float* x, float* out, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) out[i] = maths::exp(x[i]);
}

// out[i] = silu(gate[i]) · up[i]; gate, up, out [n]
KERNEL(selftest_swiglu, const float* gate, const float* up, float* out, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) out[i] = maths::swiglu(gate[i], up[i]);
}

// out[i] = ln x[i]; x, out [n]
KERNEL(selftest_log, const double* x, double* out, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) out[i] = maths::log(x[i]);
}

// The numbers 4q … 4q + 3 of the noise of draws, and of initial latents, at a position; both [4 · quads]
KERNEL(selftest_noise, uint64_t seed, int position, float* gumbels, float* normals, int quads) {
  const int q = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (q >= quads) return;
  const uint4 draw = philox::words(seed, philox::DRAW, position, q);
  const uint4 latent = philox::words(seed, philox::LATENT, position, q);
  gumbels[4 * q] = philox::gumbel(draw.x);
  gumbels[4 * q + 1] = philox::gumbel(draw.y);
  gumbels[4 * q + 2] = philox::gumbel(draw.z);
  gumbels[4 * q + 3] = philox::gumbel(draw.w);
  normals[4 * q] = philox::truncatedNormal(latent.x);
  normals[4 * q + 1] = philox::truncatedNormal(latent.y);
  normals[4 * q + 2] = philox::truncatedNormal(latent.z);
  normals[4 * q + 3] = philox::truncatedNormal(latent.w);
}

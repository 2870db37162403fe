// Weights that nobody has: the numbers of kernels.cpu.RandomNumbers, so that speed can be measured without a checkpoint.
#include "philox.cuh"
#include "rows.cuh"

namespace {

constexpr unsigned WEIGHTS = 2;       // stream, beside philox::DRAW and LATENT
constexpr float SPREAD = 104.51076f;  // of the sum of two bytes, sqrt(2 · (256² - 1) / 12)

// One half of a word as a weight: the sum of two bytes, less its mean, times the scale, rounded to bfloat16 whatever
// the device's type is.
__device__ float weight(unsigned word, int half, float scale) {
  const int sum = static_cast<int>(word >> (16 * half) & 0xff) + static_cast<int>(word >> (16 * half + 8) & 0xff);
  return __fmul_rn(static_cast<float>(sum - 255), scale);
}

__device__ void store8(bf16* to, const float* v) {
  *reinterpret_cast<uint4*>(to) =
      make_uint4(packBf16(v[0], v[1]), packBf16(v[2], v[3]), packBf16(v[4], v[5]), packBf16(v[6], v[7]));
}

__device__ void store8(float* to, const float* v) {
  float r[8];
#pragma unroll
  for (int k = 0; k < 8; k++) r[k] = __bfloat162float(__float2bfloat16_rn(v[k]));
  store4(to, make_float4(r[0], r[1], r[2], r[3]));
  store4(to + 4, make_float4(r[4], r[5], r[6], r[7]));
}

// Eight elements a thread and step, one Philox block: element 8b + k has half k % 2 of word k / 2 of block b. Writes
// each once.
// to [8 · blocks]
template <class T>
__device__ void fill(T* to, long long blocks, uint64_t seed, float sigma) {
  gridDependencyLaunch();
  gridDependencyWait();
  const float scale = __fdiv_rn(sigma, SPREAD);
  const long long step = static_cast<long long>(gridDim.x) * blockDim.x;
  for (long long b = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; b < blocks; b += step) {
    const uint4 words =
        philox::block(seed, static_cast<unsigned>(b), static_cast<unsigned>(b >> 32), WEIGHTS, 0);
    const float v[8] = {weight(words.x, 0, scale), weight(words.x, 1, scale), weight(words.y, 0, scale),
                        weight(words.y, 1, scale), weight(words.z, 0, scale), weight(words.z, 1, scale),
                        weight(words.w, 0, scale), weight(words.w, 1, scale)};
    store8(to + 8 * b, v);
  }
}

}  // namespace

KERNEL(random_f32, float* to, long long blocks, uint64_t seed, float sigma) { TIMELINE; fill(to, blocks, seed, sigma); }
KERNEL(random_bf16, bf16* to, long long blocks, uint64_t seed, float sigma) { TIMELINE; fill(to, blocks, seed, sigma); }

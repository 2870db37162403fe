// Counter-based random numbers, the twin of kernels.cpu.Philox to the bit: Philox 4×32 with 10 rounds (Salmon et al.
// 2011). The seed is the key; the counter names what the numbers are for, so nobody asks anybody for noise.
#pragma once

#include "maths.cuh"

namespace philox {

constexpr int DRAW = 0;    // stream of the noise that tokens are drawn by, one number a token id
constexpr int LATENT = 1;  // stream of the initial latents, one number an element

// No gumbel is larger: it takes 16.636 at the largest u, 1 - 2^-24.
constexpr float LARGEST_GUMBEL = 16.64f;

// The four words of the counter (c0, c1, c2, c3).
inline __device__ uint4 block(uint64_t seed, unsigned c0, unsigned c1, unsigned c2, unsigned c3) {
  unsigned k0 = static_cast<unsigned>(seed);
  unsigned k1 = static_cast<unsigned>(seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const unsigned high0 = __umulhi(0xD2511F53u, c0);
    const unsigned low0 = 0xD2511F53u * c0;
    const unsigned high1 = __umulhi(0xCD9E8D57u, c2);
    const unsigned low1 = 0xCD9E8D57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return make_uint4(c0, c1, c2, c3);
}

// The words of the numbers 4 · quad … 4 · quad + 3 of a stream at a position.
inline __device__ uint4 words(uint64_t seed, int stream, int position, int quad) {
  return block(seed, static_cast<unsigned>(quad), static_cast<unsigned>(position), static_cast<unsigned>(stream), 0);
}

// Between 0 and 1, never either: 23 bits and a half.
inline __device__ float uniform(unsigned word) {
  return __fmul_rn(__fadd_rn(static_cast<float>(word >> 9), 0.5f), 0x1p-23f);
}

// -ln(-ln u), u uniform.
inline __device__ float gumbel(unsigned word) {
  return static_cast<float>(-maths::log(-maths::log(static_cast<double>(uniform(word)))));
}

// The normal distribution's inverse, to 7 digits: algorithm AS 241, PPND7 (Wichura 1988), for |z| up to 3 and a bit.
inline __device__ double normalQuantile(double p) {
  const double q = p - 0.5;
  if (fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179) /
           (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0);
  }
  const double r = sqrt(-maths::log(q < 0 ? p : 1.0 - p)) - 1.6;
  const double z = (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) /
                   ((0.12021132975 * r + 0.73700164250) * r + 1.0);
  return q < 0 ? -z : z;
}

// Standard normal, truncated at ±3.
inline __device__ float truncatedNormal(unsigned word) {
  const double tail = 0.0013498980316300933;  // probability beyond 3
  return static_cast<float>(normalQuantile(tail + static_cast<double>(uniform(word)) * (1 - 2 * tail)));
}

}  // namespace philox

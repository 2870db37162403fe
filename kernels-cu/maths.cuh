// Transcendental functions in fixed operations, the twins of kernels.cpu.Maths to the bit: the same text from the same
// seed on every device rests on that. Built with -fmad=false: what is fused is written as fma.
#pragma once

#include "device.cuh"

namespace maths {

inline __device__ float powerOfTwo(int n) { return __uint_as_float(static_cast<unsigned>(n + 127) << 23); }

// e^x within 1 unit in the last place, for x held within -87 … 88.7. Coefficients: see Maths.java.
inline __device__ float exp(float x) {
  x = x < -87.0f ? -87.0f : x;  // comparisons, not fmaxf: NaN must stay
  x = x > 88.7f ? 88.7f : x;
  const float n = __fadd_rn(__fadd_rn(__fmul_rn(x, 0x1.715476p0f), 0x1.8p23f), -0x1.8p23f);
  const float f = fmaf(-n, 0x1.7f7d1cp-20f, fmaf(-n, 0x1.62e4p-1f, x));
  float p = fmaf(fmaf(fmaf(0x1.a057b4p-13f, f, 0x1.6d2d92p-10f), f, 0x1.11114cp-7f), f, 0x1.5554f4p-5f);
  p = fmaf(fmaf(p, f, 0x1.555556p-3f), f, 0.5f);
  const float e = __fadd_rn(1.0f, fmaf(__fmul_rn(f, f), p, f));
  const int k = x == x ? static_cast<int>(n) : 0;
  const int half = k >> 1;
  return __fmul_rn(__fmul_rn(e, powerOfTwo(half)), powerOfTwo(k - half));
}

// silu(gate) · up, silu(x) = x · sigmoid(x).
inline __device__ float swiglu(float gate, float up) {
  return __fmul_rn(__fdiv_rn(gate, __fadd_rn(exp(-gate), 1.0f)), up);
}

// ln x within 2 units in the last place, for x positive, normal and finite.
inline __device__ double log(double x) {
  // x = 2^k · (1 + f) with 1 + f within sqrt(1/2) … sqrt(2)
  const long long bits = __double_as_longlong(x);
  const long long exponent = (bits - 0x3fe6a09e667f3bcdLL) >> 52;
  const double k = static_cast<double>(static_cast<int>(exponent));
  const double f = __longlong_as_double(bits - exponent * (1LL << 52)) - 1.0;
  // ln(1 + f) = f - s · (f - r), s = f / (2 + f)
  const double s = f / (2.0 + f);
  const double z = s * s;
  double r = fma(z, 0x1.2f112df3e5244p-3, 0x1.39a09d078c69fp-3);
  r = fma(fma(fma(z, r, 0x1.7466496cb03dep-3), z, 0x1.c71c51d8e78afp-3), z, 0x1.2492494229359p-2);
  r = fma(fma(r, z, 0x1.999999997fa04p-2), z, 0x1.5555555555593p-1) * z;
  return fma(k, 0x1.62e42feep-1, f - fma(-k, 0x1.a39ef35793c76p-33, s * (f - r)));
}

}  // namespace maths

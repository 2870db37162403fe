// Bytes that a scale makes numbers: what kernels.Code says, for the same bits.
#pragma once

#include "weights.cuh"

namespace codes {

// Whole numbers from -127 to 127.
struct Int8 {
  static constexpr float GREATEST = 127;

  static __device__ float decode(unsigned char code) { return static_cast<float>(static_cast<signed char>(code)); }
  // the nearest whole number, of two as near the even one, is what 1.5 · 2^23 leaves below
  static __device__ unsigned char encode(float x) { return static_cast<unsigned char>(__float_as_uint(x + 12582912.0f)); }
};

// e4m3: sign, 4 bits of exponent biased by 7, 3 of mantissa.
struct E4m3 {
  static constexpr float GREATEST = 448;

  static __device__ float decode(unsigned char code) {
    const unsigned bits = (code & 0x80u) << 24 | (code & 0x7fu) << 20;
    return __uint_as_float(bits) * __uint_as_float(0x7b800000u);
  }
  static __device__ unsigned char encode(float x) { return __nv_cvt_float_to_fp8(x, __NV_SATFINITE, __NV_E4M3); }
};

// How a row is coded by the magnitude of its greatest number, as that number's bits: those of what is no number are greater
// than all others, and so come through.
template <class Code>
struct Scale {
  float factor;  // codes are of numbers times that
  float scale;   // and numbers are codes times that

  explicit __device__ Scale(unsigned greatestBits) {
    const float greatest = __uint_as_float(greatestBits);
    const bool zeros = greatest < 7.888609052210118e-31f;  // 2^-100
    factor = zeros ? 0.0f : Code::GREATEST / greatest;
    scale = zeros ? 0.0f : greatest / Code::GREATEST;
  }
};

}  // namespace codes

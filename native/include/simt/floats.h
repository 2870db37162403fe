// The narrow floating-point types, under CUDA's names, rounded as the device's cvt.rn instructions round: to nearest,
// ties to even, subnormals kept, NaN to the one canonical NaN. Arithmetic is the kernel's business, in float.
#pragma once

#include <bit>
#include <cstdint>

#include <simt/vectors.h>

namespace simt {

// float to bfloat16.
constexpr std::uint16_t toBf16(float x) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  if ((u & 0x7fffffff) > 0x7f800000) return 0x7fff;
  return static_cast<std::uint16_t>((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

constexpr float fromBf16(std::uint16_t h) { return std::bit_cast<float>(std::uint32_t{h} << 16); }

// float to a type of less exponent range. Returns exponent and mantissa without sign; what is too large comes out as
// a number beyond the type's largest, for the caller to treat.
template <int bias, int mantissaBits>
constexpr std::uint32_t narrow(std::uint32_t magnitude) {
  constexpr int drop = 23 - mantissaBits;
  const int exponent = static_cast<int>(magnitude >> 23) - 127;
  constexpr int smallest = 1 - bias;  // exponent of the smallest normal number
  std::uint32_t value = magnitude;
  int shift = drop;
  if (exponent >= smallest) {
    value -= static_cast<std::uint32_t>(127 - bias) << 23;
  } else {
    // A subnormal of the target: the leading one is written out and moves right.
    value = (magnitude & 0x7fffff) | 0x800000;
    shift += smallest - exponent;
    if (shift > 25) return 0;
  }
  const std::uint32_t half = (1u << (shift - 1)) - 1 + (value >> shift & 1);
  return (value + half) >> shift;
}

// The value of a narrow number without sign, infinities and NaN aside.
template <int bias, int mantissaBits>
constexpr float widen(std::uint32_t bits) {
  const std::uint32_t exponent = bits >> mantissaBits, mantissa = bits & ((1u << mantissaBits) - 1);
  if (exponent) {
    return std::bit_cast<float>((exponent + 127 - bias) << 23 | mantissa << (23 - mantissaBits));
  }
  // 2^(1 - bias - mantissaBits), exact in float for the types here.
  return static_cast<float>(mantissa) * std::bit_cast<float>(static_cast<std::uint32_t>(128 - bias - mantissaBits) << 23);
}

constexpr float withSign(float x, bool negative) { return negative ? -x : x; }

constexpr std::uint16_t toHalf(float x) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t magnitude = u & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7fff;
  std::uint32_t bits = magnitude >= 0x47800000 ? 0x7c00 : narrow<15, 10>(magnitude);  // from 2^16 on infinity
  return static_cast<std::uint16_t>((u >> 16 & 0x8000) | bits);
}

constexpr float fromHalf(std::uint16_t h) {
  const std::uint32_t magnitude = h & 0x7fff;
  if (magnitude < 0x7c00) return withSign(widen<15, 10>(magnitude), h >> 15);
  return std::bit_cast<float>((h & 0x8000u) << 16 | 0x7f800000 | (magnitude & 0x3ff) << 13);
}

// e4m3 has no infinity: 0x7f is NaN, 0x7e = 448 the largest number.
constexpr std::uint8_t toE4m3(float x, bool saturate) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t magnitude = u & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7f;
  std::uint32_t bits = magnitude >= 0x44000000 ? 0x7f : narrow<7, 3>(magnitude);  // 512
  if (bits > 0x7e) bits = saturate ? 0x7e : 0x7f;
  return static_cast<std::uint8_t>((u >> 24 & 0x80) | bits);
}

constexpr float fromE4m3(std::uint8_t h) {
  if ((h & 0x7f) == 0x7f) return std::bit_cast<float>(0x7fffffffu);
  return withSign(widen<7, 3>(h & 0x7f), h >> 7);
}

constexpr std::uint8_t toE5m2(float x, bool saturate) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t magnitude = u & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7f;
  std::uint32_t bits = magnitude >= 0x47800000 ? 0x7c : narrow<15, 2>(magnitude);
  if (bits > 0x7b) bits = saturate ? 0x7b : 0x7c;
  return static_cast<std::uint8_t>((u >> 24 & 0x80) | bits);
}

constexpr float fromE5m2(std::uint8_t h) { return fromHalf(static_cast<std::uint16_t>(h << 8)); }

}  // namespace simt

// bfloat16

struct __nv_bfloat16_raw {
  unsigned short x;
};

struct alignas(2) __nv_bfloat16 {
  unsigned short bits;

  __nv_bfloat16() = default;
  constexpr __nv_bfloat16(float x) : bits(simt::toBf16(x)) {}
  constexpr __nv_bfloat16(__nv_bfloat16_raw raw) : bits(raw.x) {}
  constexpr operator float() const { return simt::fromBf16(bits); }
};

struct alignas(4) __nv_bfloat162 {
  __nv_bfloat16 x, y;
};

constexpr __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) { return __nv_bfloat16_raw{bits}; }
constexpr unsigned short __bfloat16_as_ushort(__nv_bfloat16 h) { return h.bits; }
constexpr __nv_bfloat16 __float2bfloat16(float x) { return x; }
constexpr __nv_bfloat16 __float2bfloat16_rn(float x) { return x; }
constexpr float __bfloat162float(__nv_bfloat16 h) { return h; }
constexpr __nv_bfloat162 __floats2bfloat162_rn(float x, float y) { return {x, y}; }
constexpr __nv_bfloat162 __float22bfloat162_rn(float2 v) { return {v.x, v.y}; }
constexpr __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) { return {x, y}; }
constexpr float2 __bfloat1622float2(__nv_bfloat162 h) { return {h.x, h.y}; }
constexpr float __low2float(__nv_bfloat162 h) { return h.x; }
constexpr float __high2float(__nv_bfloat162 h) { return h.y; }

constexpr __nv_bfloat162 __hadd2(__nv_bfloat162 a, __nv_bfloat162 b) { return {a.x + b.x, a.y + b.y}; }
constexpr __nv_bfloat162 __hsub2(__nv_bfloat162 a, __nv_bfloat162 b) { return {a.x - b.x, a.y - b.y}; }
constexpr __nv_bfloat162 __hmul2(__nv_bfloat162 a, __nv_bfloat162 b) { return {a.x * b.x, a.y * b.y}; }

using nv_bfloat16 = __nv_bfloat16;
using nv_bfloat162 = __nv_bfloat162;

// float16

struct __half_raw {
  unsigned short x;
};

struct alignas(2) __half {
  unsigned short bits;

  __half() = default;
  constexpr __half(float x) : bits(simt::toHalf(x)) {}
  constexpr __half(__half_raw raw) : bits(raw.x) {}
  constexpr operator float() const { return simt::fromHalf(bits); }
};

struct alignas(4) __half2 {
  __half x, y;
};

constexpr __half __ushort_as_half(unsigned short bits) { return __half_raw{bits}; }
constexpr unsigned short __half_as_ushort(__half h) { return h.bits; }
constexpr __half __float2half(float x) { return x; }
constexpr __half __float2half_rn(float x) { return x; }
constexpr float __half2float(__half h) { return h; }
constexpr __half2 __floats2half2_rn(float x, float y) { return {x, y}; }
constexpr __half2 __halves2half2(__half x, __half y) { return {x, y}; }
constexpr float2 __half22float2(__half2 h) { return {h.x, h.y}; }
constexpr float __low2float(__half2 h) { return h.x; }
constexpr float __high2float(__half2 h) { return h.y; }

using half = __half;
using half2 = __half2;

// 8 bits

using __nv_fp8_storage_t = unsigned char;
enum __nv_saturation_t { __NV_NOSAT, __NV_SATFINITE };
enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 };

constexpr __nv_fp8_storage_t __nv_cvt_float_to_fp8(float x, __nv_saturation_t s, __nv_fp8_interpretation_t type) {
  return type == __NV_E4M3 ? simt::toE4m3(x, s == __NV_SATFINITE) : simt::toE5m2(x, s == __NV_SATFINITE);
}

constexpr __half_raw __nv_cvt_fp8_to_halfraw(__nv_fp8_storage_t h, __nv_fp8_interpretation_t type) {
  return {simt::toHalf(type == __NV_E4M3 ? simt::fromE4m3(h) : simt::fromE5m2(h))};
}

struct __nv_fp8_e4m3 {
  __nv_fp8_storage_t __x;

  __nv_fp8_e4m3() = default;
  explicit constexpr __nv_fp8_e4m3(float x) : __x(simt::toE4m3(x, true)) {}
  explicit constexpr operator float() const { return simt::fromE4m3(__x); }
};

struct __nv_fp8_e5m2 {
  __nv_fp8_storage_t __x;

  __nv_fp8_e5m2() = default;
  explicit constexpr __nv_fp8_e5m2(float x) : __x(simt::toE5m2(x, true)) {}
  explicit constexpr operator float() const { return simt::fromE5m2(__x); }
};

// Rows of float and bfloat16 alike, four elements at a time.
#pragma once

#include "device.cuh"

using bf16 = __nv_bfloat16;

inline __device__ float4 load4(const float* p) { return *reinterpret_cast<const float4*>(p); }
inline __device__ float4 load4(const bf16* p) {
  const uint2 bits = *reinterpret_cast<const uint2*>(p);
  return make_float4(__uint_as_float(bits.x << 16), __uint_as_float(bits.x & 0xffff0000u),
                     __uint_as_float(bits.y << 16), __uint_as_float(bits.y & 0xffff0000u));
}

// Two floats rounded to bfloat16, the first in the lower half.
inline __device__ unsigned packBf16(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const unsigned*>(&pair);
}

inline __device__ void store4(float* p, float4 v) { *reinterpret_cast<float4*>(p) = v; }
inline __device__ void store4(bf16* p, float4 v) {
  *reinterpret_cast<uint2*>(p) = make_uint2(packBf16(v.x, v.y), packBf16(v.z, v.w));
}

// Row r of rows without gaps.
template <class T>
inline __device__ T* rowOf(T* rows, int r, int columns) {
  return rows + static_cast<long long>(r) * columns;
}

// CUDA's vector types, aligned as the device aligns them: an access to one is a single access of that width.
#pragma once

#include <cstdint>

#include <simt/core.h>

#define SIMT_VECTOR2(name, type)                                 \
  struct alignas(2 * sizeof(type)) name##2 { type x, y; };       \
  inline name##2 make_##name##2(type x, type y) { return {x, y}; }
#define SIMT_VECTOR4(name, type, align)                          \
  struct alignas(align) name##4 { type x, y, z, w; };            \
  inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

SIMT_VECTOR2(char, signed char)
SIMT_VECTOR4(char, signed char, 4)
SIMT_VECTOR2(uchar, unsigned char)
SIMT_VECTOR4(uchar, unsigned char, 4)
SIMT_VECTOR2(short, short)
SIMT_VECTOR4(short, short, 8)
SIMT_VECTOR2(ushort, unsigned short)
SIMT_VECTOR4(ushort, unsigned short, 8)
SIMT_VECTOR2(int, int)
SIMT_VECTOR4(int, int, 16)
SIMT_VECTOR2(uint, unsigned)
SIMT_VECTOR4(uint, unsigned, 16)
SIMT_VECTOR2(float, float)
SIMT_VECTOR4(float, float, 16)
SIMT_VECTOR2(longlong, long long)
SIMT_VECTOR2(ulonglong, unsigned long long)
SIMT_VECTOR2(double, double)

inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }

#undef SIMT_VECTOR2
#undef SIMT_VECTOR4

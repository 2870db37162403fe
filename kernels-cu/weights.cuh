// Weights as products and the embedding read them: eight neighbours of a row at a time, whatever they are stored as. A
// struct a format, which travels by value as a kernel parameter (kernels.cuda.CudaWeights); what reads weights is
// written over any of them.
#pragma once

#include <cstdint>

#include "rows.cuh"

// Eight elements as products take them, of type T.
template <class T>
struct alignas(16) Eight;

template <>
struct alignas(16) Eight<bf16> {
  uint4 v;

  __device__ float4 low() const { return load4(reinterpret_cast<const bf16*>(&v)); }
  __device__ float4 high() const { return load4(reinterpret_cast<const bf16*>(&v) + 4); }
};

template <>
struct alignas(16) Eight<float> {
  float4 first, second;

  __device__ float4 low() const { return first; }
  __device__ float4 high() const { return second; }
};

// Elements that are numbers by themselves, which products take as they are. Of codes Stored has fewer bytes, and load8
// makes them numbers by what stands beside them for the row and column of the first.
template <class T>
struct PlainWeights {
  using Operand = T;
  using Stored = Eight<T>;  // eight elements as they lie in memory
  static constexpr int BITS = 8 * sizeof(T);

  const T* data;  // [rows, columns]
  int columns;    // a multiple of 8

  __device__ const unsigned char* rowAt(int row) const {
    return reinterpret_cast<const unsigned char*>(data + static_cast<size_t>(row) * columns);
  }
  __device__ const Stored* at(int row, int column) const {
    return reinterpret_cast<const Stored*>(data + static_cast<size_t>(row) * columns + column);
  }
  __device__ Eight<T> load8(const Stored& stored, int, int) const { return stored; }

  // As of codes, in one group without a scale.
  __device__ Eight<T> numbers8(const Stored& stored, int, int) const { return stored; }
  __device__ int groupEnd(int) const { return columns; }
  __device__ float scaled(float part, int, int, float) const { return part; }
};

// What becomes of two bfloat16 in a word and two in another, rounded once.
inline __device__ __nv_bfloat162 pairOf(const unsigned& word) { return *reinterpret_cast<const __nv_bfloat162*>(&word); }
inline __device__ unsigned wordOf(const __nv_bfloat162& pair) { return *reinterpret_cast<const unsigned*>(&pair); }
inline __device__ unsigned difference2(unsigned a, unsigned b) { return wordOf(__hsub2(pairOf(a), pairOf(b))); }
inline __device__ unsigned product2(unsigned a, unsigned b) { return wordOf(__hmul2(pairOf(a), pairOf(b))); }
inline __device__ uint4 product2(uint4 a, unsigned b) {
  return make_uint4(product2(a.x, b), product2(a.y, b), product2(a.z, b), product2(a.w, b));
}

// Eight bytes as numbers, two at a time, each at the bottom of 16 bits.
template <class Code>
__device__ uint4 numbersOf(uint2 codes) {
  const auto low = [](unsigned four) { return Code::two(__byte_perm(four, 0, 0x4140)); };
  const auto high = [](unsigned four) { return Code::two(__byte_perm(four, 0, 0x4342)); };
  return make_uint4(low(codes.x), high(codes.x), low(codes.y), high(codes.y));
}

// Codes that a scale makes numbers, as kernels.Format.Coded has them. An encoding says how eight neighbours lie in memory
// and what numbers they are before they are scaled, exactly: one by one as float, and all as bfloat16, which has no
// instruction for it: what stands in the last bits of 128 = 0x4300 adds to it.

// −127 … 127: on top of 2^23 a byte's bits are the last ones of a float, which is cheaper than a conversion.
struct Int8Codes {
  using Stored = uint2;
  static constexpr int BITS = 8;
  static constexpr bool ZEROS = false, BY_ROW = false;

  static __device__ float number(const Stored& codes, int i, int) {
    const unsigned word = (i < 4 ? codes.x : codes.y) ^ 0x80808080u;
    return __uint_as_float(0x4b000000u | (word >> 8 * (i % 4) & 0xffu)) - (0x1p23f + 128);
  }
  // 128 + the lower seven bits, less 128 or, with the sign's bit, 256
  static __device__ unsigned two(unsigned bytes) {
    return difference2(masked<0x007f007f, 0x43004300>(bytes), masked<0x00800080, 0x43004300>(bytes));
  }
  static __device__ uint4 numbers(const Stored& codes, unsigned) { return numbersOf<Int8Codes>(codes); }
};

// 0 … 15 less the group's zero point. The even ones of eight columns are in the lower half of a word, from its lowest bits
// on, and each one's successor 16 bits above it: so four bits of both halves at once are a pair.
struct Int4Codes {
  using Stored = unsigned;
  static constexpr int BITS = 4;
  static constexpr bool ZEROS = true, BY_ROW = false;

  static __device__ float number(const Stored& codes, int i, int zero) {
    const int at = 4 * (i / 2) + 16 * (i % 2);
    return __uint_as_float(0x4b000000u | (codes >> at & 0xfu)) - __uint_as_float(0x4b000000u | zero);
  }
  // zeros: of 128 and the zero point, twice
  static __device__ uint4 numbers(const Stored& codes, unsigned zeros) {
    const auto two = [&](int at) { return difference2(masked<0x000f000f, 0x43004300>(codes >> at), zeros); };
    return make_uint4(two(0), two(4), two(8), two(12));
  }
};

// e4m3: sign, exponent and mantissa where float has them are the number, but for the exponents' origins.
struct Fp8Codes {
  using Stored = uint2;
  static constexpr int BITS = 8;
  static constexpr bool ZEROS = false, BY_ROW = true;  // whether it is rows that usually have a scale
  static constexpr float GREATEST_SCALE = 128;         // of scaled

  // what is to be multiplied by 2^120
  static __device__ float part(const Stored& codes, int i) {
    const int top = static_cast<int>((i < 4 ? codes.x : codes.y) << 8 * (3 - i % 4));
    return __uint_as_float(static_cast<unsigned>(top >> 4) & 0x87f00000u);
  }
  static __device__ float number(const Stored& codes, int i, int) { return part(codes, i) * 0x1p120f; }
  // eight at once with a scale
  static __device__ uint4 scaled(const Stored& codes, float scale) {
    const float factor = scale * 0x1p120f;
    const auto two = [&](int i) { return packBf16(part(codes, i) * factor, part(codes, i + 1) * factor); };
    return make_uint4(two(0), two(2), two(4), two(6));
  }
  // the same of two; times 2^120
  static __device__ unsigned two(unsigned bytes) {
    return product2((bytes & 0x00800080u) << 8 | (bytes & 0x007f007fu) << 4, 0x7b807b80u);
  }
  static __device__ uint4 numbers(const Stored& codes, unsigned) { return numbersOf<Fp8Codes>(codes); }
};

// A row is its codes, its scales and its zero points, two in a byte. Products and the embedding take a code times its
// scale, rounded once to T.
template <class Encoding, class T>
struct CodedWeights {
  using Operand = T;
  using Stored = typename Encoding::Stored;
  static constexpr int BITS = Encoding::BITS;

  const unsigned char* data;  // [rows, rowBytes]
  int columns;                // a multiple of 8
  int rowBytes;               // a multiple of 32
  int scalesAt, zerosAt;      // in a row
  int shift;                  // column >> shift is its group
  int single;                 // whether scales are float, and not bfloat16
  int oneStep, twoSteps;      // groups that columns are further after 32 and 64, times 0x2222, which picks the next 16 bits

  __device__ const unsigned char* rowAt(int row) const { return data + static_cast<size_t>(row) * rowBytes; }
  __device__ const Stored* at(int row, int column) const {
    return reinterpret_cast<const Stored*>(rowAt(row) + column / 8 * Encoding::BITS);
  }
  __device__ float scale(int row, int group) const {
    const unsigned char* const scales = rowAt(row) + scalesAt;
    return single ? reinterpret_cast<const float*>(scales)[group]
                  : __uint_as_float(static_cast<unsigned>(reinterpret_cast<const uint16_t*>(scales)[group]) << 16);
  }
  __device__ int zero(int row, int group) const {
    return Encoding::ZEROS ? rowAt(row)[zerosAt + group / 2] >> 4 * (group % 2) & 0xf : 0;
  }
  // Eight numbers before they are scaled.
  __device__ Eight<float> numbers8(const Stored& stored, int row, int column) const {
    return eight(stored, zero(row, column >> shift), 1);
  }
  __device__ Eight<T> load8(const Stored& stored, int row, int column) const {
    const int group = column >> shift;
    const Eight<float> v = eight(stored, zero(row, group), scale(row, group));
    if constexpr (sizeof(T) == sizeof(float)) {
      return v;
    } else {
      return {make_uint4(packBf16(v.first.x, v.first.y), packBf16(v.first.z, v.first.w),
                         packBf16(v.second.x, v.second.y), packBf16(v.second.z, v.second.w))};
    }
  }
  // Columns from one on that share its scale end there; and what a group's sum adds to the sum.
  __device__ int groupEnd(int column) const { return min(columns, ((column >> shift) + 1) << shift); }
  __device__ float scaled(float part, int row, int column, float sum) const {
    return fmaf(part, scale(row, column >> shift), sum);
  }

 private:
  static __device__ Eight<float> eight(const Stored& s, int zero, float scale) {
    const auto value = [&](int i) { return Encoding::number(s, i, zero) * scale; };
    return {make_float4(value(0), value(1), value(2), value(3)), make_float4(value(4), value(5), value(6), value(7))};
  }
};

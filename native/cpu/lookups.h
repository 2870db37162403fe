// Numbers of 64 codes at a time by look-ups in registers (AVX-512 VBMI): the numbers of four-bit codes, and of fp8, are
// bfloat16, whose two bytes are two tables' affair.
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "product.h"

namespace {

template <int COUNT>
struct alignas(64) Bytes {
  std::uint8_t at[COUNT];

  INLINE __m512i load(int from = 0) const { return _mm512_load_si512(at + from); }
};

// A table of numbers' bits.
template <int COUNT>
struct Table {
  Bytes<COUNT> lower{}, upper{};

  constexpr void set(int index, std::uint32_t bf16) {
    lower.at[index] = static_cast<std::uint8_t>(bf16);
    upper.at[index] = static_cast<std::uint8_t>(bf16 >> 8);
  }
};

// A whole number below 256, times a power of two.
constexpr std::uint32_t bf16Bits(std::uint32_t number, int exponent) {
  if (number == 0) return 0;
  for (; number < 128; number *= 2) exponent--;
  return static_cast<std::uint32_t>(exponent + 7 + 127) << 7 | (number & 127);
}

constexpr Table<128> fp8Numbers() {
  Table<128> table;
  for (int code = 0; code < 128; code++) {
    const int exponent = code >> 3, mantissa = code & 7;
    const std::uint32_t whole = exponent == 0 ? mantissa : 8 + mantissa;
    table.set(code, bf16Bits(whole, (exponent == 0 ? 1 : exponent) - 10));
  }
  return table;
}

// Of −16 … 15, by the last five bits.
struct SmallNumbers {
  alignas(64) std::uint16_t at[32];

  constexpr SmallNumbers() : at() {
    for (int i = 0; i < 32; i++) at[i] = static_cast<std::uint16_t>(i < 16 ? bf16Bits(i, 0) : 0x8000 | bf16Bits(32 - i, 0));
  }
};

constexpr Table<128> FP8_NUMBERS = fp8Numbers();
constexpr SmallNumbers SMALL_NUMBERS;

// Two columns of 32 bytes, so that bytes of numbers that are put together come by row, the second column's number first:
// in each quarter four of the first 16 rows, then four of the others.
constexpr Bytes<64> BESIDE = [] {
  Bytes<64> bytes{};
  for (int i = 0; i < 64; i++) {
    const int row = i / 16 * 4 + i % 8 / 2 + (i % 16 < 8 ? 0 : 16);
    bytes.at[i] = static_cast<std::uint8_t>((i % 2 == 0 ? 32 : 0) + row);
  }
  return bytes;
}();

// Four columns of 16 bytes, by row: which column's bytes come first, second, third and fourth in a word.
constexpr Bytes<64> byRow(int first, int second, int third, int fourth) {
  const int columns[] = {first, second, third, fourth};
  Bytes<64> bytes{};
  for (int i = 0; i < 64; i++) bytes.at[i] = static_cast<std::uint8_t>(16 * columns[i % 4] + i / 4);
  return bytes;
}

constexpr Bytes<64> IN_ORDER = byRow(0, 1, 2, 3), IN_PAIRS = byRow(1, 3, 0, 2);

// Numbers of fp8, two columns of 32 rows at a time.
struct Fp8Numbers {
  __m512i lower0, lower1, upper0, upper1;

  INLINE Fp8Numbers()
      : lower0(FP8_NUMBERS.lower.load()),
        lower1(FP8_NUMBERS.lower.load(64)),
        upper0(FP8_NUMBERS.upper.load()),
        upper1(FP8_NUMBERS.upper.load(64)) {}

  // Words of both columns, by row, for the first 16 rows and the others: the earlier column's number in the upper half.
  INLINE void words(const std::uint8_t* at, __m512i& a, __m512i& b) const {
    const __m512i codes = _mm512_permutexvar_epi8(BESIDE.load(), _mm512_loadu_si512(at));
    const __m512i lower = _mm512_permutex2var_epi8(lower0, codes, lower1);
    const __m512i magnitude = _mm512_permutex2var_epi8(upper0, codes, upper1);  // a look-up does not see the sign
    const __m512i upper = _mm512_or_si512(magnitude, _mm512_and_si512(codes, _mm512_set1_epi8(-128)));
    a = _mm512_unpacklo_epi8(lower, upper);
    b = _mm512_unpackhi_epi8(lower, upper);
  }
};

// Two codes of each byte.
INLINE void halves(__m512i codes, __m512i& lower, __m512i& upper) {
  const __m512i half = _mm512_set1_epi8(0xF);
  lower = _mm512_and_si512(codes, half);
  upper = _mm512_and_si512(_mm512_srli_epi16(codes, 4), half);
}

// Numbers of four-bit codes, four columns of 32 rows at a time: a code less its zero point is one of few, which the last
// five bits of a difference look up; what stands above these does not matter.
struct Int4Numbers {
  __m512i numbers, lowerZeros, upperZeros;

  INLINE explicit Int4Numbers(const std::uint8_t* zeros) : numbers(_mm512_load_si512(SMALL_NUMBERS.at)) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(zeros));
    halves(_mm512_permutexvar_epi8(IN_PAIRS.load(), _mm512_broadcast_i32x4(bytes)), lowerZeros, upperZeros);
  }

  // Words of two columns, by row, for the first 16 rows and the others: the earlier column's number in the upper half.
  INLINE void words(const std::uint8_t* at, __m512i (&a)[2], __m512i (&b)[2]) const {
    __m512i lower, upper;
    halves(_mm512_permutexvar_epi8(IN_PAIRS.load(), _mm512_loadu_si512(at)), lower, upper);
    pairs(_mm512_sub_epi8(lower, lowerZeros), a);
    pairs(_mm512_sub_epi8(upper, upperZeros), b);
  }

  INLINE void pairs(__m512i which, __m512i (&words)[2]) const {
    words[0] = _mm512_permutexvar_epi16(which, numbers);
    words[1] = _mm512_permutexvar_epi16(_mm512_srli_epi16(which, 8), numbers);
  }
};

}  // namespace

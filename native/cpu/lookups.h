// Numbers of 64 codes at a time by look-ups in registers (AVX-512 VBMI): the numbers of four-bit codes, and of fp8, are
// bfloat16, whose two bytes are two tables' affair.
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "product.h"

namespace {

// Numbers in bfloat16: all lower bytes, and all upper ones.
struct Halves {
  __m512i lower, upper;
};

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

// Of −16 … 15, by the sum with 16.
constexpr Table<64> smallNumbers() {
  Table<64> table;
  for (int i = 0; i < 32; i++) table.set(i, i < 16 ? 0x8000 | bf16Bits(16 - i, 0) : bf16Bits(i - 16, 0));
  return table;
}

constexpr Table<128> FP8_NUMBERS = fp8Numbers();
constexpr Table<64> SMALL_NUMBERS = smallNumbers();

// Which bytes of halves, lower ones from 0 and upper ones from 64 on, are the words' of a vector: in each word that of
// `low` in its lower half and that of `high` in its upper one, both counted on from word to word.
constexpr Bytes<64> words(int low, int high) {
  Bytes<64> bytes{};
  for (int i = 0; i < 16; i++) {
    bytes.at[4 * i] = static_cast<std::uint8_t>(low + i);
    bytes.at[4 * i + 1] = static_cast<std::uint8_t>(64 + low + i);
    bytes.at[4 * i + 2] = static_cast<std::uint8_t>(high + i);
    bytes.at[4 * i + 3] = static_cast<std::uint8_t>(64 + high + i);
  }
  return bytes;
}

// Sixteen in upper halves.
constexpr Bytes<64> QUARTERS[4] = {words(0, 0), words(0, 16), words(0, 32), words(0, 48)};

// By row of two columns of 32 rows: the earlier column's number in the upper half of a word.
constexpr Bytes<64> FIRST_ROWS = words(32, 0), SECOND_ROWS = words(48, 16);
// The same where the first 16 rows of both columns come before the others.
constexpr Bytes<64> FIRST_HALF = words(16, 0), SECOND_HALF = words(48, 32);

// Numbers of 64 codes of fp8.
struct Fp8Numbers {
  __m512i lower0, lower1, upper0, upper1;

  INLINE Fp8Numbers()
      : lower0(FP8_NUMBERS.lower.load()),
        lower1(FP8_NUMBERS.lower.load(64)),
        upper0(FP8_NUMBERS.upper.load()),
        upper1(FP8_NUMBERS.upper.load(64)) {}

  INLINE Halves of(__m512i codes) const {
    const __m512i upper = _mm512_permutex2var_epi8(upper0, codes, upper1);  // which do not see a code's sign
    constexpr int orAnd = 0xF8;
    return {_mm512_permutex2var_epi8(lower0, codes, lower1),
            _mm512_ternarylogic_epi32(upper, codes, _mm512_set1_epi8(-128), orAnd)};
  }
};

// Sixteen numbers in float32.
INLINE __m512i floats(const Halves& numbers, const Bytes<64>& which) {
  constexpr std::uint64_t upperHalves = 0xCCCCCCCCCCCCCCCC;
  return _mm512_maskz_permutex2var_epi8(upperHalves, numbers.lower, which.load(), numbers.upper);
}

// Words of two columns, by row.
INLINE __m512i words(const Halves& numbers, const Bytes<64>& which) {
  return _mm512_permutex2var_epi8(numbers.lower, which.load(), numbers.upper);
}

}  // namespace

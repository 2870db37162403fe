// How a column's codes become numbers in float32: once for each encoding, in vectors of WIDTH floats (panels.h).
#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "product.h"
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE __attribute__((always_inline)) inline

#ifdef MUNINN_VBMI
#include "lookups.h"
#endif

namespace {

using muninn::Product;

template <int WIDTH>
struct Vectors {
  typedef float Floats __attribute__((vector_size(4 * WIDTH)));
  typedef std::int32_t Ints __attribute__((vector_size(4 * WIDTH)));
  typedef std::uint32_t Words __attribute__((vector_size(4 * WIDTH)));
};

template <class V>
INLINE V load(const void* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

template <class V>
INLINE void store(void* to, V v) {
  std::memcpy(to, &v, sizeof v);
}

// Bytes as 32-bit integers, with their sign or without. (__builtin_convertvector takes g++ 12 ten times as long.)
template <int W, bool SIGNED>
INLINE typename Vectors<W>::Ints widen(const std::uint8_t* at) {
  using Ints = typename Vectors<W>::Ints;
#ifdef MUNINN_AVX512
  if constexpr (W == 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    return (Ints)(SIGNED ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
  }
#elif defined(MUNINN_AVX2)
  if constexpr (W == 8) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at));
    return (Ints)(SIGNED ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
  }
#elif defined(__aarch64__)
  if constexpr (W == 4) {
    std::uint32_t four;
    std::memcpy(&four, at, sizeof four);
    if constexpr (SIGNED) {
      return (Ints)vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(four))));
    } else {
      return (Ints)vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four))));
    }
  }
#endif
  Ints ints;
  for (int i = 0; i < W; i++) ints[i] = SIGNED ? static_cast<std::int8_t>(at[i]) : at[i];
  return ints;
}

// How a column's codes become numbers: a of the first WIDTH rows, b of the others.

template <int W>
struct Bf16Column {
  static constexpr int BYTES = 4 * W, ZERO_BYTES = 0;
  static constexpr bool SCALED = false;
  using Floats = typename Vectors<W>::Floats;
  using Words = typename Vectors<W>::Words;

  INLINE explicit Bf16Column(const std::uint8_t*) {}

  INLINE void read(const std::uint8_t* at, Floats& a, Floats& b) const { widen(load<Words>(at), a, b); }

  static INLINE void widen(Words words, Floats& lower, Floats& upper) {
    lower = (Floats)(words << 16);
    upper = (Floats)(words & 0xFFFF0000u);
  }
};

// A code a byte, one after the other; Codes::number says what W of them are.
template <int W, class Codes>
struct ByteColumn {
  static constexpr int BYTES = 2 * W, ZERO_BYTES = 0;
  static constexpr bool SCALED = true;
  using Floats = typename Vectors<W>::Floats;

  INLINE void read(const std::uint8_t* at, Floats& a, Floats& b) const {
    a = Codes::number(at);
    b = Codes::number(at + W);
  }

  // Those of one half of the rows.
  template <int HALF>
  INLINE Floats half(const std::uint8_t* at) const {
    return Codes::number(at + HALF * W);
  }
};

template <int W>
struct Int8Column : ByteColumn<W, Int8Column<W>> {
  using Floats = typename Vectors<W>::Floats;

  INLINE explicit Int8Column(const std::uint8_t*) {}

  static INLINE Floats number(const std::uint8_t* at) { return __builtin_convertvector((widen<W, true>(at)), Floats); }
};

// A code as the last bits of a mantissa on top of a power of two, which is taken away together with the zero point.
template <int W>
struct Int4Column {
  static constexpr int BYTES = W, ZERO_BYTES = W;
  static constexpr bool SCALED = true;
  using Floats = typename Vectors<W>::Floats;
  using Ints = typename Vectors<W>::Ints;
  Floats zeroA, zeroB;

  INLINE explicit Int4Column(const std::uint8_t* zeros) { onTop(zeros, zeroA, zeroB); }

  static INLINE void onTop(const std::uint8_t* at, Floats& a, Floats& b) {
    const Ints codes = widen<W, false>(at);
    a = (Floats)((codes & 0xF) | 0x4B000000);   // 2^23, whose last bit is worth one
    b = (Floats)((codes & 0xF0) | 0x49000000);  // 2^19: bit 4 is
  }

  INLINE void read(const std::uint8_t* at, Floats& a, Floats& b) const {
    onTop(at, a, b);
    a -= zeroA;
    b -= zeroB;
  }

  template <int HALF>
  INLINE Floats half(const std::uint8_t* at) const {
    Floats halves[2];
    read(at, halves[0], halves[1]);
    return halves[HALF];
  }
};

// Sign, exponent and mantissa where float32 has them; a power of two makes up for the exponents' origins.
template <int W>
struct Fp8Column : ByteColumn<W, Fp8Column<W>> {
  using Floats = typename Vectors<W>::Floats;
  using Ints = typename Vectors<W>::Ints;

  INLINE explicit Fp8Column(const std::uint8_t*) {}

  static INLINE Floats number(const std::uint8_t* at) {
    const Ints codes = widen<W, true>(at);
    return (Floats)((codes << 20) & static_cast<int>(0x87F00000)) * 0x1p120f;
  }
};

#ifdef MUNINN_VBMI
// Four columns at a time: a lane's word is its row's bytes of them. As above, a code comes into a mantissa, of which byte
// 0, 1 or 2 is worth one, by choosing bytes, and the fourth column's by a shift. (To set bits where others are masked,
// as one instruction, takes the units of two here.)
struct Int4Columns {
  static constexpr int BYTES = 16, ZERO_BYTES = 16, COLUMNS = 4;
  static constexpr bool SCALED = true;
  using Floats = Vectors<16>::Floats;
  const std::uint8_t* zeros;
  Floats zerosA[3], zerosB[3];

  INLINE explicit Int4Columns(const std::uint8_t* zeros) : zeros(zeros) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(zeros));
    __m512i lower, upper;
    halves(_mm512_permutexvar_epi8(IN_ORDER.load(), _mm512_broadcast_i32x4(bytes)), lower, upper);
    onTop(lower, zerosA);
    onTop(upper, zerosB);
  }

  INLINE void read(const std::uint8_t* at, Floats& a, Floats& b) const { Int4Column<16>(zeros).read(at, a, b); }

  INLINE void read(const std::uint8_t* at, Floats (&a)[4], Floats (&b)[4]) const {
    const __m512i codes = _mm512_permutexvar_epi8(IN_ORDER.load(), _mm512_loadu_si512(at));
    __m512i lower, upper;
    halves(codes, lower, upper);
    numbers(lower, _mm512_srli_epi32(lower, 24), zerosA, a);
    numbers(upper, _mm512_srli_epi32(codes, 28), zerosB, b);
  }

  template <int HALF>
  INLINE Floats half(const std::uint8_t* at) const {
    return Int4Column<16>(zeros).template half<HALF>(at);
  }

  template <int HALF>
  INLINE void half(const std::uint8_t* at, Floats (&to)[4]) const {
    const __m512i codes = _mm512_permutexvar_epi8(IN_ORDER.load(), _mm512_loadu_si512(at));
    const __m512i some = _mm512_and_si512(HALF == 0 ? codes : _mm512_srli_epi16(codes, 4), _mm512_set1_epi8(0xF));
    numbers(some, _mm512_srli_epi32(some, 24), HALF == 0 ? zerosA : zerosB, to);
  }

  static INLINE void numbers(__m512i codes, __m512i last, const Floats (&zeros)[3], Floats (&to)[4]) {
    Floats three[3];
    onTop(codes, three);
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) to[i] = three[i] - zeros[i];
    to[3] = (Floats)_mm512_or_si512(last, _mm512_set1_epi32(0x4B000000)) - zeros[0];
  }

  static INLINE void onTop(__m512i codes, Floats (&to)[3]) {
    to[0] = (Floats)_mm512_mask_blend_epi8(0x1111111111111111, _mm512_set1_epi32(0x4B000000), codes);  // 2^23
    to[1] = (Floats)_mm512_mask_blend_epi8(0x2222222222222222, _mm512_set1_epi32(0x47000000), codes);  // 2^15
    to[2] = (Floats)_mm512_mask_blend_epi8(0x4444444444444444, _mm512_set1_epi32(0x43000000), codes);  // 2^7
  }
};

// Two columns at a time, by look-ups, which beside a few lanes take half the time. (They are a multiplying unit's, too.)
struct Fp8Columns : Fp8Column<16> {
  static constexpr int COLUMNS = 2;
  Fp8Numbers numbers;

  INLINE explicit Fp8Columns(const std::uint8_t*) : Fp8Column(nullptr) {}

  using Fp8Column<16>::read;

  INLINE void read(const std::uint8_t* at, Floats (&a)[2], Floats (&b)[2]) const {
    __m512i wordsA, wordsB;
    numbers.words(at, wordsA, wordsB);
    Bf16Column<16>::widen((Bf16Column<16>::Words)wordsA, a[1], a[0]);
    Bf16Column<16>::widen((Bf16Column<16>::Words)wordsB, b[1], b[0]);
  }
};
#endif

}  // namespace

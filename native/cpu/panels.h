// Products of panels with operands in float32: written once in vectors of WIDTH floats, compiled by each of the files
// beside this one for a set of instructions. They are the sums of Java's loops (kernels.cpu.Panel) to
// the bit: one chain of fused multiply-adds over the columns of a group in order, from zero, and one over the groups'
// sums times their scales. Products and additions stand together where they are to be fused (-ffp-contract=fast).
//
// A panel is 2 · WIDTH rows, as two vectors. It holds of each group of columns the rows' scales (bfloat16, row i in the
// lower half of a word and row i + WIDTH in the upper one, or float32), zero points where there are any, and then the
// columns; a panel of bfloat16 has columns alone.
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

// Fetches what is so many lanes' next but some, also beyond the end of a page, where a processor's own fetching ahead stops.
// Beside one or two lanes that does better alone.
template <int LANES>
INLINE void fetchAhead(const std::uint8_t* at) {
  constexpr long AHEAD = 2048;
  if constexpr (LANES >= 4) __builtin_prefetch(at + AHEAD);
}

// How a column's codes become numbers: a of the first WIDTH rows, b of the others.

template <int W>
struct Bf16Column {
  static constexpr int BYTES = 4 * W, ZERO_BYTES = 0;
  static constexpr bool SCALED = false;
  using Floats = typename Vectors<W>::Floats;
  using Words = typename Vectors<W>::Words;

  INLINE explicit Bf16Column(const std::uint8_t*) {}

  INLINE void read(const std::uint8_t* at, Floats& a, Floats& b) const {
    const Words words = load<Words>(at);
    a = (Floats)(words << 16);
    b = (Floats)(words & 0xFFFF0000u);
  }
};

template <int W>
struct Int8Column {
  static constexpr int BYTES = 2 * W, ZERO_BYTES = 0;
  static constexpr bool SCALED = true;
  using Floats = typename Vectors<W>::Floats;

  INLINE explicit Int8Column(const std::uint8_t*) {}

  INLINE void read(const std::uint8_t* at, Floats& a, Floats& b) const {
    a = __builtin_convertvector((widen<W, true>(at)), Floats);
    b = __builtin_convertvector((widen<W, true>(at + W)), Floats);
  }
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
};

// Sign, exponent and mantissa where float32 has them; a power of two makes up for the exponents' origins.
template <int W>
struct Fp8Column {
  static constexpr int BYTES = 2 * W, ZERO_BYTES = 0;
  static constexpr bool SCALED = true;
  using Floats = typename Vectors<W>::Floats;
  using Ints = typename Vectors<W>::Ints;

  INLINE explicit Fp8Column(const std::uint8_t*) {}

  static INLINE Floats number(const std::uint8_t* at) {
    const Ints codes = widen<W, true>(at);
    return (Floats)((codes << 20) & static_cast<int>(0x87F00000)) * 0x1p120f;
  }

  INLINE void read(const std::uint8_t* at, Floats& a, Floats& b) const {
    a = number(at);
    b = number(at + W);
  }
};

#ifdef MUNINN_VBMI
// Two columns at a time, by look-ups, which beside a few lanes take half the time. (They are a multiplying unit's, too.)
struct Fp8Columns : Fp8Column<16> {
  Fp8Numbers numbers;

  INLINE explicit Fp8Columns(const std::uint8_t*) : Fp8Column(nullptr) {}

  using Fp8Column<16>::read;

  INLINE void read(const std::uint8_t* at, Floats (&a)[2], Floats (&b)[2]) const {
    const Halves halves = numbers.of(_mm512_loadu_si512(at));
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
      a[i] = (Floats)floats(halves, QUARTERS[2 * i]);
      b[i] = (Floats)floats(halves, QUARTERS[2 * i + 1]);
    }
  }
};
#endif

// Sums of a panel's rows with some lanes, in registers.
template <int W, int LANES>
struct Sums {
  using Floats = typename Vectors<W>::Floats;
  Floats a[LANES], b[LANES];

  INLINE void clear() {
#pragma GCC unroll 16
    for (int m = 0; m < LANES; m++) a[m] = b[m] = Floats{};
  }

  INLINE void write(float* to) const {
#pragma GCC unroll 16
    for (int m = 0; m < LANES; m++) {
      store(to + 2 * W * m, a[m]);
      store(to + 2 * W * m + W, b[m]);
    }
  }

  // A column times operands.
  INLINE void add(Floats wa, Floats wb, const float* x, long step) {
#pragma GCC unroll 16
    for (int m = 0; m < LANES; m++) {
      const float v = x[m * step];
      a[m] = wa * v + a[m];
      b[m] = wb * v + b[m];
    }
  }

  // Columns times operands.
  template <class Column>
  INLINE void add(const Column& column, const std::uint8_t* at, long columns, const float* x, long step) {
    long i = 0;
    if constexpr (requires(Floats(&w)[2]) { column.read(at, w, w); }) {
      for (; i + 1 < columns; i += 2, at += 2 * Column::BYTES) {
        Floats wa[2], wb[2];
        fetchAhead<LANES>(at);
        column.read(at, wa, wb);
        add(wa[0], wb[0], x + i, step);
        add(wa[1], wb[1], x + i + 1, step);
      }
    }
    for (; i < columns; i++, at += Column::BYTES) {
      Floats wa, wb;
      fetchAhead<LANES>(at);
      column.read(at, wa, wb);
      add(wa, wb, x + i, step);
    }
  }

  // A group's sums times its scales.
  INLINE void add(const Sums& parts, const std::uint8_t* scales, int scaleBytes) {
    Floats scaleA, scaleB;
    if (scaleBytes == 4) {
      scaleA = load<Floats>(scales);
      scaleB = load<Floats>(scales + 4 * W);
    } else {
      Bf16Column<W>(nullptr).read(scales, scaleA, scaleB);
    }
#pragma GCC unroll 16
    for (int m = 0; m < LANES; m++) {
      a[m] = parts.a[m] * scaleA + a[m];
      b[m] = parts.b[m] * scaleB + b[m];
    }
  }
};

// Where a panel's groups of columns are, and what is in them.
template <int W, class Column>
struct Groups {
  const Product& p;
  const long scales, head, whole;

  INLINE explicit Groups(const Product& p)
      : p(p), scales(2L * W * p.scaleBytes), head(scales + Column::ZERO_BYTES), whole(head + p.group * Column::BYTES) {}

  INLINE const std::uint8_t* at(long column) const { return p.panel + column / p.group * whole; }

  INLINE Column column(const std::uint8_t* group) const { return Column(group + scales); }

  INLINE const std::uint8_t* codes(const std::uint8_t* group) const { return group + head; }

  INLINE long count(long from) const { return p.columns - from < p.group ? p.columns - from : p.group; }
};

// Lanes of the next tile; 16 are two of eight rather than of twelve and four.
template <int MOST>
int some(int left) {
  if (MOST >= 12 && left >= 12 && left != 16) return 12;
  if (MOST >= 8 && left >= 8) return 8;
  return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

// Products of a panel with some lanes. Codes are decoded in registers by each tile of lanes: instructions that decode and
// those that multiply are different units' of a processor, so that decoding takes little time beside a few lanes. (To
// decode a stretch of columns once for all tiles, into the first-level cache, costs more: nothing is read meanwhile.)
template <int W, class Column, int LANES>
void tile(const Product& p, const float* x, float* products) {
  Sums<W, LANES> sums;
  sums.clear();
  if constexpr (!Column::SCALED) {
    sums.add(Column(nullptr), p.panel, p.columns, x, p.step);
  } else {
    const Groups<W, Column> groups(p);
    for (long from = 0; from < p.columns; from += p.group) {
      const std::uint8_t* at = groups.at(from);
      Sums<W, LANES> parts;
      parts.clear();
      parts.add(groups.column(at), groups.codes(at), groups.count(from), x + from, p.step);
      sums.add(parts, at, p.scaleBytes);
    }
  }
  sums.write(products);
}

// Calls a tile for some lanes after others, of which MOST are added up in registers at a time.
template <int MOST, class Tile>
INLINE void inTiles(int lanes, Tile&& tile) {
  for (int lane = 0; lane < lanes;) {
    const int next = some<MOST>(lanes - lane);
    switch (next) {
      case 12: tile(std::integral_constant<int, MOST >= 12 ? 12 : 1>(), lane); break;
      case 8: tile(std::integral_constant<int, MOST >= 8 ? 8 : 1>(), lane); break;
      case 4: tile(std::integral_constant<int, 4>(), lane); break;
      case 2: tile(std::integral_constant<int, 2>(), lane); break;
      default: tile(std::integral_constant<int, 1>(), lane); break;
    }
    lane += next;
  }
}

template <int W, class Column, int MOST>
void multiply(const Product& p) {
  inTiles<MOST>(p.lanes, [&](auto lanes, int lane) {
    tile<W, Column, lanes>(p, static_cast<const float*>(p.x) + lane * p.step, p.products + 2 * W * lane);
  });
}

template <int W, int MOST>
void multiply(const Product& p) {
  switch (p.encoding) {
    case muninn::BF16: multiply<W, Bf16Column<W>, MOST>(p); break;
    case muninn::INT8: multiply<W, Int8Column<W>, MOST>(p); break;
    case muninn::INT4: multiply<W, Int4Column<W>, MOST>(p); break;
#ifdef MUNINN_VBMI
    case muninn::FP8: p.lanes <= 4 ? multiply<W, Fp8Columns, 4>(p) : multiply<W, Fp8Column<W>, MOST>(p); break;
#else
    case muninn::FP8: multiply<W, Fp8Column<W>, MOST>(p); break;
#endif
  }
}

}  // namespace

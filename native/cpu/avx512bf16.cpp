// Products of operands in bfloat16 by AVX-512 BF16: twice the multiply-adds of float32's instructions.
//
// vdpbf16ps adds to a float the product of the upper halves of two words, then that of the lower ones, each a fused
// multiply-add (numbers below 2^-126 count as zeros). The earlier of two columns stands in the upper half, so that a
// product is one chain of fused multiply-adds over the columns in order: Java's, to the bit. The numbers of codes are
// bfloat16 as they are; scales are not, and multiply a group's sum.
#include "product.h"

#ifdef __x86_64__
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")
#define MUNINN_AVX512
#include "panels.h"

namespace {

using Words = Vectors<16>::Words;
using Floats = Vectors<16>::Floats;

// Two columns of a panel of bfloat16, which lie so.
struct Bf16Pair {
  static constexpr int BYTES = 128;

  INLINE void read(const std::uint8_t* at, Words& a, Words& b) const {
    a = load<Words>(at);
    b = load<Words>(at + 64);
  }
};

// Two columns of codes.
template <class Column>
struct CodePair {
  static constexpr int BYTES = 2 * Column::BYTES;
  Column column;

  INLINE void read(const std::uint8_t* at, Words& a, Words& b) const {
    Floats firstA, firstB, secondA, secondB;
    column.read(at, firstA, firstB);
    column.read(at + Column::BYTES, secondA, secondB);
    a = join(firstA, secondA);
    b = join(firstB, secondB);
  }

  // The last column of an odd number.
  INLINE void last(const std::uint8_t* at, Words& a, Words& b) const {
    Floats firstA, firstB;
    column.read(at, firstA, firstB);
    a = join(firstA, Floats{});
    b = join(firstB, Floats{});
  }

  static INLINE Words join(Floats first, Floats second) { return ((Words)first & 0xFFFF0000u) | (Words)second >> 16; }
};

template <int LANES>
INLINE void addPair(Sums<16, LANES>& sums, Words a, Words b, const std::uint32_t* x, long step) {
#pragma GCC unroll 16
  for (int m = 0; m < LANES; m++) {
    const __m512bh v = (__m512bh)_mm512_set1_epi32(static_cast<int>(x[m * step]));
    sums.a[m] = (Floats)_mm512_dpbf16_ps((__m512)sums.a[m], (__m512bh)a, v);
    sums.b[m] = (Floats)_mm512_dpbf16_ps((__m512)sums.b[m], (__m512bh)b, v);
  }
}

template <int LANES, class Pair>
INLINE void addPairs(Sums<16, LANES>& sums, const Pair& pair, const std::uint8_t* at, long pairs, const std::uint32_t* x,
                     long step) {
  for (long i = 0; i < pairs; i++, at += Pair::BYTES) {
    Words a, b;
    pair.read(at, a, b);
    addPair(sums, a, b, x + i, step);
  }
}

// Bfloat16 with some lanes.
template <int LANES>
struct Bf16Tile {
  static void run(const Product& p, const std::uint32_t* x, float* products) {
    Sums<16, LANES> sums;
    sums.clear();
    addPairs(sums, Bf16Pair(), p.panel, (p.columns + 1) / 2, x, p.step);
    sums.write(products);
  }
};

// Codes with some lanes, as tile() of panels.h.
template <class Column, int LANES>
struct CodeTile {
  static void run(const Product& p, const std::uint32_t* x, float* products) {
    Sums<16, LANES> sums;
    sums.clear();
    const std::uint8_t* at = p.panel;
    const long scales = 32L * p.scaleBytes, head = scales + Column::ZERO_BYTES, whole = head + p.group * Column::BYTES;
    for (long from = 0; from < p.columns; from += p.group, at += whole) {
      const long count = p.columns - from < p.group ? p.columns - from : p.group;
      const CodePair<Column> pair{Column(at + scales)};
      Sums<16, LANES> parts;
      parts.clear();
      addPairs(parts, pair, at + head, count / 2, x + from / 2, p.step);
      if (count % 2 != 0) {
        Words a, b;
        pair.last(at + head + (count - 1) * Column::BYTES, a, b);
        addPair(parts, a, b, x + (from + count) / 2, p.step);
      }
      sums.add(parts, at, p.scaleBytes);
    }
    sums.write(products);
  }
};

template <int LANES>
void tile(const Product& p, const std::uint32_t* x, float* products) {
  switch (p.encoding) {
    case muninn::BF16: Bf16Tile<LANES>::run(p, x, products); break;
    case muninn::INT8: CodeTile<Int8Column<16>, LANES>::run(p, x, products); break;
    case muninn::INT4: CodeTile<Int4Column<16>, LANES>::run(p, x, products); break;
    case muninn::FP8: CodeTile<Fp8Column<16>, LANES>::run(p, x, products); break;
  }
}

}  // namespace

bool muninn::hasAvx512Bf16(int width) { return hasAvx512(width) && __builtin_cpu_supports("avx512bf16"); }

void muninn::avx512Bf16(const Product& p) {
  const std::uint32_t* x = static_cast<const std::uint32_t*>(p.x);
  float* products = p.products;
  for (int left = p.lanes; left > 0;) {
    const int lanes = some<12>(left);
    switch (lanes) {
      case 12: tile<12>(p, x, products); break;
      case 8: tile<8>(p, x, products); break;
      case 4: tile<4>(p, x, products); break;
      case 2: tile<2>(p, x, products); break;
      default: tile<1>(p, x, products); break;
    }
    left -= lanes;
    x += lanes * p.step;
    products += lanes * 32;
  }
}
#else
bool muninn::hasAvx512Bf16(int) { return false; }
void muninn::avx512Bf16(const Product&) {}
#endif

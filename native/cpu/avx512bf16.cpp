// Products of operands in bfloat16 by AVX-512 BF16: twice the multiply-adds of float32's instructions.
//
// vdpbf16ps adds to a float the product of the upper halves of two words, then that of the lower ones, each a fused
// multiply-add (numbers below 2^-126 count as zeros). The earlier of two columns stands in the upper half, so that a
// product is one chain of fused multiply-adds over the columns in order: Java's, to the bit. The numbers of codes are
// bfloat16 as they are; scales are not, and multiply a group's sum.
#include "product.h"

#ifdef __x86_64__
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512bf16,fma")
#define MUNINN_AVX512
#define MUNINN_VBMI
#include "panels.h"

namespace {

using Words = Vectors<16>::Words;
using Floats = Vectors<16>::Floats;

// Two columns of a panel of bfloat16, which lie so, of BYTES each.
struct Bf16Pair {
  static constexpr int BYTES = 64;

  INLINE void read(const std::uint8_t* at, Words& a, Words& b) const {
    a = load<Words>(at);
    b = load<Words>(at + 64);
  }
};

// Two columns of codes, of BYTES each.
template <class Column>
struct CodePair {
  static constexpr int BYTES = Column::BYTES, ZERO_BYTES = Column::ZERO_BYTES;
  Column column;

  INLINE explicit CodePair(const std::uint8_t* zeros) : column(zeros) {}

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

// Of fp8: a code's number is two bytes of a word.
struct Fp8Pair : CodePair<Fp8Column<16>> {
  Fp8Numbers numbers;

  INLINE explicit Fp8Pair(const std::uint8_t*) : CodePair(nullptr) {}

  INLINE void read(const std::uint8_t* at, Words& a, Words& b) const {
    __m512i wordsA, wordsB;
    numbers.words(at, wordsA, wordsB);
    a = (Words)wordsA;
    b = (Words)wordsB;
  }
};

// Of four bits, two pairs at a time; others, of which few groups have any, as any code's.
struct Int4Pair {
  using One = CodePair<Int4Column<16>>;
  static constexpr int BYTES = One::BYTES, ZERO_BYTES = One::ZERO_BYTES;
  const std::uint8_t* zeros;
  Int4Numbers numbers;

  INLINE explicit Int4Pair(const std::uint8_t* zeros) : zeros(zeros), numbers(zeros) {}

  INLINE void read(const std::uint8_t* at, Words (&a)[2], Words (&b)[2]) const {
    __m512i wordsA[2], wordsB[2];
    numbers.words(at, wordsA, wordsB);
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
      a[i] = (Words)wordsA[i];
      b[i] = (Words)wordsB[i];
    }
  }

  INLINE void read(const std::uint8_t* at, Words& a, Words& b) const { One(zeros).read(at, a, b); }

  INLINE void last(const std::uint8_t* at, Words& a, Words& b) const { One(zeros).last(at, a, b); }
};

// Words of COUNT · two columns times operands.
template <int LANES, int COUNT>
INLINE void addPairs(Sums<16, LANES>& sums, const Words (&a)[COUNT], const Words (&b)[COUNT], const std::uint32_t* x,
                     long step) {
#pragma GCC unroll 16
  for (int m = 0; m < LANES; m++) {
#pragma GCC unroll 2
    for (int i = 0; i < COUNT; i++) {
      const __m512bh v = (__m512bh)_mm512_set1_epi32(static_cast<int>(x[m * step + i]));
      sums.a[m] = (Floats)_mm512_dpbf16_ps((__m512)sums.a[m], (__m512bh)a[i], v);
      sums.b[m] = (Floats)_mm512_dpbf16_ps((__m512)sums.b[m], (__m512bh)b[i], v);
    }
  }
}

template <int LANES, class Pair>
INLINE void addAll(Sums<16, LANES>& sums, const Pair& pair, const std::uint8_t* at, long pairs, const std::uint32_t* x,
                   long step) {
  long i = 0;
  if constexpr (requires(Words(&w)[2]) { pair.read(at, w, w); }) {
    for (; i + 2 <= pairs; i += 2, at += 4 * Pair::BYTES) {
      Words a[2], b[2];
      fetchAhead<LANES>(at);
      pair.read(at, a, b);
      addPairs(sums, a, b, x + i, step);
    }
  }
  for (; i < pairs; i++, at += 2 * Pair::BYTES) {
    Words a[1], b[1];
    if constexpr (!std::is_same_v<Pair, Bf16Pair>) fetchAhead<LANES>(at);  // whole lines a processor fetches itself
    pair.read(at, a[0], b[0]);
    addPairs(sums, a, b, x + i, step);
  }
}

// Bfloat16 with some lanes.
template <int LANES>
INLINE void bf16Tile(const Product& p, int lane) {
  Sums<16, LANES> sums;
  sums.clear();
  const auto* x = static_cast<const std::uint32_t*>(p.x) + lane * p.step;
  addAll(sums, Bf16Pair(), p.panel, (p.columns + 1) / 2, x, p.step);
  sums.put(lane, p.to);
}

// The first of sixteen.
INLINE __mmask16 some(long count) { return count >= 16 ? 0xFFFF : static_cast<__mmask16>((1 << count) - 1); }

// Eight words of sixteen floats, each rounded to the nearest, of two as near to the even one.
INLINE __m256i words(__m512 floats) {
  typedef std::uint64_t Pairs __attribute__((vector_size(64)));
  typedef std::uint32_t Eight __attribute__((vector_size(32)));
  const Words bits = (Words)floats;
  const Words numbers = (Words)((bits & 0x7FFFFFFF) <= 0x7F800000);
  const Words rounded = (numbers & (bits + 0x7FFF + (bits >> 16 & 1))) | (~numbers & (bits | 0x400000));
  const Pairs pairs = (Pairs)rounded;
  return (__m256i)__builtin_convertvector((pairs & 0xFFFF0000) | pairs >> 48, Eight);
}

// Codes with some lanes, as tile() of panels.h.
template <class Pair, int LANES>
void codeTile(const Product& p, int lane) {
  const auto* x = static_cast<const std::uint32_t*>(p.x) + lane * p.step;
  Sums<16, LANES> sums;
  sums.clear();
  const Groups<16, Pair> groups(p);
  const std::uint8_t* at = p.panel;
  for (long from = 0; from < p.columns; from += p.group, at += groups.whole) {
    const Pair pair = groups.column(at);
    const std::uint8_t* codes = groups.codes(at);
    const long count = groups.count(from);
    Sums<16, LANES> parts;
    parts.clear();
    addAll(parts, pair, codes, count / 2, x + from / 2, p.step);
    if (count % 2 != 0) {
      Words a[1], b[1];
      pair.last(codes + (count - 1) * Pair::BYTES, a[0], b[0]);
      addPairs(parts, a, b, x + (from + count) / 2, p.step);
    }
    sums.add(parts, at, p.scaleBytes);
  }
  sums.put(lane, p.to);
}

template <class Pair, int MOST = 12>
void multiplyCodes(const Product& p) {
  inTiles<MOST>(p.lanes, [&](auto lanes, int lane) { codeTile<Pair, lanes>(p, lane); });
}

}  // namespace

bool muninn::hasAvx512Bf16(int width) { return hasAvx512Vbmi(width) && __builtin_cpu_supports("avx512bf16"); }

void muninn::avx512Bf16(const Product& p) {
  switch (p.encoding) {
    case muninn::BF16: inTiles<12>(p.lanes, [&](auto lanes, int lane) { bf16Tile<lanes>(p, lane); }); break;
    case muninn::INT8: multiplyCodes<CodePair<Int8Column<16>>>(p); break;
    case muninn::INT4: multiplyCodes<Int4Pair, 8>(p); break;  // as in panels.h
    case muninn::FP8: multiplyCodes<Fp8Pair>(p); break;
  }
}

void muninn::avx512Words(const float* x, long columns, std::uint32_t* to) {
  long i = 0;
  for (; i + 16 <= columns; i += 16) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i / 2), words(_mm512_loadu_ps(x + i)));
  }
  const long left = columns - i;
  const __m256i last = words(_mm512_maskz_loadu_ps(some(left), x + i));
  _mm256_mask_storeu_epi32(to + i / 2, static_cast<__mmask8>(some((left + 1) / 2)), last);
}
#else
bool muninn::hasAvx512Bf16(int) { return false; }
void muninn::avx512Bf16(const Product&) {}
void muninn::avx512Words(const float*, long, std::uint32_t*) {}
#endif

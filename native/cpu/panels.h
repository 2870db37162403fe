// Products of panels with operands in float32: written once in vectors of WIDTH floats, compiled by each of the files
// beside this one for a set of instructions. They are the sums of Java's loops (kernels.cpu.Panel) to
// the bit: one chain of fused multiply-adds over the columns of a group in order, from zero, and one over the groups'
// sums times their scales. Products and additions stand together where they are to be fused (-ffp-contract=fast).
//
// A panel is 2 · WIDTH rows, as two vectors. It holds of each group of columns the rows' scales (bfloat16, row i in the
// lower half of a word and row i + WIDTH in the upper one, or float32), zero points where there are any, and then the
// columns; a panel of bfloat16 has columns alone.
#pragma once
#include "columns.h"

namespace {

using muninn::Product;

// Fetches what is so many lanes' next but some, also beyond the end of a page, where a processor's own fetching ahead stops.
// Beside one or two lanes that does better alone.
template <int LANES>
INLINE void fetchAhead(const std::uint8_t* at) {
  constexpr long AHEAD = 2048;
  if constexpr (LANES >= 4) __builtin_prefetch(at + AHEAD);
}

#ifdef MUNINN_AVX512
// Adds a vector times a number in memory: within this instruction the number takes nothing of the vector units, loaded
// apart as much as a sum.
INLINE void addTimes(Vectors<16>::Floats& sum, Vectors<16>::Floats w, const float& x) {
  asm("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(w), "m"(x));
}
#endif

// A group's scales, of the first W rows and of the others.
template <int W, class Floats = typename Vectors<W>::Floats>
INLINE void readScales(const std::uint8_t* at, int scaleBytes, Floats& a, Floats& b) {
  if (scaleBytes == 4) {
    a = load<Floats>(at);
    b = load<Floats>(at + 4 * W);
  } else {
    Bf16Column<W>(nullptr).read(at, a, b);
  }
}

// The sums of W rows, from one of the panel's on, with a lane, to where they belong.
template <int W, class Floats = typename Vectors<W>::Floats>
INLINE void put(Floats sums, long row, long lane, const muninn::Rows& to) {
  const long at = lane * to.step + row;
  if (row + W <= to.count) {
    if (to.residual != nullptr) sums = sums + load<Floats>(to.residual + at);
    store(to.out + at, sums);
  } else {
    for (long i = 0; row + i < to.count; i++) to.out[at + i] = to.residual == nullptr ? sums[i] : sums[i] + to.residual[at + i];
  }
}

// Sums of a panel's rows with some lanes, in registers.
template <int W, int LANES>
struct Sums {
  using Floats = typename Vectors<W>::Floats;
  Floats a[LANES], b[LANES];

  INLINE void clear() {
#pragma GCC unroll 16
    for (int m = 0; m < LANES; m++) a[m] = b[m] = Floats{};
  }

  INLINE void put(int lane, const muninn::Rows& to) const {
#pragma GCC unroll 16
    for (int m = 0; m < LANES; m++) {
      ::put<W>(a[m], 0, lane + m, to);
      ::put<W>(b[m], W, lane + m, to);
    }
  }

  // A column times operands.
  INLINE void add(Floats wa, Floats wb, const float* x, long step) {
#pragma GCC unroll 16
    for (int m = 0; m < LANES; m++) {
#ifdef MUNINN_AVX512
      if constexpr (W == 16 && LANES == 1) {
        addTimes(a[m], wa, x[m * step]);
        addTimes(b[m], wb, x[m * step]);
        continue;
      }
#endif
      const float v = x[m * step];
      a[m] = wa * v + a[m];
      b[m] = wb * v + b[m];
    }
  }

  // Columns times operands.
  template <class Column>
  INLINE void add(const Column& column, const std::uint8_t* at, long columns, const float* x, long step) {
    long i = 0;
    if constexpr (requires { Column::COLUMNS; }) {
      constexpr int SOME = Column::COLUMNS;
      for (; i + SOME <= columns; i += SOME, at += SOME * Column::BYTES) {
        Floats wa[SOME], wb[SOME];
        fetchAhead<LANES>(at);
        column.read(at, wa, wb);
#pragma GCC unroll 4
        for (int c = 0; c < SOME; c++) add(wa[c], wb[c], x + i + c, step);
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
    readScales<W>(scales, scaleBytes, scaleA, scaleB);
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
void tile(const Product& p, int lane) {
  const float* x = static_cast<const float*>(p.x) + lane * p.step;
  Sums<W, LANES> sums;
  sums.clear();
  if constexpr (!Column::SCALED) {
    sums.add(Column(nullptr), p.panel, p.columns, x, p.step);
  } else {
    const Groups<W, Column> groups(p);
    const std::uint8_t* at = p.panel;
    for (long from = 0; from < p.columns; from += p.group, at += groups.whole) {
      Sums<W, LANES> parts;
      parts.clear();
      parts.add(groups.column(at), groups.codes(at), groups.count(from), x + from, p.step);
      sums.add(parts, at, p.scaleBytes);
    }
  }
  sums.put(lane, p.to);
}

#ifdef MUNINN_AVX512
// Products of one half of a panel's rows with so many lanes that each code is decoded once for all of them: beside eight
// lanes of both halves, twice, decoding takes the places of multiply-adds.
template <class Column, int LANES, int HALF>
void halfTile(const Product& p, int lane) {
  using Floats = Vectors<16>::Floats;
  const float* x = static_cast<const float*>(p.x) + lane * p.step;
  const Groups<16, Column> groups(p);
  Floats sums[LANES] = {};
  const std::uint8_t* at = p.panel;
  for (long from = 0; from < p.columns; from += p.group, at += groups.whole) {
    const Column column = groups.column(at);
    const std::uint8_t* codes = groups.codes(at);
    const long end = from + groups.count(from);
    Floats parts[LANES] = {};
    long i = from;
    if constexpr (requires(Floats(&w)[4]) { column.template half<HALF>(codes, w); }) {
      for (; i + 4 <= end; i += 4, codes += 4 * Column::BYTES) {
        Floats w[4];
        fetchAhead<LANES>(codes);
        column.template half<HALF>(codes, w);
#pragma GCC unroll 4
        for (int c = 0; c < 4; c++) {
#pragma GCC unroll 16
          for (int m = 0; m < LANES; m++) addTimes(parts[m], w[c], x[m * p.step + i + c]);
        }
      }
    }
    for (; i < end; i++, codes += Column::BYTES) {
      fetchAhead<LANES>(codes);
      const Floats w = column.template half<HALF>(codes);
#pragma GCC unroll 16
      for (int m = 0; m < LANES; m++) addTimes(parts[m], w, x[m * p.step + i]);
    }
    Floats scales[2];
    readScales<16>(at, p.scaleBytes, scales[0], scales[1]);
#pragma GCC unroll 16
    for (int m = 0; m < LANES; m++) sums[m] = parts[m] * scales[HALF] + sums[m];
  }
#pragma GCC unroll 16
  for (int m = 0; m < LANES; m++) put<16>(sums[m], HALF * 16, lane + m, p.to);
}
#endif

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
  int first = 0;
#ifdef MUNINN_AVX512
  if constexpr (MOST >= 8 && Column::SCALED) {
    constexpr int LANES = 16;
    for (; p.lanes - first >= LANES; first += LANES) {
      halfTile<Column, LANES, 0>(p, first);
      halfTile<Column, LANES, 1>(p, first);
    }
  }
#endif
  inTiles<MOST>(p.lanes - first, [&](auto lanes, int lane) { tile<W, Column, lanes>(p, first + lane); });
}

template <int W, int MOST>
void multiply(const Product& p) {
  switch (p.encoding) {
    case muninn::BF16: multiply<W, Bf16Column<W>, MOST>(p); break;
    case muninn::INT8: multiply<W, Int8Column<W>, MOST>(p); break;
#ifdef MUNINN_VBMI
    case muninn::INT4: multiply<W, Int4Columns, 8>(p); break;  // the sums of twelve lanes leave no registers to decode in
    case muninn::FP8: p.lanes <= 4 ? multiply<W, Fp8Columns, 4>(p) : multiply<W, Fp8Column<W>, MOST>(p); break;
#else
    case muninn::INT4: multiply<W, Int4Column<W>, MOST>(p); break;
    case muninn::FP8: multiply<W, Fp8Column<W>, MOST>(p); break;
#endif
  }
}

}  // namespace

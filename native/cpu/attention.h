// Causal softmax attention of some queries that pass over one head of keys and values together: the sums of Java's loops
// (kernels.cpu.Attention) to the bit. Scores are summed over the head's elements in order, weights and values over the
// positions in order, whoever passes beside a query.
#pragma once
#include <algorithm>

#include "maths.h"

namespace {

using muninn::Attention;

constexpr int PAGE = 16;

// Elements of keys and values as pages hold them.
template <int W>
struct FloatElements {
  static constexpr int BYTES = 4;

  static INLINE typename Vectors<W>::Floats read(const std::uint8_t* at) { return load<typename Vectors<W>::Floats>(at); }
};

template <int W>
struct Bf16Elements {
  static constexpr int BYTES = 2;

  typedef std::uint16_t Shorts __attribute__((vector_size(2 * W)));

  static INLINE typename Vectors<W>::Floats read(const std::uint8_t* at) {
#ifdef MUNINN_AVX512  // in one instruction, for which g++ 12 takes four
    if constexpr (W == 16) {
      const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
      return (typename Vectors<W>::Floats)_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16);
    }
#endif
    Shorts stored;
    std::memcpy(&stored, at, sizeof stored);
    return (typename Vectors<W>::Floats)(__builtin_convertvector(stored, typename Vectors<W>::Words) << 16);
  }
};

template <int W, class Elements, int MOST>
struct Attending {
  using Floats = typename Vectors<W>::Floats;
  static constexpr int PARTS = PAGE / W;  // vectors of a page's positions

  const Attention& a;
  const int runs;
  float scales[muninn::TOGETHER];

  explicit Attending(const Attention& a) : a(a), runs(a.runs) {}

  INLINE int start(int run) const { return run == 0 ? 0 : a.ends[run - 1]; }

  // Vectors that are summed at a time for so many queries: enough sums to hide a fused multiply-add's latency.
  template <int QUERIES>
  static constexpr int vectors() {
    if (W == 8) return QUERIES >= 4 ? 2 : 4;
    return QUERIES >= 8 ? 2 : QUERIES >= 4 ? 4 : 8;
  }

  // Fetches what stands behind a head's part of a page: more of it, or the next head's. A part is as short as 4 KB, after
  // which a processor's own fetching ahead begins anew. Many queries take longer to compute than a part to read.
  template <int QUERIES>
  static INLINE void fetchBehind(const std::uint8_t* at) {
    constexpr long BEHIND = 4096;
    constexpr int SECOND_LEVEL = 2;
    if constexpr (QUERIES <= 4) __builtin_prefetch(at + BEHIND, 0, SECOND_LEVEL);
  }

  // Columns of some vectors times operands, `step` apart.
  template <int QUERIES, int SOME>
  static INLINE void add(Floats (&sums)[QUERIES][SOME], const std::uint8_t* const* at, long offset, const float* x, long step) {
    Floats column[SOME];
#pragma GCC unroll 8
    for (int j = 0; j < SOME; j++) {
      column[j] = Elements::read(at[j] + offset);
      fetchBehind<QUERIES>(at[j] + offset);
    }
#pragma GCC unroll 16
    for (int m = 0; m < QUERIES; m++) {
      const float v = x[m * step];
#pragma GCC unroll 8
      for (int j = 0; j < SOME; j++) sums[m][j] = column[j] * v + sums[m][j];
    }
  }

  // Of all positions of each run's page, those of run r at 16 · r; what stands beside a run's own positions is noise.
  template <int QUERIES>
  void scores(int first) const {
    constexpr int SOME = vectors<QUERIES>();
    const float scale = a.scale;
    const int all = runs * PARTS;
    for (int from = 0; from < all; from += SOME) {
      const std::uint8_t* at[SOME];
      for (int j = 0; j < SOME; j++) {
        const int vector = std::min(from + j, all - 1);
        at[j] = a.pages[vector / PARTS] + a.keysAt + vector % PARTS * W * Elements::BYTES;
      }
      Floats sums[QUERIES][SOME] = {};
      for (long i = 0; i < a.headWidth; i++) {
        add<QUERIES, SOME>(sums, at, i * PAGE * Elements::BYTES, a.queries + first * a.step + i, a.step);
      }
#pragma GCC unroll 16
      for (int m = 0; m < QUERIES; m++) {
#pragma GCC unroll 8
        for (int j = 0; j < SOME; j++) {
          if (from + j < all) store(a.scores + (first + m) * a.room + (from + j) * W, sums[m][j] * scale);
        }
      }
    }
  }

  // A query's scores, each moved to its own position, become weights before they are divided by their sum.
  void weights(int query) const {
    float* row = a.scores + query * a.room;
    for (int run = 0; run < runs; run++) {
      const int from = start(run), at = run * PAGE + from % PAGE;
      if (at != from) std::memmove(row + from, row + at, sizeof(float) * static_cast<std::size_t>(a.ends[run] - from));
    }
    const int count = a.seen[query];
    const float most = largest(row, count);
    for (int p = 0; p < count; p += W) store(row + p, exponential<W>(load<Floats>(row + p) - most));
    const int end = a.ends[runs - 1];
    if (end > count) std::memset(row + count, 0, sizeof(float) * static_cast<std::size_t>(end - count));  // others see these
  }

  static float largest(const float* row, int count) {
    Floats mosts = Floats{} + row[0];
    int p = 0;
    for (; p + W <= count; p += W) {
      const Floats some = load<Floats>(row + p);
      mosts = some > mosts ? some : mosts;
    }
    float most = row[0];
    for (int i = 0; i < W; i++) most = std::max(most, mosts[i]);
    for (; p < count; p++) most = std::max(most, row[p]);
    return most;
  }

  template <int QUERIES>
  void sums(int first) {
    const float* rows = a.scores + first * a.room;
    float sums[QUERIES] = {};
    for (int p = 0; p < a.ends[runs - 1]; p++) {
#pragma GCC unroll 16
      for (int m = 0; m < QUERIES; m++) sums[m] += rows[m * a.room + p];
    }
    for (int m = 0; m < QUERIES; m++) scales[first + m] = 1 / sums[m];
  }

  template <int QUERIES>
  void values(int first) const {
    constexpr int SOME = vectors<QUERIES>();
    const int all = static_cast<int>((a.headWidth + W - 1) / W);
    const long next = a.pitch * Elements::BYTES;
    const float* rows = a.scores + first * a.room;
    for (int from = 0; from < all; from += SOME) {
      Floats sums[QUERIES][SOME] = {};
      for (int run = 0; run < runs; run++) {
        const std::uint8_t* at[SOME];
        for (int j = 0; j < SOME; j++) {
          at[j] = a.pages[run] + a.valuesAt + start(run) % PAGE * next + std::min(from + j, all - 1) * W * Elements::BYTES;
        }
        for (int p = start(run), i = 0; p < a.ends[run]; p++, i++) {
          add<QUERIES, SOME>(sums, at, i * next, rows + p, a.room);
        }
      }
#pragma GCC unroll 16
      for (int m = 0; m < QUERIES; m++) {
#pragma GCC unroll 8
        for (int j = 0; j < SOME; j++) {
          if (from + j < all) write(first + m, (from + j) * W, sums[m][j] * scales[first + m]);
        }
      }
    }
  }

  INLINE void write(int query, long element, Floats result) const {
    float* to = a.out + query * a.step + element;
    if (element + W <= a.headWidth) {
      store(to, result);
    } else {
      std::memcpy(to, &result, sizeof(float) * static_cast<std::size_t>(a.headWidth - element));
    }
  }

  void run() {
    inTiles<MOST>(a.count, [&](auto queries, int first) { scores<queries>(first); });
    for (int query = 0; query < a.count; query++) weights(query);
    inTiles<MOST>(a.count, [&](auto queries, int first) { sums<queries>(first); });
    inTiles<MOST>(a.count, [&](auto queries, int first) { values<queries>(first); });
  }
};

template <int W, int MOST>
void attendTo(const Attention& a) {
  if (a.elements == muninn::FLOATS) {
    Attending<W, FloatElements<W>, MOST>(a).run();
  } else {
    Attending<W, Bf16Elements<W>, MOST>(a).run();
  }
}

}  // namespace

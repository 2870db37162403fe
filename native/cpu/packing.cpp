// Lays rows of weights out as panels for the CPU device, to the bit as kernels.cpu's loops do: a checkpoint is read once in
// a process, before Java's compilers have come to those loops. Java opens it where it was built (kernels.cpu.PanelLibrary).
//
// A panel is two vectors of N rows, column after column; N is how many 32-bit words the vectors hold that Java computes
// with. Blocks of N rows and N words are turned by exchanges between vectors.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <utility>

#define EXPORT extern "C" __attribute__((visibility("default")))
#define INLINE inline __attribute__((always_inline))

namespace {

enum Type { F32, BF16, F16 };          // of rows as they are stored
enum Layout { FLOAT, HALVES, PAIRS };  // FloatPanel, Bf16Panel, Bf16PairPanel

template <int N>
struct Vectors {
  typedef std::uint32_t Words __attribute__((vector_size(4 * N)));
  typedef std::int32_t Signed __attribute__((vector_size(4 * N)));
  typedef std::uint16_t Shorts __attribute__((vector_size(2 * N)));
  typedef float Floats __attribute__((vector_size(4 * N)));
};

// A row's elements [at, at + N) as words, zeros beyond `end`, and all of a row that is not there; `specials` becomes
// nonzero where one is not a number, which is where all bits of its exponent are ones.
template <int N, Type T, class W = typename Vectors<N>::Words>
INLINE void load(const std::uint8_t* row, long at, long end, W& bits, W& specials) {
  using Stored = std::conditional_t<T == F32, W, typename Vectors<N>::Shorts>;
  constexpr long bytes = T == F32 ? 4 : 2;
  Stored stored{};
  if (row != nullptr && at + N <= end) {
    std::memcpy(&stored, row + bytes * at, sizeof stored);
  } else if (row != nullptr && at < end) {
    std::memcpy(&stored, row + bytes * at, static_cast<std::size_t>(bytes * (end - at)));
  }
  if constexpr (T == F32) {
    bits = stored;
  } else {
    bits = __builtin_convertvector(stored, W);
  }
  constexpr std::uint32_t exponent = T == F32 ? 0x7F800000 : T == BF16 ? 0x7F80 : 0x7C00;
  specials |= (W)((bits & exponent) == exponent);
}

// What load gave becomes the bits of floats.
template <int N, Type T, class W = typename Vectors<N>::Words>
INLINE void toFloats(W& bits) {
  if constexpr (T == BF16) bits <<= 16;
  if constexpr (T == F16) {
    const W sign = (bits & 0x8000) << 16, magnitude = (bits & 0x7FFF) << 13;
    typename Vectors<N>::Floats number;
    std::memcpy(&number, &magnitude, sizeof number);
    number *= 0x1p112f;  // an exponent counts from elsewhere; subnormal numbers become normal
    std::memcpy(&bits, &number, sizeof bits);
    bits |= sign | ((W)(magnitude >= 0x0F800000) & 0x7F800000);
  }
}

// What load gave becomes bfloat16, in lower halves, rounded to the even one of two that are as near.
template <int N, Type T, class W = typename Vectors<N>::Words>
INLINE void toHalves(W& bits) {
  if constexpr (T == BF16) return;
  toFloats<N, T>(bits);
  const W numbers = (W)((bits & 0x7FFFFFFF) <= 0x7F800000);
  bits += numbers & (0x7FFF + (bits >> 16 & 1));
  bits >>= 16;
}

// Turns N rows of N words, by log2 N rounds of exchanges.
template <int N, int STEP, class W, int... I>
INLINE void exchange(W& a, W& b, std::integer_sequence<int, I...>) {
  const W upper = __builtin_shufflevector(a, b, ((I & STEP) != 0 ? N + I - STEP : I)...);
  b = __builtin_shufflevector(a, b, ((I & STEP) != 0 ? N + I : I + STEP)...);
  a = upper;
}

template <int N, int STEP = 1, class W>
INLINE void turn(W* x) {
#pragma GCC unroll 16
  for (int i = 0; i < N; i++) {
    if ((i & STEP) == 0) exchange<N, STEP>(x[i], x[i + STEP], std::make_integer_sequence<int, N>());
  }
  if constexpr (2 * STEP < N) turn<N, 2 * STEP>(x);
}

// Of two vectors of halves, those of even columns above those of odd ones.
template <int N, class W, int... I>
INLINE void pair(const W& a, const W& b, W& words, std::integer_sequence<int, I...>) {
  words = __builtin_shufflevector(a, b, (2 * I)...) << 16 | __builtin_shufflevector(a, b, (2 * I + 1)...);
}

// Two blocks of a panel that lie side by side, so that a line of a row is fetched once, however its rows share the cache:
// of N rows, from column c on, the words of N columns each, or of N pairs of them.
template <int N, Type T, Layout L, class W = typename Vectors<N>::Words>
INLINE void fill(const std::uint8_t* const* rows, long c, long columns, W (*blocks)[N], W& specials) {
  constexpr int columnsOfBlock = L == PAIRS ? 2 * N : N;
  for (int i = 0; i < N; i++) {
#pragma GCC unroll 2
    for (int side = 0; side < 2; side++) {
      const long at = c + side * columnsOfBlock;
      W& x = blocks[side][i];
      load<N, T>(rows[i], at, columns, x, specials);
      if constexpr (L == FLOAT) {
        toFloats<N, T>(x);
        continue;
      }
      W other;
      load<N, T>(rows[L == HALVES ? N + i : i], L == HALVES ? at : at + N, columns, other, specials);
      toHalves<N, T>(x);
      toHalves<N, T>(other);
      if constexpr (L == HALVES) {
        x |= other << 16;
      } else {
        pair<N>(x, other, x, std::make_integer_sequence<int, N>());
      }
    }
  }
}

// Columns of a panel from what is turned; those that are not of its rows stay as they are.
template <int N, class W = typename Vectors<N>::Words>
INLINE void store(const W* x, long count, bool whole, long step, std::uint32_t* to) {
  for (long i = 0; i < count; i++, to += step) {
    W there{};
    if (!whole) std::memcpy(&there, to, sizeof there);
    there |= x[i];
    std::memcpy(to, &there, sizeof there);
  }
}

// One panel. `rows` has its 2·N rows, or null for those that are not there, whose places stay as they are.
template <int N>
INLINE bool panel(int type, int layout, const std::uint8_t* const* rows, bool whole, long columns, std::uint32_t* to) {
  using W = typename Vectors<N>::Words;
  const int each = layout == PAIRS ? 2 : 1;        // columns of a word
  const int halves = layout == HALVES ? 1 : 2;     // vectors of a column, one below the other
  const long words = (columns + each - 1) / each;  // of a row
  W specials{};
  for (long at = 0; at < words; at += 2 * N) {
    for (int half = 0; half < halves; half++) {
      W blocks[2][N];
#define CASE(T, L)                                                            \
  case 3 * T + L:                                                             \
    fill<N, T, L>(rows + half * N, at * each, columns, blocks, specials);     \
    break
      switch (3 * type + layout) {
        CASE(F32, FLOAT);
        CASE(F32, HALVES);
        CASE(F32, PAIRS);
        CASE(BF16, FLOAT);
        CASE(BF16, HALVES);
        CASE(BF16, PAIRS);
        CASE(F16, FLOAT);
        CASE(F16, HALVES);
        CASE(F16, PAIRS);
      }
#undef CASE
      for (long from = at; from < words && from < at + 2 * N; from += N) {
        W* block = blocks[from != at];
        turn<N>(block);
        store<N>(block, words - from < N ? words - from : N, whole, halves * N, to + (from * halves + half) * N);
      }
    }
  }
  for (int i = 0; i < N; i++) {
    if (specials[i] != 0) return false;
  }
  return true;
}

// See muninnPanels.
template <int N>
INLINE bool panels(int type, int layout, const std::uint8_t* data, long first, long count, long columns, std::uint8_t* to) {
  const long rowBytes = columns * (type == F32 ? 4 : 2);
  const long panelBytes = layout == PAIRS ? (columns + 1) / 2 * 8 * N : columns * (layout == FLOAT ? 8 : 4) * N;
  bool numbers = true;
  for (long row = first; row < first + count;) {
    const long index = row / (2 * N);
    const std::uint8_t* rows[2 * N] = {};
    const long from = row % (2 * N);
    long end = from;
    for (; end < 2 * N && row < first + count; row++, end++, data += rowBytes) rows[end] = data;
    auto* words = reinterpret_cast<std::uint32_t*>(to + index * panelBytes);
    numbers &= panel<N>(type, layout, rows, end - from == 2 * N, columns, words);
  }
  return numbers;
}

#if defined(__x86_64__)
#define TARGET(features) __attribute__((target(features)))
#else
#define TARGET(features)
#endif

TARGET("avx512f,avx512bw,avx512vl")
bool panels16(int type, int layout, const std::uint8_t* data, long first, long count, long columns, std::uint8_t* to) {
  return panels<16>(type, layout, data, first, count, columns, to);
}

TARGET("avx2")
bool panels8(int type, int layout, const std::uint8_t* data, long first, long count, long columns, std::uint8_t* to) {
  return panels<8>(type, layout, data, first, count, columns, to);
}

}  // namespace

// Whether this CPU can make panels of so many rows.
static bool makes(long rows) {
#if defined(__x86_64__)
  if (rows == 32) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  }
  if (rows == 16) return __builtin_cpu_supports("avx2") != 0;
#endif
  return rows == 8;
}

// Memory of zeros for panels of so many rows, which muninnPanels takes from the system, in huge pages where it has them (a
// thread reads twice as fast from these): its address, 0 where this CPU does not make such panels, -1 where there is not
// so much.
EXPORT long muninnPanelMemory(long panelRows, long bytes) {
  if (!makes(panelRows)) return 0;
  constexpr long HUGE_PAGE = 2 << 20;
  const long page = sysconf(_SC_PAGESIZE), pages = (bytes + page - 1) / page * page;
  void* mapped = mmap(nullptr, static_cast<std::size_t>(pages + HUGE_PAGE), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return -1;
  // What lies before the first huge page's beginning, and what is too much behind, goes back.
  const long all = reinterpret_cast<long>(mapped);
  const long begin = (all + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  if (begin > all) munmap(mapped, static_cast<std::size_t>(begin - all));
  const long behind = all + HUGE_PAGE - begin;
  if (behind > 0) munmap(reinterpret_cast<void*>(begin + pages), static_cast<std::size_t>(behind));
#ifdef MADV_HUGEPAGE
  madvise(reinterpret_cast<void*>(begin), static_cast<std::size_t>(pages), MADV_HUGEPAGE);
#endif
  return begin;
}

EXPORT long muninnFreePanelMemory(long address, long bytes) {
  return munmap(reinterpret_cast<void*>(address), static_cast<std::size_t>(bytes));
}

// Puts rows where they belong in panels, which are zero at first; whether all of their elements are numbers.
//
// panelRows: rows of a panel; type, layout: see above; data [count, columns]: as they are stored,
// at any address; first: of the rows, counted from the first panel's first; to: `bytes` of panels, one behind the other.
EXPORT int muninnPanels(int panelRows, int type, int layout, const std::uint8_t* data, long first, long count, long columns,
                        std::uint8_t* to, long bytes) {
#ifdef MADV_POPULATE_WRITE
  // All pages in one call cost a third of a fault for each; where the system has no such call, faults do it.
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(to) / page * page;
  const auto end = (reinterpret_cast<std::uintptr_t>(to) + static_cast<std::uintptr_t>(bytes) + page - 1) / page * page;
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE);
#else
  (void)bytes;
#endif
  if (panelRows == 32) return panels16(type, layout, data, first, count, columns, to);
  if (panelRows == 16) return panels8(type, layout, data, first, count, columns, to);
  return panels<4>(type, layout, data, first, count, columns, to);
}

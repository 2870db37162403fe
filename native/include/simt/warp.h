// What the lanes of a warp do together: shuffles, votes, reductions. The last lane to arrive computes for all.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <simt/core.h>

namespace simt {

template <class T>
T shuffle(const char* what, unsigned mask, T value, int source, const char* file, int line) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = shuffle(what, mask, bits, static_cast<unsigned>(source), file, line);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

inline int lane() { return static_cast<int>(current->lane); }

// The first lane of this one's segment, where a shuffle works on segments of `width` lanes.
inline int segment(int width) { return lane() & ~(width - 1); }

template <class T>
struct Operand {
  T value;
  std::uint64_t result;
};

template <class T, class Combine>
SIMT_UNCHECKED void reduction(void* const args[warpSize], unsigned mask) {
  T all{};
  bool first = true;
  for (unsigned lane = 0; lane < warpSize; lane++) {
    if (!(mask >> lane & 1)) continue;
    const T value = static_cast<Operand<T>*>(args[lane])->value;
    all = first ? value : Combine{}(all, value);
    first = false;
  }
  for (unsigned lane = 0; lane < warpSize; lane++) {
    if (mask >> lane & 1) std::memcpy(&static_cast<Operand<T>*>(args[lane])->result, &all, sizeof(T));
  }
}

template <class T, class Combine>
T reduce(const char* what, unsigned mask, T value, const char* file, int line) {
  Operand<T> mine{value, 0};
  collective(what, mask, &mine, &reduction<T, Combine>, file, line);
  T result;
  std::memcpy(&result, &mine.result, sizeof(T));
  return result;
}

template <class T>
SIMT_UNCHECKED void matching(void* const args[warpSize], unsigned mask) {
  for (unsigned lane = 0; lane < warpSize; lane++) {
    if (!(mask >> lane & 1)) continue;
    auto& mine = *static_cast<Operand<T>*>(args[lane]);
    mine.result = 0;
    for (unsigned other = 0; other < warpSize; other++) {
      if (!(mask >> other & 1)) continue;
      if (static_cast<Operand<T>*>(args[other])->value == mine.value) mine.result |= 1u << other;
    }
  }
}

inline void meet(void* const*, unsigned) {}

struct Sum { template <class T> T operator()(T a, T b) const { return a + b; } };
struct Least { template <class T> T operator()(T a, T b) const { return b < a ? b : a; } };
struct Most { template <class T> T operator()(T a, T b) const { return a < b ? b : a; } };
struct And { template <class T> T operator()(T a, T b) const { return a & b; } };
struct Or { template <class T> T operator()(T a, T b) const { return a | b; } };
struct Xor { template <class T> T operator()(T a, T b) const { return a ^ b; } };

}  // namespace simt

inline void __syncwarp(unsigned mask = ~0u, SIMT_SITE) {
  ::simt::collective("__syncwarp", mask, nullptr, &::simt::meet, file, line);
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, SIMT_SITE) {
  return ::simt::shuffle("__shfl_sync", mask, value, ::simt::segment(width) + (source & (width - 1)), file, line);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, SIMT_SITE) {
  const int source = ::simt::lane() - static_cast<int>(delta);
  return ::simt::shuffle("__shfl_up_sync", mask, value, source < ::simt::segment(width) ? ::simt::lane() : source, file, line);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, SIMT_SITE) {
  const int source = ::simt::lane() + static_cast<int>(delta);
  return ::simt::shuffle("__shfl_down_sync", mask, value, source >= ::simt::segment(width) + width ? ::simt::lane() : source, file, line);
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, SIMT_SITE) {
  const int source = ::simt::lane() ^ lanes;
  return ::simt::shuffle("__shfl_xor_sync", mask, value, source >= ::simt::segment(width) + width ? ::simt::lane() : source, file, line);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, SIMT_SITE) {
  return ::simt::ballot("__ballot_sync", mask, predicate != 0, file, line);
}

inline int __any_sync(unsigned mask, int predicate, SIMT_SITE) {
  return ::simt::ballot("__any_sync", mask, predicate != 0, file, line) != 0;
}

inline int __all_sync(unsigned mask, int predicate, SIMT_SITE) {
  return ::simt::ballot("__all_sync", mask, predicate == 0, file, line) == 0;
}

template <class T>
unsigned __match_any_sync(unsigned mask, T value, SIMT_SITE) {
  ::simt::Operand<T> mine{value, 0};
  ::simt::collective("__match_any_sync", mask, &mine, &::simt::matching<T>, file, line);
  return static_cast<unsigned>(mine.result);
}

// Integers only, as on sm_80.
#define SIMT_REDUCE(name, combine)                                                               \
  template <class T>                                                                             \
  T name(unsigned mask, T value, SIMT_SITE) {                                                    \
    static_assert(std::is_integral_v<T> && sizeof(T) == 4);                                      \
    return ::simt::reduce<T, ::simt::combine>(#name, mask, value, file, line);                   \
  }
SIMT_REDUCE(__reduce_add_sync, Sum)
SIMT_REDUCE(__reduce_min_sync, Least)
SIMT_REDUCE(__reduce_max_sync, Most)
SIMT_REDUCE(__reduce_and_sync, And)
SIMT_REDUCE(__reduce_or_sync, Or)
SIMT_REDUCE(__reduce_xor_sync, Xor)
#undef SIMT_REDUCE

// The lanes that run together: all that exist, since fibers know no convergence. Do not base logic on it.
inline unsigned __activemask() { return ::simt::warpMembers(); }

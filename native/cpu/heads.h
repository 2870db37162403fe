// The way of a lane's queries, keys and values into attention, to the bit as Java goes it (kernels.cpu.Heads): bias and
// rotation, and keys and values rounded to bfloat16 into their page.
#pragma once
#include <utility>

#include "maths.h"

namespace {

using muninn::Heads;

template <int W>
struct Keeping {
  using Floats = typename Vectors<W>::Floats;
  using Words = typename Vectors<W>::Words;
  typedef std::uint16_t Shorts __attribute__((vector_size(2 * W)));
  static constexpr int PAGE = 16;

  const Heads& h;

  static INLINE Floats part(const float* from, long n) {
    if (n >= W) return load<Floats>(from);
    Floats some{};
    std::memcpy(&some, from, sizeof(float) * static_cast<std::size_t>(n));
    return some;
  }

  // Rounded to the nearest, of two as near to the even one.
  static INLINE void halves(Floats numbers, std::uint16_t (&to)[W]) {
    const Words bits = (Words)numbers;
    const Words rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    const Words are = (Words)((bits & 0x7FFFFFFF) <= 0x7F800000);
    const Shorts words = __builtin_convertvector((are & rounded) | (~are & 0x7FC0), Shorts);
    std::memcpy(to, &words, sizeof to);
  }

  // Pairs of elements as complex numbers times those of the angles.
  template <int... I>
  static INLINE Floats turn(Floats x, Floats angles, std::integer_sequence<int, I...>) {
    const Floats cosines = __builtin_shufflevector(angles, angles, (I & ~1)...);
    const Floats sines = __builtin_shufflevector(angles, angles, (I | 1)...);
    const Floats others = __builtin_shufflevector(x, x, (I ^ 1)...);
    const Floats signs{(I % 2 == 0 ? -1.0f : 1.0f)...};
    return apart(x * cosines) + apart(others * sines) * signs;
  }

  // Some of the rows of a head of queries or keys, from element i of it on.
  INLINE Floats turned(long row, long i, long n) const {
    Floats x = part(h.products + row + i, n);
    if (h.bias != nullptr) x += part(h.bias + row + i, n);
    return turn(x, part(h.angles + i, n), std::make_integer_sequence<int, W>());
  }

  void queries() const {
    for (long row = 0; row < h.queries; row += h.width) {
      for (long i = 0; i < h.width; i += W) {
        const long n = h.width - i < W ? h.width - i : W;
        const Floats x = turned(row, i, n);
        std::memcpy(h.q + row + i, &x, sizeof(float) * static_cast<std::size_t>(n));
      }
    }
  }

  void keys() const {
    auto* to = reinterpret_cast<std::uint16_t*>(h.page + h.keysAt) + h.place;
    for (long row = 0; row < h.keys; row += h.width) {
      for (long i = 0; i < h.width; i += W) {
        const long n = h.width - i < W ? h.width - i : W;
        std::uint16_t x[W];
        halves(turned(h.queries + row, i, n), x);
        for (long j = 0; j < n; j++) to[(row + i + j) * PAGE] = x[j];
      }
    }
  }

  void values() const {
    const float* from = h.products + h.queries + h.keys;
    auto* to = reinterpret_cast<std::uint16_t*>(h.page + h.valuesAt) + h.place * h.pitch;
    for (long row = 0; row < h.keys; row += h.width, to += PAGE * h.pitch) {
      for (long i = 0; i < h.width; i += W) {
        const long n = h.width - i < W ? h.width - i : W;
        std::uint16_t x[W];
        halves(part(from + row + i, n), x);
        std::memcpy(to + i, x, sizeof(std::uint16_t) * static_cast<std::size_t>(n));
      }
    }
  }
};

template <int W>
void keepHeads(const Heads& h) {
  const Keeping<W> keeping{h};
  keeping.queries();
  keeping.keys();
  keeping.values();
}

}  // namespace

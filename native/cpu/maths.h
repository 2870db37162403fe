// e^x of vectors, as kernels.cpu.Maths computes it, to the bit.
#pragma once
#include "panels.h"

namespace {

// A product that is not to be fused with the addition that takes it.
template <class V>
INLINE V apart(V product) {
#if defined(__x86_64__)
  asm("" : "+v"(product));
#else
  asm("" : "+w"(product));
#endif
  return product;
}

template <int W>
INLINE typename Vectors<W>::Floats powerOfTwo(typename Vectors<W>::Ints n) {
  return (typename Vectors<W>::Floats)((n + 127) << 23);
}

template <int W, class Floats = typename Vectors<W>::Floats>
INLINE Floats exponential(Floats x) {
  const Floats least = Floats{} - 87.0f, most = Floats{} + 88.7f;
  x = x < least ? least : x;  // what is not a number stays
  x = x > most ? most : x;
  const Floats n = apart(x * 0x1.715476p0f) + 0x1.8p23f - 0x1.8p23f;
  const Floats f = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
  Floats p = f * 0x1.a057b4p-13f + 0x1.6d2d92p-10f;
  p = p * f + 0x1.11114cp-7f;
  p = p * f + 0x1.5554f4p-5f;
  p = p * f + 0x1.555556p-3f;
  p = p * f + 0.5f;
  const Floats square = apart(f * f);
  const Floats e = (square * p + f) + 1.0f;
  const auto k = __builtin_convertvector(n, typename Vectors<W>::Ints);
  const auto half = k >> 1;
  return apart(e * powerOfTwo<W>(half) * powerOfTwo<W>(k - half));
}

}  // namespace

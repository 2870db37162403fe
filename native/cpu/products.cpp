// Products of bfloat16 weights and operands for the CPU device, by AVX-512 BF16: twice the multiply-adds of float32's
// instructions. Java opens it where it was built and the CPU has the instruction (kernels.cpu.Bf16Products), and does the
// same in its own loops otherwise.
//
// vdpbf16ps adds to a float the product of the upper halves of two words, then that of the lower ones, each a fused
// multiply-add (numbers below 2^-126 count as zeros). The earlier of two columns stands in the upper half, so that a
// product is one chain of fused multiply-adds over the columns in order: Java's, to the bit.
#include <cstdint>

#define EXPORT extern "C" __attribute__((visibility("default")))

#if !defined(__x86_64__)
EXPORT int muninnBf16Is() { return 0; }
#else
#include <immintrin.h>

#define BF16 __attribute__((target("avx512f,avx512bw,avx512bf16")))

namespace {

constexpr int PANEL = 32;  // rows of a panel: two vectors

// One panel with LANES lanes: see muninnBf16Products.
template <int LANES>
BF16 void tile(const std::uint32_t* panel, long pairs, const std::uint32_t* x, long step, float* products) {
  __m512 a[LANES], b[LANES];
#pragma GCC unroll 16
  for (int m = 0; m < LANES; m++) a[m] = b[m] = _mm512_setzero_ps();
  for (long i = 0; i < pairs; i++, panel += PANEL) {
    const __m512bh upper = (__m512bh)_mm512_loadu_si512(panel), lower = (__m512bh)_mm512_loadu_si512(panel + PANEL / 2);
#pragma GCC unroll 16
    for (int m = 0; m < LANES; m++) {
      const __m512bh v = (__m512bh)_mm512_set1_epi32(static_cast<int>(x[m * step + i]));
      a[m] = _mm512_dpbf16_ps(a[m], upper, v);
      b[m] = _mm512_dpbf16_ps(b[m], lower, v);
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < LANES; m++) {
    _mm512_storeu_ps(products + PANEL * m, a[m]);
    _mm512_storeu_ps(products + PANEL * m + PANEL / 2, b[m]);
  }
}

}  // namespace

// Whether this CPU has what it takes.
EXPORT int muninnBf16Is() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512bf16");
}

// products[m] = panel · x[m] for some lanes; panel [pairs, PANEL] words of two columns, x [lanes, step] likewise, products
// [lanes, PANEL].
EXPORT void muninnBf16Products(const std::uint32_t* panel, long pairs, const std::uint32_t* x, long step, int lanes,
                               float* products) {
  while (lanes > 0) {
    int some = lanes >= 12 ? 12 : lanes >= 8 ? 8 : lanes >= 4 ? 4 : lanes >= 2 ? 2 : 1;
    switch (some) {
      case 12: tile<12>(panel, pairs, x, step, products); break;
      case 8: tile<8>(panel, pairs, x, step, products); break;
      case 4: tile<4>(panel, pairs, x, step, products); break;
      case 2: tile<2>(panel, pairs, x, step, products); break;
      default: tile<1>(panel, pairs, x, step, products); break;
    }
    lanes -= some;
    x += some * step;
    products += some * PANEL;
  }
}
#endif

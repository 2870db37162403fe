// Products and attention of the CPU device, which Java opens where they were built and the CPU has the instructions (kernels.cpu.
// CpuLibrary); its own loops give the same to the bit.
#include "product.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

struct Instructions {
  bool (*has)(int width);
  void (*multiply)(const muninn::Product&);
  void (*attend)(const muninn::Attention&);
  void (*keep)(const muninn::Heads&);
};

// In Java's order (CpuLibrary.Instructions).
constexpr Instructions ALL[] = {
    {muninn::hasAvx512Bf16, muninn::avx512Bf16, muninn::avx512, muninn::avx512},
    {muninn::hasAvx512Vbmi, muninn::avx512Vbmi, muninn::avx512, muninn::avx512},
    {muninn::hasAvx512, muninn::avx512, muninn::avx512, muninn::avx512},
    {muninn::hasAvx2, muninn::avx2, muninn::avx2, muninn::avx2},
    {muninn::hasNeon, muninn::neon, muninn::neon, muninn::neon},
};

}  // namespace

// Whether this CPU has some instructions, for panels of two vectors of a width.
EXPORT int muninnCpuHas(int instructions, int width) { return ALL[instructions].has(width); }

// Products of panels, panelBytes apart, with some lanes of x by some instructions: `rows` of them, the first one's with
// the first lane to out[first], the next lane's outStep further; see muninn::Product.
EXPORT void muninnCpuProducts(int instructions, int width, int encoding, int scaleBytes, const std::uint8_t* panels,
                              long panelBytes, long columns, long group, const void* x, long step, int lanes, long rows,
                              float* out, const float* residual, long first, long outStep) {
  for (long row = 0; row < rows; row += 2 * width, panels += panelBytes) {
    const long at = first + row, left = rows - row;
    const muninn::Rows to{left < 2 * width ? left : 2 * width, out + at, residual == nullptr ? nullptr : residual + at, outStep};
    ALL[instructions].multiply({static_cast<muninn::Encoding>(encoding), width, scaleBytes, panels, columns, group, x, step,
                                lanes, to});
  }
}

// Rows of floats as words of two columns in bfloat16, by AVX-512 BF16.
EXPORT void muninnCpuWords(const float* x, long first, long rows, long columns, std::uint32_t* words) {
  for (long row = 0; row < rows; row++) {
    muninn::avx512Words(x + first + row * columns, columns, words + row * ((columns + 1) / 2));
  }
}

// Attention of some queries to one head of keys and values; see muninn::Attention.
EXPORT void muninnCpuAttend(int instructions, int elements, long headWidth, long pitch, float scale,
                            const std::uint8_t* const* pages, const int* ends, int runs, long keysAt, long valuesAt,
                            const float* queries, float* out, long first, long step, const int* seen, int count,
                            float* scores, long room) {
  ALL[instructions].attend({static_cast<muninn::Elements>(elements), headWidth, pitch, scale, pages, ends, runs, keysAt,
                            valuesAt, queries + first, step, seen, count, scores, room, out + first});
}

// A lane's queries, keys and values on their way into attention; see muninn::Heads.
EXPORT void muninnCpuKeep(int instructions, long width, long queries, long keys, const float* products, long at,
                          const float* bias, const float* angles, long angle, float* q, long to, std::uint8_t* page,
                          long keysAt, long valuesAt, long pitch, int place) {
  ALL[instructions].keep({width, queries, keys, products + at, bias, angles + angle, q + to, page, keysAt, valuesAt, pitch,
                          place});
}

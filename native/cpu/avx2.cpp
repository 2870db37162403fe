// Products by AVX2: of panels of two vectors, and of four where tests ask for it on a larger CPU.
#include "product.h"

#ifdef __x86_64__
#pragma GCC target("avx2,fma")
#define MUNINN_AVX2
#include "attention.h"
#include "heads.h"
#include "panels.h"

bool muninn::hasAvx2(int width) {
  return (width == 8 || width == 16) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

void muninn::avx2(const Product& p) {
  if (p.width == 8) {
    multiply<8, 4>(p);
  } else {
    multiply<16, 4>(p);
  }
}

void muninn::avx2(const Attention& a) { attendTo<8, 4>(a); }
void muninn::avx2(const Heads& h) { keepHeads<8>(h); }
#else
bool muninn::hasAvx2(int) { return false; }
void muninn::avx2(const Product&) {}
void muninn::avx2(const Attention&) {}
void muninn::avx2(const Heads&) {}
#endif

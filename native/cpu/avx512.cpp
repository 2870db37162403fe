// Products by AVX-512.
#include "product.h"

#ifdef __x86_64__
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,fma")
#define MUNINN_AVX512
#include "attention.h"
#include "heads.h"
#include "panels.h"

bool muninn::hasAvx512(int width) {
  return width == 16 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

void muninn::avx512(const Product& p) { multiply<16, 12>(p); }

void muninn::avx512(const Attention& a) { attendTo<16, 12>(a); }
void muninn::avx512(const Heads& h) { keepHeads<16>(h); }
#else
bool muninn::hasAvx512(int) { return false; }
void muninn::avx512(const Product&) {}
void muninn::avx512(const Attention&) {}
void muninn::avx512(const Heads&) {}
#endif

// Products by AVX-512 with look-ups in registers.
#include "product.h"

#ifdef __x86_64__
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,fma")
#define MUNINN_AVX512
#define MUNINN_VBMI
#include "panels.h"

bool muninn::hasAvx512Vbmi(int width) { return hasAvx512(width) && __builtin_cpu_supports("avx512vbmi"); }

void muninn::avx512Vbmi(const Product& p) { multiply<16, 12>(p); }
#else
bool muninn::hasAvx512Vbmi(int) { return false; }
void muninn::avx512Vbmi(const Product&) {}
#endif

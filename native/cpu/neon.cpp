// Products by NEON, which every 64-bit Arm has.
#include "product.h"

#ifdef __aarch64__
#include "attention.h"
#include "heads.h"
#include "panels.h"

bool muninn::hasNeon(int width) { return width == 4; }

void muninn::neon(const Product& p) { multiply<4, 12>(p); }

void muninn::neon(const Attention& a) { attendTo<4, 12>(a); }
void muninn::neon(const Heads& h) { keepHeads<4>(h); }
#else
bool muninn::hasNeon(int) { return false; }
void muninn::neon(const Product&) {}
void muninn::neon(const Attention&) {}
void muninn::neon(const Heads&) {}
#endif

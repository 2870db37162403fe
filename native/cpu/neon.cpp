// Products by NEON, which every 64-bit Arm has.
#include "product.h"

#ifdef __aarch64__
#include "panels.h"

bool muninn::hasNeon(int width) { return width == 4; }

void muninn::neon(const Product& p) { multiply<4, 12>(p); }
#else
bool muninn::hasNeon(int) { return false; }
void muninn::neon(const Product&) {}
#endif

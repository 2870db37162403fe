// A product of the CPU device, and who can do it: a file for each set of instructions.
#pragma once
#include <cstdint>

namespace muninn {

enum Encoding { BF16, INT8, INT4, FP8 };

// A panel of 2 · width rows times lanes rows of x, step elements apart, gives products [lanes, 2 · width].
struct Product {
  Encoding encoding;
  int width, scaleBytes;
  const std::uint8_t* panel;
  long columns, group;
  const void* x;
  long step;
  int lanes;
  float* products;
};

// Whether this CPU has the instructions, and panels of that width are compiled for them.
bool hasAvx512(int width);
bool hasAvx512Vbmi(int width);
bool hasAvx512Bf16(int width);
bool hasAvx2(int width);
bool hasNeon(int width);

void avx512(const Product& p);
void avx512Vbmi(const Product& p);
void avx2(const Product& p);
void neon(const Product& p);

// Operands, and the panel where it is bfloat16, in words of two columns.
void avx512Bf16(const Product& p);

}  // namespace muninn

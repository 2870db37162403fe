// A product of the CPU device, attention, and who can do them: a file for each set of instructions.
#pragma once
#include <cstdint>

namespace muninn {

enum Encoding { BF16, INT8, INT4, FP8 };

// Where a panel's products go: those of `count` rows with the first lane to out, the next lane's step elements further,
// with what stands at the same places of residual, if there is one.
struct Rows {
  long count;
  float* out;
  const float* residual;
  long step;
};

// A panel of 2 · width rows times lanes rows of x, step elements apart.
struct Product {
  Encoding encoding;
  int width, scaleBytes;
  const std::uint8_t* panel;
  long columns, group;
  const void* x;
  long step;
  int lanes;
  Rows to;
};

// A lane's products [queries ; keys ; values], heads of `width`, on their way into attention: queries to q, keys and values
// in bfloat16 to their place in a page, as Attention finds them.
struct Heads {
  long width, queries, keys;  // in elements; values are as many as keys
  const float* products;
  const float* bias;    // of queries and keys, if there is any
  const float* angles;  // [width], cosine and sine of each pair
  float* q;
  std::uint8_t* page;
  long keysAt, valuesAt, pitch;
  int place;
};

// Queries that pass over keys and values together, at most.
constexpr int TOGETHER = 12;

// What pages hold keys and values in.
enum Elements { FLOATS, HALVES };

// Some queries that look at one head of keys and values of a context: runs of consecutive positions, each within one page
// (kernels.cpu.Context). A page has keys [headWidth, 16] and values [16, pitch] of the head from some byte on.
struct Attention {
  Elements elements;
  long headWidth, pitch;
  float scale;
  const std::uint8_t* const* pages;  // by run
  const int* ends;                   // by run, the position behind its last
  int runs;                          // that the last query sees something of
  long keysAt, valuesAt;
  const float* queries;  // [count, headWidth], step elements apart
  long step;
  const int* seen;  // positions that each sees, the last one most
  int count;
  float* scores;  // [count, room] for what is computed on the way
  long room;
  float* out;  // as queries lie
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

void avx512(const Attention& a);
void avx2(const Attention& a);
void neon(const Attention& a);

void avx512(const Heads& h);
void avx2(const Heads& h);
void neon(const Heads& h);

// Operands, and the panel where it is bfloat16, in words of two columns.
void avx512Bf16(const Product& p);

// Floats as such words: the earlier of two in the upper half, zero beside the last of an odd number.
void avx512Words(const float* x, long columns, std::uint32_t* words);

}  // namespace muninn

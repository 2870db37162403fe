// Warp functions: shuffles, votes, and the matrix instructions, each computed for all lanes by the last to arrive.
#include <simt/core.h>

#include <cmath>
#include <cstring>

#include "block.h"
#include "memory.h"
#include "report.h"

#define RUNTIME __attribute__((visibility("default")))

namespace simt {

using namespace muninn;

namespace {

Fiber& self() { return *static_cast<Fiber*>(current); }

struct Exchange {
  std::uint64_t value, result;
  unsigned source;
};

void exchange(void* const args[warpSize], unsigned mask) {
  for (unsigned rest = mask; rest; rest &= rest - 1) {
    auto& mine = *static_cast<Exchange*>(args[__builtin_ctz(rest)]);
    // Undefined on a device: here it is a value that shows.
    mine.result = mask >> (mine.source & 31) & 1 ? static_cast<Exchange*>(args[mine.source & 31])->value : ~0ull;
  }
}

struct Vote {
  bool predicate;
  unsigned result;
};

void count(void* const args[warpSize], unsigned mask) {
  unsigned votes = 0;
  for (unsigned rest = mask; rest; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    if (static_cast<Vote*>(args[lane])->predicate) votes |= 1u << lane;
  }
  for (unsigned rest = mask; rest; rest &= rest - 1) static_cast<Vote*>(args[__builtin_ctz(rest)])->result = votes;
}

struct Reduction {
  float value;
  bool greatest;
};

// In the order of shuffles by 16, 8, 4, 2, 1, so that the sum is a device's to the bit.
void reduce(void* const args[warpSize], unsigned) {
  float v[warpSize], next[warpSize];
  for (unsigned lane = 0; lane < warpSize; lane++) v[lane] = static_cast<Reduction*>(args[lane])->value;
  const bool greatest = static_cast<Reduction*>(args[0])->greatest;
  for (unsigned step = warpSize / 2; step > 0; step /= 2) {
    for (unsigned lane = 0; lane < warpSize; lane++) {
      const float a = v[lane], b = v[lane ^ step];
      next[lane] = greatest ? std::fmax(a, b) : a + b;
    }
    std::memcpy(v, next, sizeof v);
  }
  for (unsigned lane = 0; lane < warpSize; lane++) static_cast<Reduction*>(args[lane])->value = v[lane];
}

// D = A · B + C with A of 16 by 16, B of 16 by 8; lane = 4 · group + t. A's four registers hold the rows `group` and
// `group + 8` at columns 2t, 2t + 1 and those plus 8; B's two the rows 2t, 2t + 1 and those plus 8 of column `group`;
// C's and D's four the rows `group` and `group + 8` at columns 2t, 2t + 1.
struct Mma {
  const unsigned* a;
  const unsigned* b;
  const float* c;
  float* d;
};

// Two bfloat16 of a register become two floats beside each other.
void unpack(float* to, unsigned pair) {
  const std::uint64_t two = static_cast<std::uint64_t>(pair & 0xffff0000) << 32 | static_cast<unsigned>(pair << 16);
  std::memcpy(to, &two, sizeof two);
}

using Row = float __attribute__((vector_size(32)));

void multiply(void* const args[warpSize], unsigned) {
  float a[16][16], columns[8][16], rows[16][8];
  for (int g = 0; g < 8; g++) {
    for (int t = 0; t < 4; t++) {
      const Mma m = *static_cast<const Mma*>(args[4 * g + t]);
      unpack(&a[g][2 * t], m.a[0]);
      unpack(&a[g + 8][2 * t], m.a[1]);
      unpack(&a[g][2 * t + 8], m.a[2]);
      unpack(&a[g + 8][2 * t + 8], m.a[3]);
      unpack(&columns[g][2 * t], m.b[0]);
      unpack(&columns[g][2 * t + 8], m.b[1]);
      std::memcpy(&rows[g][2 * t], m.c, 8);
      std::memcpy(&rows[g + 8][2 * t], m.c + 2, 8);
    }
  }
  Row b[16];
  for (int k = 0; k < 16; k++) {
    for (int n = 0; n < 8; n++) b[k][n] = columns[n][k];
  }
  // A device adds in an order and width of its own; ours is k ascending in float.
  for (int r = 0; r < 16; r++) {
    Row d;
    std::memcpy(&d, rows[r], sizeof d);
    for (int k = 0; k < 16; k++) d += a[r][k] * b[k];
    std::memcpy(rows[r], &d, sizeof d);
  }
  for (int g = 0; g < 8; g++) {
    for (int t = 0; t < 4; t++) {
      const Mma m = *static_cast<const Mma*>(args[4 * g + t]);
      std::memcpy(m.d, &rows[g][2 * t], 8);
      std::memcpy(m.d + 2, &rows[g + 8][2 * t], 8);
    }
  }
}

// Loads `count` matrices of 8 by 8 two-byte elements; lane 8·m + r gives the address of row r of matrix m.
struct Load {
  unsigned* registers;
  unsigned count;
  bool transposed;
  const void* row;
};

void distribute(void* const args[warpSize], unsigned) {
  const auto& first = *static_cast<const Load*>(args[0]);
  for (unsigned m = 0; m < first.count; m++) {
    std::uint16_t matrix[8][8];
    for (unsigned r = 0; r < 8; r++) std::memcpy(matrix[r], static_cast<const Load*>(args[8 * m + r])->row, 16);
    for (unsigned lane = 0; lane < warpSize; lane++) {
      const unsigned row = lane / 4, column = lane % 4 * 2;
      const unsigned low = first.transposed ? matrix[column][row] : matrix[row][column];
      const unsigned high = first.transposed ? matrix[column + 1][row] : matrix[row][column + 1];
      static_cast<const Load*>(args[lane])->registers[m] = high << 16 | low;
    }
  }
}

// Instructions of the whole warp want one.
void wholeWarp(const char* what, const char* file, int line) {
  if (warpMembers() == ~0u) return;
  report(CUDA_ERROR_LAUNCH_FAILED, format("%s at %s:%d in a warp of fewer than 32 threads; %s", what, file, line,
                                          whoRuns().c_str()));
  self().block->abandon();
}

}  // namespace

RUNTIME std::uint64_t shuffle(const char* what, unsigned mask, std::uint64_t value, unsigned source, const char* file,
                              int line) {
  Exchange mine{value, 0, source};
  self().block->collective(what, mask, &mine, &exchange, file, line);
  return mine.result;
}

RUNTIME unsigned ballot(const char* what, unsigned mask, bool predicate, const char* file, int line) {
  Vote mine{predicate, 0};
  self().block->collective(what, mask, &mine, &count, file, line);
  return mine.result;
}

RUNTIME float reduceWarp(const char* what, float value, bool greatest, const char* file, int line) {
  wholeWarp(what, file, line);
  Reduction mine{value, greatest};
  self().block->collective(what, ~0u, &mine, &reduce, file, line);
  return mine.value;
}

RUNTIME void mmaBf16(const unsigned (&a)[4], const unsigned (&b)[2], const float (&c)[4], float (&d)[4],
                     const char* file, int line) {
  wholeWarp("mma", file, line);
  if (watch & counting && current->lane == 0) self().block->counter().tally.mma++;
  Mma mine{a, b, c, d};
  self().block->collective("mma", ~0u, &mine, &multiply, file, line);
}

RUNTIME void ldmatrix(unsigned* registers, unsigned count, bool transposed, const void* row, const char* file, int line) {
  wholeWarp("ldmatrix", file, line);
  // Only the lanes that give rows have their addresses looked at.
  if (current->lane < 8 * count) {
    if (!isShared(row)) {
      report(CUDA_ERROR_ILLEGAL_ADDRESS, format("ldmatrix at %s:%d from %p, which is not shared memory; %s", file, line,
                                                row, whoRuns().c_str()));
      self().block->abandon();
    }
    checkRead(row, 16, 16);
    if (watch & counting) {
      self().block->counter().access(current->linear, {nullptr, file, line}, reinterpret_cast<std::uintptr_t>(row), 16, Kind::load);
    }
  }
  Load mine{registers, count, transposed, row};
  self().block->collective("ldmatrix", ~0u, &mine, &distribute, file, line);
}

}  // namespace simt

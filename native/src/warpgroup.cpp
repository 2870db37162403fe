// wgmma: operands decoded from their descriptors, products made when all threads of a warpgroup have come, and put into
// registers when a thread waits for them. Until then the registers hold nothing, and nobody may write to the operands.
#include "warpgroup.h"

#include <simt/core.h>

#include <algorithm>
#include <cstring>

#include "block.h"
#include "memory.h"
#include "report.h"
#include "tensor.h"

namespace muninn {

namespace {
// Of a register that a product is at work on: not a number.
constexpr std::uint8_t nothing = 0xff;

bool holdsNothing(const float* registers, std::size_t count) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(registers);
  return std::all_of(bytes, bytes + count * sizeof(float), [](std::uint8_t b) { return b == nothing; });
}
}  // namespace

std::vector<std::shared_ptr<Operands>> Products::wait(unsigned groups) {
  std::vector<std::shared_ptr<Operands>> done;
  std::size_t ended = 0;
  for (Operation& operation : operations_) {
    // Groups end in the order in which they were committed; an uncommitted one is not waited for.
    if (operation.group + groups >= group_) break;
    done.push_back(std::move(operation.operands));
    ended++;
  }
  operations_.erase(operations_.begin(), operations_.begin() + ended);
  std::erase_if(accumulators_, [&](Accumulator& of) {
    if (std::any_of(operations_.begin(), operations_.end(), [&](const Operation& o) { return o.registers == of.registers; })) return false;
    if (!holdsNothing(of.registers, of.sums.size())) touched = true;
    std::copy(of.sums.begin(), of.sums.end(), of.registers);
    fenced_ = false;
    return true;
  });
  return done;
}

float* Products::sums(float* registers, unsigned count, bool accumulate) {
  auto at = std::find_if(accumulators_.begin(), accumulators_.end(), [&](const Accumulator& a) { return a.registers == registers; });
  if (at == accumulators_.end()) {
    if (!fenced_) return nullptr;
    accumulators_.push_back({registers, std::vector<float>(registers, registers + count)});
    at = std::prev(accumulators_.end());
    std::memset(registers, nothing, count * sizeof(float));
  }
  if (!accumulate) std::fill(at->sums.begin(), at->sums.end(), 0.0f);
  return at->sums.data();
}

}  // namespace muninn

#define RUNTIME __attribute__((visibility("default")))

namespace simt {

using namespace muninn;

namespace {

using Address = std::uintptr_t;

Fiber& self() { return *static_cast<Fiber*>(current); }

constexpr unsigned depth = 16, mostColumns = 256, rowsOfA = 64;

// What a thread passes.
struct Call {
  Fiber* fiber;
  float* d;
  unsigned n;
  std::uint64_t a, b;
  bool accumulate;
  const char* file;
  int line;
};

[[noreturn]] void refuse(const Call& call, const std::string& what, CUresult code = CUDA_ERROR_LAUNCH_FAILED) {
  report(code, format("wgmma at %s:%d ", call.file, call.line) + what + "; " + whoRuns());
  self().block->abandon();
}

// A matrix in shared memory, its rows along the depth: the descriptor's fields, in bytes.
struct Matrix {
  Address start;
  unsigned leading, stride, swizzle;

  Matrix(const Call& call, std::uint64_t descriptor) {
    constexpr unsigned swizzles[] = {0, 128, 64, 32};
    const auto field = [&](int bit) { return static_cast<unsigned>(descriptor >> bit & 0x3fff) << 4; };
    start = self().block->sharedBase() + field(0);
    leading = field(16);
    stride = field(32);
    swizzle = swizzles[descriptor >> 62];
    if (descriptor >> 49 & 7) refuse(call, "has a descriptor with a base offset, which is not emulated", CUDA_ERROR_NOT_SUPPORTED);
  }

  // Where eight elements of a row are. Without swizzle a core matrix of 8 rows lies in one piece, and the next along the
  // depth elsewhere; with it, rows are as wide as the swizzle.
  Address unit(unsigned row, unsigned eighth) const {
    const Address group = start + row / 8 * stride;
    if (!swizzle) return group + row % 8 * 16 + eighth * leading;
    return swizzled(group + row % 8 * swizzle + eighth * 16, swizzle);
  }
};

void load(const Call& call, const Matrix& matrix, unsigned rows, float (*to)[depth], std::vector<Address>& units) {
  const AsyncProxy& proxy = self().block->proxy();
  for (unsigned row = 0; row < rows; row++) {
    for (unsigned eighth = 0; eighth < 2; eighth++) {
      const Address at = matrix.unit(row, eighth);
      checkRead(reinterpret_cast<const void*>(at), 16, 16);
      if (!proxy.knows(at, 16)) {
        refuse(call, format("reads %#lx, ", static_cast<unsigned long>(at)) + describe(at) +
                         ", which a thread has written without fence.proxy.async");
      }
      std::uint16_t elements[8];
      std::memcpy(elements, reinterpret_cast<const void*>(at), 16);
      for (unsigned i = 0; i < 8; i++) {
        const std::uint32_t bits = static_cast<std::uint32_t>(elements[i]) << 16;
        std::memcpy(&to[row][8 * eighth + i], &bits, sizeof bits);
      }
      units.push_back(at);
    }
  }
}

// What a product is made in.
struct Room {
  float a[rowsOfA][depth], columns[mostColumns][depth], b[depth][mostColumns], d[mostColumns];
};

using Eight = float __attribute__((vector_size(32)));

// The last of the warpgroup's threads does it for all.
void multiply(void* const args[groupThreads]) {
  const Call& call = *static_cast<const Call*>(args[0]);
  float* sums[groupThreads];
  auto operands = std::make_shared<Operands>();
  for (unsigned i = 0; i < groupThreads; i++) {
    const Call& theirs = *static_cast<const Call*>(args[i]);
    if (theirs.a != call.a || theirs.b != call.b || theirs.accumulate != call.accumulate) {
      refuse(call, "has other operands in other threads of the warpgroup");
    }
    sums[i] = theirs.fiber->products.sums(theirs.d, call.n / 2, call.accumulate);
    if (!sums[i]) refuse(call, format("begins on registers of thread %u without wgmma.fence", theirs.fiber->linear));
    theirs.fiber->products.began(theirs.d, operands);
  }

  const auto room = std::make_unique_for_overwrite<Room>();
  auto& [a, columns, b, d] = *room;
  load(call, Matrix(call, call.a), rowsOfA, a, operands->units);
  load(call, Matrix(call, call.b), call.n, columns, operands->units);
  for (unsigned k = 0; k < depth; k++) {
    for (unsigned n = 0; n < call.n; n++) b[k][n] = columns[n][k];
  }
  for (unsigned row = 0; row < rowsOfA; row++) {
    float** const threads = sums + row / 16 * warpSize + row % 8 * 4;
    const unsigned upper = row % 16 / 8 * 2;
    for (unsigned n = 0; n < call.n; n += 2) std::memcpy(d + n, threads[n % 8 / 2] + n / 8 * 4 + upper, 8);
    // A device adds in an order and width of its own; ours is k ascending in float.
    for (unsigned n = 0; n < call.n; n += 8) {
      Eight sum;
      std::memcpy(&sum, d + n, sizeof sum);
      for (unsigned k = 0; k < depth; k++) {
        Eight beside;
        std::memcpy(&beside, b[k] + n, sizeof beside);
        sum += a[row][k] * beside;
      }
      std::memcpy(d + n, &sum, sizeof sum);
    }
    for (unsigned n = 0; n < call.n; n += 2) std::memcpy(threads[n % 8 / 2] + n / 8 * 4 + upper, d + n, 8);
  }
  self().block->proxy().reads(operands->units, 1);
  if (watch & counting) self().block->counter().tally.mma += groupThreads / warpSize * call.n / 8;
}

}  // namespace

RUNTIME std::uint64_t sharedOffset(const void* p) {
  if (!isShared(p)) {
    report(CUDA_ERROR_ILLEGAL_ADDRESS, format("wgmma: a descriptor of %p, which is not shared memory; ", p) + whoRuns());
    self().block->abandon();
  }
  return reinterpret_cast<Address>(p) - self().block->sharedBase();
}

RUNTIME void wgmma(float* d, int n, std::uint64_t a, std::uint64_t b, bool accumulate, const char* file, int line) {
  Call mine{&self(), d, static_cast<unsigned>(n), a, b, accumulate, file, line};
  self().block->gather("wgmma", &mine, &multiply, file, line);
}

RUNTIME void wgmmaFence() { self().products.fence(); }

RUNTIME void wgmmaCommit() { self().products.commit(); }

// Of a warp together: when one of its lanes goes on, none has products to wait for.
RUNTIME void wgmmaWait(int groups, const char* file, int line) {
  Fiber& fiber = self();
  for (const auto& operands : fiber.products.wait(static_cast<unsigned>(groups))) {
    if (--operands->waiting == 0) fiber.block->proxy().reads(operands->units, -1);
  }
  if (fiber.products.touched) {
    report(CUDA_ERROR_LAUNCH_FAILED, format("wgmma waited for at %s:%d: its registers were written while it was at work; ", file, line) +
                                         whoRuns());
    fiber.block->abandon();
  }
  fiber.block->collective("wgmma.wait_group", ~0u, nullptr, [](void* const*, unsigned) {}, file, line);
}

}  // namespace simt

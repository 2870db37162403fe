// Products of warpgroups (wgmma), which work while their threads go on: what a thread knows of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace muninn {

constexpr unsigned groupThreads = 128;

using EvaluateGroup = void (*)(void* const args[groupThreads]);

// What a product reads of shared memory, until all threads have waited for it.
struct Operands {
  std::vector<std::uintptr_t> units;
  unsigned waiting = groupThreads;
};

class Products {
 public:
  bool atWork() const { return !operations_.empty(); }

  void fence() { fenced_ = true; }
  void commit() { group_++; }
  // Ends the groups but the newest ones; how those operands are given back is the caller's.
  std::vector<std::shared_ptr<Operands>> wait(unsigned groups);

  // Sums that products add to, in place of registers that hold nothing while they work: null where a fence is missing.
  float* sums(float* registers, unsigned count, bool accumulate);
  void began(float* registers, std::shared_ptr<Operands> operands) { operations_.push_back({registers, group_, std::move(operands)}); }

  // Registers that were written while a product was at work on them.
  bool touched = false;

 private:
  struct Accumulator {
    float* registers;
    std::vector<float> sums;
  };
  struct Operation {
    float* registers;
    unsigned group;
    std::shared_ptr<Operands> operands;
  };

  bool fenced_ = false;
  unsigned group_ = 0;
  std::vector<Accumulator> accumulators_;
  std::vector<Operation> operations_;
};

}  // namespace muninn

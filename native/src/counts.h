// Counting launches: which blocks are looked at, and what is told of them.
#pragma once

#include <memory>

#include "tally.h"

namespace muninn {

struct Sample {
  std::vector<std::uint64_t> blocks;  // ascending
  bool alone = false;                 // the other blocks do not run
  std::vector<Given> given;
  bool has(std::uint64_t block) const;
};

// Of a launch of so many blocks, or null while nothing is counted.
std::unique_ptr<Sample> sampleOf(const Launch& launch, std::uint64_t blocks);

// An atomic is about to change this. When the launch ends, what it was is put back: counters of who has arrived would
// otherwise stay as nobody leaves them.
void remember(void* p, std::size_t bytes);

// A sampled block has ended; one has taken part in all of them.
void counted(Tally&& block);
void counted(const Launch& launch, const Sample& sample);

}  // namespace muninn

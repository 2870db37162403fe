// A kernel launch: what to run and in which shape, and the workers that spread its blocks over the cores.
#pragma once

#include <simt/core.h>
#include <simt/kernel.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "driver.h"

namespace muninn {

// A kernel as a module gave it, with what cuFuncSetAttribute says about it.
struct Function {
  const simt::Kernel* kernel;
  Module* module;
  std::atomic<unsigned> staticShared{0};  // bytes; known once a block has run
  unsigned maxDynamicShared = 48 * 1024;
};

struct Sample;

struct Launch {
  Function* function = nullptr;
  dim3 grid, block;
  unsigned dynamicShared = 0;
  bool programmatic = false;             // may start before its predecessor has ended
  std::vector<std::uint8_t> parameters;  // laid out as Kernel::parameters says

  // Fails with what a driver would answer, and a report where the code alone would not tell.
  CUresult check() const;

  // Copies the values; a wrong number or size is found as far as the caller's form allows.
  CUresult setParameters(void** pointers, void** extra);

  // Runs every block; the error that a kernel ended with.
  CUresult run() const;
};

// The chain of launches that runs: those of a chain may overlap, since each but the first may start before its
// predecessor has ended.
extern std::uint32_t chain;

// Set when a launch takes too long: its threads leave at their next access to memory.
extern std::atomic<bool> stopping;

// Blocks of one launch still to be taken.
struct Grid {
  const Launch& launch;
  std::vector<void*> pointers;  // to the launch's parameters
  std::uint64_t blocks;
  std::uint64_t number;  // ordinal of the launch in its context
  const Sample* sample;  // which blocks are counted; null: none
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> failed{false};
};

// Counts launches from 0 again, for a new context: what happens in it does not depend on what was before.
void restartLaunches();

// Runs a grid's blocks on all workers, to the end or to the first error.
void runBlocks(Grid& grid);

}  // namespace muninn

// Modules. The image of a module for the emulated device is a shared object, as a cubin is an ELF file for a real
// one: kernels compiled by g++ against simt.h (build.sh makes it), given as the bytes of the file.
#pragma once

#include <deque>
#include <vector>

#include "driver.h"
#include "launch.h"

namespace muninn {

struct Module {
  void* library = nullptr;
  int file = -1;  // the image, kept open while it is loaded: its name in /proc must stay unique
  std::vector<const simt::Kernel*> kernels;
  std::deque<Function> functions;  // handed out; addresses stay
  std::vector<std::uintptr_t> ranges;
};

// Unloads what is left when the context ends.
void endModules();

}  // namespace muninn

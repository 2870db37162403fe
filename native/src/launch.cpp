// What a launch must look like, and its parameters.
#include "launch.h"

#include <cstring>

#include "counts.h"
#include "limits.h"
#include "memory.h"
#include "report.h"

namespace muninn {

namespace {

std::uint64_t launches;

CUresult refused(CUresult code, const Launch& launch, const std::string& why) {
  report(code, format("launch of kernel %s refused: ", launch.function->kernel->name) + why);
  return code;
}

}  // namespace

void restartLaunches() { launches = 0; }

CUresult Launch::check() const {
  const auto threads = std::uint64_t{block.x} * block.y * block.z;
  if (!threads || !grid.x || !grid.y || !grid.z) return refused(CUDA_ERROR_INVALID_VALUE, *this, "a dimension is 0");
  if (block.x > limits::blockX || block.y > limits::blockY || block.z > limits::blockZ || threads > limits::blockThreads) {
    return refused(CUDA_ERROR_INVALID_VALUE, *this,
                   format("block (%u,%u,%u) is beyond the limit of 1024 threads, (1024,1024,64)", block.x, block.y, block.z));
  }
  if (grid.x > limits::gridX || grid.y > limits::gridY || grid.z > limits::gridZ) {
    return refused(CUDA_ERROR_INVALID_VALUE, *this,
                   format("grid (%u,%u,%u) is beyond the limit of (2147483647,65535,65535)", grid.x, grid.y, grid.z));
  }
  if (threads > function->kernel->maxThreads) {
    return refused(CUDA_ERROR_INVALID_VALUE, *this,
                   format("%lu threads, but its launch bound is %u", static_cast<unsigned long>(threads),
                          function->kernel->maxThreads));
  }
  if (dynamicShared > function->maxDynamicShared) {
    return refused(CUDA_ERROR_INVALID_VALUE, *this,
                   format("%u bytes of dynamic shared memory, but its limit is %u (cuFuncSetAttribute raises it to %u)",
                          dynamicShared, function->maxDynamicShared, limits::sharedOptIn()));
  }
  return CUDA_SUCCESS;
}

CUresult Launch::setParameters(void** pointers, void** extra) {
  const simt::Kernel& kernel = *function->kernel;
  parameters.assign(kernel.parameterBytes, 0);
  if (pointers) {
    for (unsigned i = 0; i < kernel.count; i++) {
      if (!pointers[i]) {
        return refused(CUDA_ERROR_INVALID_VALUE, *this,
                       format("wrong parameters: it takes %u, the array has a null pointer at index %u", kernel.count, i));
      }
      std::memcpy(parameters.data() + kernel.parameters[i].offset, pointers[i], kernel.parameters[i].size);
    }
  } else if (extra) {
    const void* buffer = nullptr;
    std::size_t bytes = 0;
    for (void** at = extra; *at; at += 2) {
      if (reinterpret_cast<std::uintptr_t>(*at) == 1) buffer = at[1];
      if (reinterpret_cast<std::uintptr_t>(*at) == 2) bytes = *static_cast<std::size_t*>(at[1]);
    }
    // The buffer may end with padding up to the largest alignment.
    if (!buffer || bytes < kernel.parameterBytes || bytes >= kernel.parameterBytes + 8) {
      return refused(CUDA_ERROR_INVALID_VALUE, *this, format("wrong parameters: it takes %u of %u bytes together, the buffer has %zu bytes",
                                                             kernel.count, kernel.parameterBytes, bytes));
    }
    std::memcpy(parameters.data(), buffer, kernel.parameterBytes);
  } else if (kernel.count) {
    return refused(CUDA_ERROR_INVALID_VALUE, *this, format("wrong parameters: it takes %u, none were given", kernel.count));
  }
  return CUDA_SUCCESS;
}

CUresult Launch::run() const {
  const simt::Kernel& kernel = *function->kernel;
  auto* data = const_cast<std::uint8_t*>(parameters.data());
  const std::uint64_t blocks = std::uint64_t{grid.x} * grid.y * grid.z;
  const std::unique_ptr<Sample> sample = sampleOf(*this, blocks);
  Grid work{*this, {}, blocks, launches++, sample.get()};
  for (unsigned i = 0; i < kernel.count; i++) {
    work.pointers.push_back(data + kernel.parameters[i].offset);
    if (!kernel.parameters[i].pointer) continue;
    const void* p;
    std::memcpy(&p, work.pointers.back(), sizeof p);
    if (!isDevicePointer(p)) {
      return refused(CUDA_ERROR_ILLEGAL_ADDRESS, *this,
                     format("wrong parameters: number %u is a pointer, and %p is ", i, p) +
                         describe(reinterpret_cast<std::uintptr_t>(p)));
    }
  }
  runBlocks(work);
  if (sample) counted(*this, *sample);
  return work.failed ? kernelError() : CUDA_SUCCESS;
}

}  // namespace muninn

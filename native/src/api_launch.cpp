// Launching kernels, and how many blocks would fit.
#include <algorithm>

#include "context.h"
#include "limits.h"
#include "report.h"
#include "stream.h"

using namespace muninn;

namespace {
CUresult launch(Launch launch, void** parameters, void** extra, CUstream stream) {
  if (const CUresult r = countLaunch()) return r;
  if (const CUresult r = launch.check()) return r;
  if (const CUresult r = launch.setParameters(parameters, extra)) return r;
  return enqueue(stream, {kernelNode, std::move(launch), {}});
}
}  // namespace

EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                               unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream,
                               void** parameters, void** extra) {
  DRIVER_CALL;
  REQUIRE(function, CUDA_ERROR_INVALID_HANDLE);
  return launch({function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, false, {}}, parameters, extra, stream);
}

EXPORT CUresult cuLaunchKernelEx(const CUlaunchConfig* c, CUfunction function, void** parameters, void** extra) {
  DRIVER_CALL;
  REQUIRE(c && function, CUDA_ERROR_INVALID_VALUE);
  bool programmatic = false;
  for (unsigned i = 0; i < c->numAttrs; i++) {
    const CUlaunchAttribute& a = c->attrs[i];
    if (a.id == CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION) programmatic = a.value.integer != 0;
    // Blocks of a cluster, or of the whole grid, that wait for each other are not emulated.
    const bool unknown = a.id == CU_LAUNCH_ATTRIBUTE_COOPERATIVE || a.id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    REQUIRE(!unknown, CUDA_ERROR_NOT_SUPPORTED);
  }
  return launch({function, {c->gridDimX, c->gridDimY, c->gridDimZ}, {c->blockDimX, c->blockDimY, c->blockDimZ},
                 c->sharedMemBytes, programmatic, {}},
                parameters, extra, c->hStream);
}

EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads,
                                                            std::size_t dynamicShared) {
  DRIVER_CALL;
  REQUIRE(blocks && function && threads > 0, CUDA_ERROR_INVALID_VALUE);
  *blocks = 0;
  if (static_cast<unsigned>(threads) > function->kernel->maxThreads) return CUDA_SUCCESS;
  const std::size_t shared = dynamicShared + function->staticShared;
  if (shared > limits::sharedOptIn()) return CUDA_SUCCESS;
  const unsigned warps = (threads + 31) / 32;
  const auto byShared = static_cast<unsigned>(limits::sharedMultiprocessor() / (shared + limits::sharedReserved));
  *blocks = static_cast<int>(std::min({limits::multiprocessorBlocks, limits::multiprocessorThreads / 32 / warps, byShared}));
  return CUDA_SUCCESS;
}

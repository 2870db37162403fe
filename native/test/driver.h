// The driver calls that the tests use, declared once, and a few lines of help around them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "../src/driver.h"

#include <simt/core.h>

extern "C" {
CUresult cuInit(unsigned);
CUresult cuDriverGetVersion(int*);
CUresult cuDeviceGet(CUdevice*, int);
CUresult cuDeviceGetAttribute(int*, int, CUdevice);
CUresult cuDevicePrimaryCtxRetain(CUcontext*, CUdevice);
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice);
CUresult cuDevicePrimaryCtxReset_v2(CUdevice);
CUresult cuCtxSetCurrent(CUcontext);
CUresult cuCtxSynchronize();
CUresult cuMemGetInfo_v2(std::size_t*, std::size_t*);
CUresult cuMemAlloc_v2(CUdeviceptr*, std::size_t);
CUresult cuMemFree_v2(CUdeviceptr);
CUresult cuMemHostAlloc(void**, std::size_t, unsigned);
CUresult cuMemFreeHost(void*);
CUresult cuMemHostRegister_v2(void*, std::size_t, unsigned);
CUresult cuMemHostUnregister(void*);
CUresult cuMemcpyHtoD_v2(CUdeviceptr, const void*, std::size_t);
CUresult cuMemcpyDtoH_v2(void*, CUdeviceptr, std::size_t);
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr, const void*, std::size_t, CUstream);
CUresult cuMemcpyDtoHAsync_v2(void*, CUdeviceptr, std::size_t, CUstream);
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr, CUdeviceptr, std::size_t, CUstream);
CUresult cuMemsetD8Async(CUdeviceptr, unsigned char, std::size_t, CUstream);
CUresult cuMemsetD32Async(CUdeviceptr, unsigned, std::size_t, CUstream);
CUresult cuStreamCreate(CUstream*, unsigned);
CUresult cuStreamDestroy_v2(CUstream);
CUresult cuStreamSynchronize(CUstream);
CUresult cuStreamWaitEvent(CUstream, CUevent, unsigned);
CUresult cuStreamBeginCapture_v2(CUstream, int);
CUresult cuStreamEndCapture(CUstream, CUgraph*);
CUresult cuStreamIsCapturing(CUstream, int*);
CUresult cuEventCreate(CUevent*, unsigned);
CUresult cuEventDestroy_v2(CUevent);
CUresult cuEventRecord(CUevent, CUstream);
CUresult cuEventSynchronize(CUevent);
CUresult cuEventElapsedTime(float*, CUevent, CUevent);
CUresult cuModuleLoadData(CUmodule*, const void*);
CUresult cuModuleUnload(CUmodule);
CUresult cuModuleGetFunction(CUfunction*, CUmodule, const char*);
CUresult cuFuncGetAttribute(int*, int, CUfunction);
CUresult cuFuncSetAttribute(CUfunction, int, int);
CUresult cuFuncGetParamInfo(CUfunction, std::size_t, std::size_t*, std::size_t*);
CUresult cuLaunchKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void**,
                        void**);
CUresult cuLaunchKernelEx(const CUlaunchConfig*, CUfunction, void**, void**);
CUresult cuGraphInstantiateWithFlags(CUgraphExec*, CUgraph, unsigned long long);
CUresult cuGraphLaunch(CUgraphExec, CUstream);
CUresult cuGraphDestroy(CUgraph);
CUresult cuGraphExecDestroy(CUgraphExec);
CUresult cuGraphGetNodes(CUgraph, CUgraphNode*, std::size_t*);
CUresult cuGraphNodeGetType(CUgraphNode, int*);
CUresult cuGraphExecUpdate_v2(CUgraphExec, CUgraph, CUgraphExecUpdateResultInfo*);
CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec, CUgraphNode, const CUDA_KERNEL_NODE_PARAMS*);
CUresult cuGraphKernelNodeGetParams_v2(CUgraphNode, CUDA_KERNEL_NODE_PARAMS*);
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int*, CUfunction, int, std::size_t);
CUresult cuTensorMapEncodeTiled(void*, int, unsigned, void*, const std::uint64_t*, const std::uint64_t*, const unsigned*, const unsigned*, int,
                                int, int, int);
CUresult cuGetErrorName(CUresult, const char**);
CUresult cuGetProcAddress_v2(const char*, void**, int, std::uint64_t, int*);
void muninnEmulatedOrder(int);
const char* muninnEmulatedLastReport();
}

namespace test {

inline int failures = 0, checks = 0;

inline void check(bool ok, const std::string& what) {
  checks++;
  if (ok) return;
  failures++;
  std::printf("FAILED: %s\n", what.c_str());
}

inline std::string nameOf(CUresult code) {
  const char* name = nullptr;
  cuGetErrorName(code, &name);
  return name ? name : "error " + std::to_string(code);
}

// A call that the test cannot go on without.
inline void need(CUresult code, const char* call) {
  if (code == CUDA_SUCCESS) return;
  std::printf("FAILED: %s: %s: %s\n", call, nameOf(code).c_str(), muninnEmulatedLastReport());
  std::exit(1);
}
#define NEED(call) test::need(call, #call)

inline std::vector<char> fileBytes(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A context, current in the calling thread, with the self-test module in it.
inline CUmodule open(const char* path) {
  static CUcontext context;
  NEED(cuInit(0));
  NEED(cuDevicePrimaryCtxRetain(&context, 0));
  NEED(cuCtxSetCurrent(context));
  CUmodule module;
  const auto image = fileBytes(path);
  NEED(cuModuleLoadData(&module, image.data()));
  return module;
}

inline CUfunction function(CUmodule module, const char* name) {
  CUfunction f;
  need(cuModuleGetFunction(&f, module, name), name);
  return f;
}

template <class T>
CUdeviceptr upload(const std::vector<T>& values) {
  CUdeviceptr p;
  NEED(cuMemAlloc_v2(&p, values.size() * sizeof(T)));
  NEED(cuMemcpyHtoD_v2(p, values.data(), values.size() * sizeof(T)));
  return p;
}

inline CUdeviceptr allocate(std::size_t bytes) {
  CUdeviceptr p;
  NEED(cuMemAlloc_v2(&p, bytes));
  return p;
}

template <class T>
std::vector<T> download(CUdeviceptr p, std::size_t count) {
  std::vector<T> values(count);
  NEED(cuMemcpyDtoH_v2(values.data(), p, count * sizeof(T)));
  return values;
}

// Launches with one dimension of blocks and threads.
template <class... Ps>
CUresult launch(CUfunction f, dim3 grid, dim3 block, unsigned shared, const Ps&... ps) {
  void* parameters[] = {const_cast<void*>(static_cast<const void*>(&ps))..., nullptr};
  return cuLaunchKernel(f, grid.x, grid.y, grid.z, block.x, block.y, block.z, shared, nullptr, parameters, nullptr);
}

inline int summary(const char* name) {
  std::printf("%s: %d checks, %d failed\n", name, checks, failures);
  return failures != 0;
}

}  // namespace test

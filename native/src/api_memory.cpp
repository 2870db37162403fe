// Device memory, pinned host memory, copies and fills.
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

#include "context.h"
#include "memory.h"
#include "order.h"
#include "report.h"
#include "stream.h"

namespace muninn {

namespace {

std::map<void*, std::size_t> pinned;  // from cuMemHostAlloc

CUresult outside(const char* call, CUdeviceptr address, std::size_t bytes) {
  report(CUDA_ERROR_INVALID_VALUE, format("%s of %zu bytes at %#lx, ", call, bytes, static_cast<unsigned long>(address)) +
                                       describe(address) + ": not within one live allocation");
  return CUDA_ERROR_INVALID_VALUE;
}

void* host(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

// What was never written stays so in the copy.
void copyShades(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  std::memmove(shadowOf(to), shadowOf(from), bytes);
}

// Host memory that a late copy cannot be left with: not pinned, and not part of a graph.
bool isPageable(const void* p, std::size_t bytes, CUstream handle) {
  const Stream* stream = streamOf(handle);
  return runsLate() && stream && !stream->capture && !inHostRange(reinterpret_cast<std::uintptr_t>(p), bytes);
}

CUresult toDevice(CUdeviceptr to, const void* from, std::size_t bytes, CUstream stream) {
  REQUIRE(from || !bytes, CUDA_ERROR_INVALID_VALUE);
  if (!isLive(to, bytes)) return outside("copy to the device", to, bytes);
  std::shared_ptr<char[]> staged;
  if (isPageable(from, bytes, stream)) {
    // What is not pinned has been taken when the call returns.
    staged.reset(new char[bytes]);
    from = std::memcpy(staged.get(), from, bytes);
  }
  return enqueue(stream, {memcpyNode, {}, [=] {
                            if (!isLive(to, bytes)) return outside("copy to the device", to, bytes);
                            std::memcpy(host(to), staged ? staged.get() : from, bytes);
                            std::memset(shadowOf(to), written, bytes);
                            return CUDA_SUCCESS;
                          }});
}

CUresult toHost(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  REQUIRE(to || !bytes, CUDA_ERROR_INVALID_VALUE);
  if (!isLive(from, bytes)) return outside("copy from the device", from, bytes);
  const CUresult r = enqueue(stream, {memcpyNode, {}, [=] {
                            if (!isLive(from, bytes)) return outside("copy from the device", from, bytes);
                            std::memcpy(to, host(from), bytes);
                            return CUDA_SUCCESS;
                          }});
  if (r || !isPageable(to, bytes, stream)) return r;
  return catchUp(*streamOf(stream));  // what is not pinned has arrived when the call returns
}

CUresult onDevice(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  if (!isLive(from, bytes)) return outside("copy from the device", from, bytes);
  if (!isLive(to, bytes)) return outside("copy to the device", to, bytes);
  return enqueue(stream, {memcpyNode, {}, [=] {
                            if (!isLive(from, bytes)) return outside("copy from the device", from, bytes);
                            if (!isLive(to, bytes)) return outside("copy to the device", to, bytes);
                            std::memmove(host(to), host(from), bytes);
                            copyShades(to, from, bytes);
                            return CUDA_SUCCESS;
                          }});
}

template <class Unit>
CUresult fill(CUdeviceptr to, Unit value, std::size_t count, CUstream stream) {
  const std::size_t bytes = count * sizeof(Unit);
  REQUIRE(to % sizeof(Unit) == 0, CUDA_ERROR_INVALID_VALUE);
  if (!isLive(to, bytes)) return outside("fill", to, bytes);
  return enqueue(stream, {memsetNode, {}, [=] {
                            if (!isLive(to, bytes)) return outside("fill", to, bytes);
                            std::fill_n(static_cast<Unit*>(host(to)), count, value);
                            std::memset(shadowOf(to), written, bytes);
                            return CUDA_SUCCESS;
                          }});
}

}  // namespace

}  // namespace muninn

using namespace muninn;

EXPORT CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  DRIVER_CALL;
  *free = freeBytes(currentDevice());
  *total = totalBytes();
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* out, std::size_t bytes) {
  DRIVER_CALL;
  REQUIRE(out && bytes, CUDA_ERROR_INVALID_VALUE);
  if (const CUresult r = refuseWhileCapturing(nullptr)) return r;
  return allocate(out, bytes, currentDevice());
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr address) {
  DRIVER_CALL;
  if (!address) return CUDA_SUCCESS;
  if (const CUresult r = refuseWhileCapturing(nullptr)) return r;
  if (const CUresult r = catchUp()) return r;
  if (const CUresult r = release(address)) return r;
  return fail(kernelError());
}

EXPORT CUresult cuMemHostAlloc(void** out, std::size_t bytes, unsigned) {
  DRIVER_CALL;
  REQUIRE(out && bytes, CUDA_ERROR_INVALID_VALUE);
  void* p = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  REQUIRE(p, CUDA_ERROR_OUT_OF_MEMORY);
  pinned[p] = bytes;
  addHostRange(p, bytes);
  *out = p;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemAllocHost_v2(void** out, std::size_t bytes) { return cuMemHostAlloc(out, bytes, 0); }

EXPORT CUresult cuMemFreeHost(void* p) {
  DRIVER_CALL;
  REQUIRE(pinned.count(p), CUDA_ERROR_INVALID_VALUE);
  if (const CUresult r = catchUp()) return r;
  pinned.erase(p);
  removeHostRange(p);
  std::free(p);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemHostRegister_v2(void* p, std::size_t bytes, unsigned) {
  DRIVER_CALL;
  REQUIRE(p && bytes, CUDA_ERROR_INVALID_VALUE);
  REQUIRE(!inHostRange(reinterpret_cast<std::uintptr_t>(p), 1), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  addHostRange(p, bytes);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemHostUnregister(void* p) {
  DRIVER_CALL;
  if (const CUresult r = catchUp()) return r;
  REQUIRE(!pinned.count(p) && removeHostRange(p), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* out, void* p, unsigned) {
  DRIVER_CALL;
  REQUIRE(inHostRange(reinterpret_cast<std::uintptr_t>(p), 1), CUDA_ERROR_INVALID_VALUE);
  *out = reinterpret_cast<std::uintptr_t>(p);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes, CUstream stream) {
  DRIVER_CALL;
  return toDevice(to, from, bytes, stream);
}

EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  DRIVER_CALL;
  return toHost(to, from, bytes, stream);
}

EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  DRIVER_CALL;
  return onDevice(to, from, bytes, stream);
}

EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, std::size_t bytes) {
  DRIVER_CALL;
  if (const CUresult r = toDevice(to, from, bytes, nullptr)) return r;
  return catchUp();
}

EXPORT CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, std::size_t bytes) {
  DRIVER_CALL;
  if (const CUresult r = toHost(to, from, bytes, nullptr)) return r;
  if (const CUresult r = catchUp()) return r;
  return synchronise();
}

EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  DRIVER_CALL;
  return onDevice(to, from, bytes, nullptr);
}

EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream) {
  DRIVER_CALL;
  return fill<std::uint8_t>(to, value, count, stream);
}

EXPORT CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream stream) {
  DRIVER_CALL;
  return fill<std::uint32_t>(to, value, count, stream);
}

EXPORT CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) {
  return cuMemsetD8Async(to, value, count, nullptr);
}

EXPORT CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count) {
  return cuMemsetD32Async(to, value, count, nullptr);
}

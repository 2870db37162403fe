// A CUDA driver that does nothing but remember: it writes down each call with its arguments, answers with numbers
// that can be recognised, and fails where a test tells it to. For what a working device cannot show: a driver that
// is too old or incomplete, a GPU that is full, the exact arguments of a call. Types and layouts are stated here
// once more, apart from the bindings, as the C interface has them.
//
// OLD leaves out what a driver may lack, PARTIAL a function that every driver has.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

std::ostringstream calls;
std::string said;
std::string text;
std::map<std::string, int> failures;
int version = 12040;
int devices = 1;
std::uint64_t freeBytes = 1000000000;
std::uint64_t totalBytes = 4000000000;
std::string jitLog;
char name[] = "Stub GPU";
char hostMemory[4096];

template <class... Args>
int called(const char* function, Args... args) {
  calls << function;
  ((calls << ' ' << args), ...);
  calls << '\n';
  auto failure = failures.find(function);
  return failure == failures.end() ? 0 : failure->second;
}

using Handle = std::uint64_t;

struct Attribute {
  int id;
  alignas(8) char value[64];
};

struct Config {
  unsigned grid[3], block[3], sharedBytes;
  Handle stream;
  Attribute* attributes;
  unsigned count;
};

}  // namespace

// What a test tells the stub.
EXPORT void stub_version(int value) { version = value; }
EXPORT void stub_devices(int count) { devices = count; }
EXPORT void stub_memory(std::uint64_t free, std::uint64_t total) { freeBytes = free, totalBytes = total; }
EXPORT void stub_fail(const char* function, int code) { failures[function] = code; }
EXPORT void stub_report(const char* report) { said = report; }
EXPORT void stub_jit_log(const char* log) { jitLog = log; }

// The calls since the last time this was asked.
EXPORT const char* stub_calls() {
  text = calls.str();
  calls.str("");
  return text.c_str();
}

// An emulated device has this.
EXPORT const char* muninnEmulatedLastReport() { return said.c_str(); }

EXPORT int stub_layout(int index) {
  const int numbers[] = {
      sizeof(Config),        offsetof(Config, sharedBytes), offsetof(Config, stream),     offsetof(Config, attributes),
      offsetof(Config, count), sizeof(Attribute),           offsetof(Attribute, value),
  };
  return numbers[index];
}

EXPORT int cuDriverGetVersion(int* out) {
  *out = version;
  return called("cuDriverGetVersion");
}
EXPORT int cuInit(unsigned flags) { return called("cuInit", flags); }

EXPORT int cuGetErrorName(int code, const char** out) {
  *out = code == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : code == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS" : nullptr;
  return *out ? 0 : 1;
}
EXPORT int cuGetErrorString(int code, const char** out) {
  *out = code == 700 ? "an illegal memory access was encountered" : nullptr;
  return *out ? 0 : 1;
}

EXPORT int cuDeviceGetCount(int* out) {
  *out = devices;
  return called("cuDeviceGetCount");
}
EXPORT int cuDeviceGet(int* out, int ordinal) {
  *out = 10 + ordinal;
  return called("cuDeviceGet", ordinal);
}
EXPORT int cuDeviceGetName(char* out, int bytes, int device) {
  std::snprintf(out, bytes, "%s", name);
  return called("cuDeviceGetName", bytes, device);
}
EXPORT int cuDeviceGetAttribute(int* out, int attribute, int device) {
  *out = attribute == 75 ? 7 : attribute == 76 ? 5 : 0;
  return called("cuDeviceGetAttribute", attribute, device);
}
EXPORT int cuDeviceTotalMem_v2(std::size_t* out, int device) {
  *out = totalBytes;
  return called("cuDeviceTotalMem_v2", device);
}

EXPORT int cuDevicePrimaryCtxRetain(Handle* out, int device) {
  *out = 20;
  return called("cuDevicePrimaryCtxRetain", device);
}
EXPORT int cuDevicePrimaryCtxRelease_v2(int device) { return called("cuDevicePrimaryCtxRelease_v2", device); }
EXPORT int cuCtxSetCurrent(Handle context) { return called("cuCtxSetCurrent", context); }
EXPORT int cuCtxSynchronize() { return called("cuCtxSynchronize"); }

EXPORT int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  *free = freeBytes;
  *total = totalBytes;
  return called("cuMemGetInfo_v2");
}
EXPORT int cuMemAlloc_v2(Handle* out, std::size_t bytes) {
  *out = 0x7000;
  return called("cuMemAlloc_v2", bytes);
}
EXPORT int cuMemFree_v2(Handle pointer) { return called("cuMemFree_v2", pointer); }
EXPORT int cuMemHostAlloc(void** out, std::size_t bytes, unsigned flags) {
  *out = hostMemory;
  return called("cuMemHostAlloc", bytes, flags);
}
EXPORT int cuMemFreeHost(void*) { return called("cuMemFreeHost"); }
EXPORT int cuMemHostRegister_v2(void*, std::size_t bytes, unsigned flags) {
  return called("cuMemHostRegister_v2", bytes, flags);
}
EXPORT int cuMemHostUnregister(void*) { return called("cuMemHostUnregister"); }
EXPORT int cuMemHostGetDevicePointer_v2(Handle* out, void*, unsigned flags) {
  *out = 0x9000;
  return called("cuMemHostGetDevicePointer_v2", flags);
}

EXPORT int cuMemcpyHtoDAsync_v2(Handle to, const void*, std::size_t bytes, Handle stream) {
  return called("cuMemcpyHtoDAsync_v2", to, bytes, stream);
}
EXPORT int cuMemcpyDtoHAsync_v2(void*, Handle from, std::size_t bytes, Handle stream) {
  return called("cuMemcpyDtoHAsync_v2", from, bytes, stream);
}
EXPORT int cuMemcpyDtoDAsync_v2(Handle to, Handle from, std::size_t bytes, Handle stream) {
  return called("cuMemcpyDtoDAsync_v2", to, from, bytes, stream);
}
EXPORT int cuMemsetD8Async(Handle to, unsigned char value, std::size_t count, Handle stream) {
  return called("cuMemsetD8Async", to, int{value}, count, stream);
}
EXPORT int cuMemsetD32Async(Handle to, unsigned value, std::size_t count, Handle stream) {
  return called("cuMemsetD32Async", to, value, count, stream);
}

EXPORT int cuStreamCreate(Handle* out, unsigned flags) {
  *out = 30;
  return called("cuStreamCreate", flags);
}
EXPORT int cuStreamDestroy_v2(Handle stream) { return called("cuStreamDestroy_v2", stream); }
EXPORT int cuStreamSynchronize(Handle stream) { return called("cuStreamSynchronize", stream); }
EXPORT int cuStreamQuery(Handle stream) { return called("cuStreamQuery", stream); }
EXPORT int cuStreamWaitEvent(Handle stream, Handle event, unsigned flags) {
  return called("cuStreamWaitEvent", stream, event, flags);
}
EXPORT int cuStreamBeginCapture_v2(Handle stream, int mode) { return called("cuStreamBeginCapture_v2", stream, mode); }
EXPORT int cuStreamEndCapture(Handle stream, Handle* out) {
  *out = 50;
  return called("cuStreamEndCapture", stream);
}
EXPORT int cuStreamIsCapturing(Handle stream, int* out) {
  *out = 1;
  return called("cuStreamIsCapturing", stream);
}

EXPORT int cuEventCreate(Handle* out, unsigned flags) {
  static Handle next = 40;
  *out = next++;
  return called("cuEventCreate", flags);
}
EXPORT int cuEventDestroy_v2(Handle event) { return called("cuEventDestroy_v2", event); }
EXPORT int cuEventRecord(Handle event, Handle stream) { return called("cuEventRecord", event, stream); }
EXPORT int cuEventSynchronize(Handle event) { return called("cuEventSynchronize", event); }
EXPORT int cuEventQuery(Handle event) { return called("cuEventQuery", event); }
EXPORT int cuEventElapsedTime(float* out, Handle start, Handle end) {
  *out = 1.5F;
  return called("cuEventElapsedTime", start, end);
}
#ifndef OLD
EXPORT int cuEventElapsedTime_v2(float* out, Handle start, Handle end) {
  *out = 2.5F;
  return called("cuEventElapsedTime_v2", start, end);
}
#endif

EXPORT int cuModuleLoadDataEx(Handle* out, const char* image, unsigned count, int* options, void** values) {
  static Handle next = 60;
  *out = next++;
  if (count == 2 && options[0] == 5 && options[1] == 6) {
    std::snprintf(static_cast<char*>(values[0]), reinterpret_cast<std::size_t>(values[1]), "%s", jitLog.c_str());
  }
  // a fatbin that holds 209 holds nothing for this GPU
  unsigned words[5] = {};
  if (std::strlen(image) >= 3) std::memcpy(words, image, 4);
  if (words[0] == 0xBA55ED50u) std::memcpy(words, image, sizeof words);
  const int code = called("cuModuleLoadDataEx", image, count);
  return words[4] == 209 ? 209 : code;
}
EXPORT int cuModuleUnload(Handle module) { return called("cuModuleUnload", module); }
EXPORT int cuModuleGetFunction(Handle* out, Handle module, const char* function) {
  *out = 70;
  // only61 is a kernel of module 61 alone.
  const bool elsewhere = std::strncmp(function, "only", 4) == 0 && static_cast<Handle>(std::atoi(function + 4)) != module;
  const int code = called("cuModuleGetFunction", module, function);
  return elsewhere ? 500 : code;
}

EXPORT int cuFuncGetAttribute(int* out, int attribute, Handle function) {
  *out = 100 + attribute;
  return called("cuFuncGetAttribute", attribute, function);
}
EXPORT int cuFuncSetAttribute(Handle function, int attribute, int value) {
  return called("cuFuncSetAttribute", function, attribute, value);
}
#ifndef OLD
// Every kernel takes a pointer, an int, a float and a struct of 12 bytes.
EXPORT int cuFuncGetParamInfo(Handle function, std::size_t index, std::size_t* offset, std::size_t* bytes) {
  const std::size_t offsets[] = {0, 8, 12, 16};
  const std::size_t sizes[] = {8, 4, 4, 12};
  int code = called("cuFuncGetParamInfo", function, index);
  if (code != 0 || index > 3) return code != 0 ? code : 1;
  *offset = offsets[index];
  *bytes = sizes[index];
  return 0;
}
#endif

namespace {

std::string values(void** parameters) {
  struct Three {
    int a, b, c;
  };
  auto three = static_cast<Three*>(parameters[3]);
  std::ostringstream out;
  out << *static_cast<Handle*>(parameters[0]) << ',' << *static_cast<int*>(parameters[1]) << ','
      << *static_cast<float*>(parameters[2]) << ',' << three->a << '/' << three->b << '/' << three->c;
  return out.str();
}

}  // namespace

EXPORT int cuLaunchKernel(Handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                          unsigned sharedBytes, Handle stream, void** parameters, void** extra) {
  return called("cuLaunchKernel", function, gx, gy, gz, bx, by, bz, sharedBytes, stream, values(parameters), extra == nullptr);
}
EXPORT int cuLaunchKernelEx(const Config* c, Handle function, void** parameters, void** extra) {
  int value;
  std::memcpy(&value, c->attributes->value, sizeof value);
  return called("cuLaunchKernelEx", function, c->grid[0], c->grid[1], c->grid[2], c->block[0], c->block[1], c->block[2],
                c->sharedBytes, c->stream, c->count, c->attributes->id, value, values(parameters), extra == nullptr);
}
EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* out, Handle function, int threads, std::size_t sharedBytes) {
  *out = 3;
  return called("cuOccupancyMaxActiveBlocksPerMultiprocessor", function, threads, sharedBytes);
}

EXPORT int cuTensorMapEncodeTiled(std::uint64_t* out, int type, unsigned rank, Handle address, const std::uint64_t* dimensions,
                                  const std::uint64_t* pitch, const std::uint32_t* box, const std::uint32_t* steps,
                                  int interleave, int swizzle, int promotion, int outside) {
  for (int i = 0; i < 16; i++) out[i] = 60 + i;
  return called("cuTensorMapEncodeTiled", reinterpret_cast<std::uintptr_t>(out) % 64, type, rank, address, dimensions[0],
                dimensions[1], pitch[0], box[0], box[1], steps[0], steps[1], interleave, swizzle, promotion, outside);
}

EXPORT int cuGraphInstantiateWithFlags(Handle* out, Handle graph, std::uint64_t flags) {
  *out = 80;
  return called("cuGraphInstantiateWithFlags", graph, flags);
}
EXPORT int cuGraphGetNodes(Handle graph, Handle* nodes, std::size_t* count) {
  *count = 7;
  return called("cuGraphGetNodes", graph, nodes == nullptr);
}
EXPORT int cuGraphDestroy(Handle graph) { return called("cuGraphDestroy", graph); }
EXPORT int cuGraphUpload(Handle exec, Handle stream) { return called("cuGraphUpload", exec, stream); }
#ifndef PARTIAL
EXPORT int cuGraphLaunch(Handle exec, Handle stream) { return called("cuGraphLaunch", exec, stream); }
#endif
EXPORT int cuGraphExecUpdate_v2(Handle exec, Handle graph, void* result) {
  std::memset(result, 0, 24);
  return called("cuGraphExecUpdate_v2", exec, graph);
}
EXPORT int cuGraphExecDestroy(Handle exec) { return called("cuGraphExecDestroy", exec); }

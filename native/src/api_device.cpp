// Initialisation, the device and its attributes, and its primary context.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "context.h"
#include "limits.h"
#include "memory.h"
#include "module.h"
#include "order.h"
#include "report.h"
#include "settings.h"
#include "stream.h"

namespace muninn {

bool initialised = false;
std::recursive_mutex driverLock;

namespace {
constexpr int mostDevices = limits::devices;
DriverContext contexts[mostDevices];
thread_local DriverContext* current = nullptr;

int deviceCount() {
  static const int count = static_cast<int>(std::clamp<long>(setting("MUNINN_EMULATED_DEVICES", 1), 1, mostDevices));
  return count;
}

// The multiprocessors decide how far kernels split their work; few keep the emulation quick.
std::atomic<int> claimed{0};
int multiprocessors() {
  static const int count = static_cast<int>(setting("MUNINN_EMULATED_SMS", 8));
  return claimed ? claimed.load() : count;
}

constexpr char deviceName[] = "Muninn emulated device";

// Streams, events, graphs, modules and memory end when no device has a context any more.
void resetAll() {
  forget();
  endStreams();
  endGraphs();
  endModules();
  releaseAll();
  restartLaunches();
  clearReport();
}

void release(DriverContext& context) {
  context.sticky = CUDA_SUCCESS;
  context.launches = 0;
  const bool last = std::all_of(contexts, contexts + mostDevices, [](const DriverContext& c) { return !c.retained; });
  if (last) resetAll();
}
}  // namespace

DriverContext* currentContext() { return current && current->retained ? current : nullptr; }

int currentDevice() { return static_cast<int>(current - contexts); }

CUresult countLaunch() {
  const Break b = breaks();
  if (b.device >= 0 && current == &contexts[b.device] && ++current->launches > b.launches) {
    return fail(CUDA_ERROR_LAUNCH_FAILED);
  }
  return CUDA_SUCCESS;
}

CUresult fail(CUresult code) {
  if (isKernelError(code) && current) current->sticky = code;
  return code;
}

CUresult synchronise() {
  chain++;  // what comes now overlaps nothing that was before
  if (!redZonesIntact()) return fail(CUDA_ERROR_ILLEGAL_ADDRESS);
  return current ? current->sticky : CUDA_SUCCESS;
}

}  // namespace muninn

using namespace muninn;

EXPORT CUresult cuInit(unsigned flags) {
  std::lock_guard guard(driverLock);
  REQUIRE(flags == 0, CUDA_ERROR_INVALID_VALUE);
  REQUIRE(arena.size, CUDA_ERROR_OUT_OF_MEMORY);
  if (const std::string why = refusal(); !why.empty()) {
    report(CUDA_ERROR_INVALID_VALUE, why);
    return CUDA_ERROR_INVALID_VALUE;
  }
  initialised = true;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDriverGetVersion(int* version) {
  REQUIRE(version, CUDA_ERROR_INVALID_VALUE);
  *version = static_cast<int>(setting("MUNINN_EMULATED_DRIVER_VERSION", 13000));
  return CUDA_SUCCESS;
}

#define DEVICE_CALL                                                \
  REQUIRE(initialised, CUDA_ERROR_NOT_INITIALIZED);        \
  REQUIRE(device >= 0 && device < deviceCount(), CUDA_ERROR_INVALID_DEVICE)

EXPORT CUresult cuDeviceGetCount(int* count) {
  REQUIRE(initialised, CUDA_ERROR_NOT_INITIALIZED);
  *count = deviceCount();
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGet(CUdevice* out, int device) {
  DEVICE_CALL;
  *out = device;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  DEVICE_CALL;
  REQUIRE(name && length > 0, CUDA_ERROR_INVALID_VALUE);
  std::strncpy(name, deviceName, length);
  name[length - 1] = 0;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetUuid_v2(char* uuid, CUdevice device) {
  DEVICE_CALL;
  std::memcpy(uuid, "muninn-emulated", 16);
  uuid[15] = static_cast<char>(device);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device) {
  DEVICE_CALL;
  *bytes = totalBytes();
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  DEVICE_CALL;
  REQUIRE(value, CUDA_ERROR_INVALID_VALUE);
  switch (attribute) {  // numbers of CUdevice_attribute
    case 1: *value = limits::blockThreads; break;
    case 2: *value = limits::blockX; break;
    case 3: *value = limits::blockY; break;
    case 4: *value = limits::blockZ; break;
    case 5: *value = limits::gridX; break;
    case 6: *value = limits::gridY; break;
    case 7: *value = limits::gridZ; break;
    case 8: *value = limits::sharedStatic; break;
    case 9: *value = 65536; break;           // constant memory
    case 10: *value = 32; break;             // warp
    case 12: *value = limits::registers; break;
    case 13: *value = 1000000; break;        // clock, kHz
    case 16: *value = multiprocessors(); break;
    case 19: *value = 1; break;              // host memory can be mapped
    case 31: *value = 1; break;              // concurrent kernels
    case 36: *value = 1000000; break;        // memory clock, kHz
    case 37: *value = 128; break;            // memory bus, bits
    case 38: *value = 4 << 20; break;        // L2
    case 39: *value = limits::multiprocessorThreads; break;
    case 40: *value = 1; break;              // copy engines
    case 41: *value = 1; break;              // unified addressing
    case 75: *value = limits::computeMajor; break;
    case 76: *value = limits::computeMinor; break;
    case 81: *value = limits::sharedMultiprocessor(); break;
    case 82: *value = limits::registers; break;
    case 91: *value = 1; break;              // registered host memory keeps its address
    case 97: *value = limits::sharedOptIn(); break;
    case 99: *value = 1; break;              // host registration
    case 106: *value = limits::multiprocessorBlocks; break;
    case 111: *value = limits::sharedReserved; break;
    default: *value = 0;                     // a feature that is not emulated
  }
  return attribute > 0 && attribute < 200 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice device) {
  std::lock_guard guard(driverLock);
  DEVICE_CALL;
  contexts[device].retained++;
  *out = &contexts[device];
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  std::lock_guard guard(driverLock);
  DEVICE_CALL;
  DriverContext& context = contexts[device];
  REQUIRE(context.retained > 0, CUDA_ERROR_INVALID_CONTEXT);
  if (--context.retained == 0) release(context);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  std::lock_guard guard(driverLock);
  DEVICE_CALL;
  contexts[device].sticky = CUDA_SUCCESS;
  if (deviceCount() == 1) resetAll();
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
  DEVICE_CALL;
  *flags = 0;
  *active = contexts[device].retained > 0;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned) {
  DEVICE_CALL;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxSetCurrent(CUcontext wanted) {
  REQUIRE(initialised, CUDA_ERROR_NOT_INITIALIZED);
  const auto known = static_cast<DriverContext*>(wanted);
  REQUIRE(!known || (known >= contexts && known < contexts + deviceCount()), CUDA_ERROR_INVALID_CONTEXT);
  current = known;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetCurrent(CUcontext* out) {
  REQUIRE(initialised, CUDA_ERROR_NOT_INITIALIZED);
  *out = current;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxPushCurrent_v2(CUcontext wanted) { return cuCtxSetCurrent(wanted); }

EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* out) {
  if (out) *out = current;
  current = nullptr;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetDevice(CUdevice* device) {
  REQUIRE(current, CUDA_ERROR_INVALID_CONTEXT);
  *device = static_cast<int>(current - contexts);
  return CUDA_SUCCESS;
}

// A context of one's own is the device's primary one here: one program uses it.
EXPORT CUresult cuCtxCreate_v2(CUcontext* out, unsigned, CUdevice device) {
  if (const CUresult r = cuDevicePrimaryCtxRetain(out, device)) return r;
  return cuCtxSetCurrent(*out);
}

EXPORT CUresult cuCtxCreate_v4(CUcontext* out, void*, unsigned flags, CUdevice device) {
  return cuCtxCreate_v2(out, flags, device);
}

EXPORT CUresult cuCtxDestroy_v2(CUcontext destroyed) {
  const auto known = static_cast<DriverContext*>(destroyed);
  REQUIRE(known >= contexts && known < contexts + deviceCount(), CUDA_ERROR_INVALID_CONTEXT);
  if (current == known) current = nullptr;
  return cuDevicePrimaryCtxRelease_v2(static_cast<int>(known - contexts));
}

EXPORT CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  REQUIRE(current, CUDA_ERROR_INVALID_CONTEXT);
  if (least) *least = 0;
  if (greatest) *greatest = 0;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxSynchronize() {
  DRIVER_CALL;
  if (const CUresult r = refuseWhileCapturing(nullptr)) return r;
  if (const CUresult r = catchUp()) return r;
  return synchronise();
}

// Lets the device claim so many multiprocessors and so much memory from now on, so that kernels cut their work as on a GPU
// that has them; 0: what the settings say.
EXPORT void muninnEmulatedClaim(int count, std::size_t bytes) {
  claimed = count;
  claimBytes(bytes);
}

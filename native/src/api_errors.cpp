// Names of the error codes, and the addresses of the calls by name.
#include <dlfcn.h>

#include <string>

#include "driver.h"

namespace {

struct Error {
  CUresult code;
  const char *name, *text;
};

#define ERROR(name, text) {CUDA_##name, "CUDA_" #name, text}
constexpr Error errors[] = {
    ERROR(SUCCESS, "no error"),
    ERROR(ERROR_INVALID_VALUE, "invalid argument"),
    ERROR(ERROR_OUT_OF_MEMORY, "out of memory"),
    ERROR(ERROR_NOT_INITIALIZED, "initialization error"),
    ERROR(ERROR_INVALID_DEVICE, "invalid device ordinal"),
    ERROR(ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    ERROR(ERROR_INVALID_CONTEXT, "invalid device context"),
    ERROR(ERROR_NO_BINARY_FOR_GPU, "no kernel image is available for execution on the device"),
    ERROR(ERROR_FILE_NOT_FOUND, "file not found"),
    ERROR(ERROR_SHARED_OBJECT_INIT_FAILED, "shared object initialization failed"),
    ERROR(ERROR_INVALID_HANDLE, "invalid resource handle"),
    ERROR(ERROR_NOT_FOUND, "named symbol not found"),
    ERROR(ERROR_NOT_READY, "device not ready"),
    ERROR(ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    ERROR(ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"),
    ERROR(ERROR_LAUNCH_TIMEOUT, "the launch timed out and was terminated"),
    ERROR(ERROR_ASSERT, "device-side assert triggered"),
    ERROR(ERROR_HOST_MEMORY_ALREADY_REGISTERED, "part or all of the requested memory range is already mapped"),
    ERROR(ERROR_HOST_MEMORY_NOT_REGISTERED, "pointer does not correspond to a registered memory region"),
    ERROR(ERROR_MISALIGNED_ADDRESS, "misaligned address"),
    ERROR(ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    ERROR(ERROR_NOT_SUPPORTED, "operation not supported"),
    ERROR(ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing"),
    ERROR(ERROR_STREAM_CAPTURE_INVALIDATED, "operation failed due to a previous error during capture"),
    ERROR(ERROR_STREAM_CAPTURE_UNMATCHED, "capture was not ended in the same stream as it began"),
    ERROR(ERROR_STREAM_CAPTURE_UNJOINED, "capturing stream has unjoined work"),
    ERROR(ERROR_STREAM_CAPTURE_IMPLICIT, "operation would make the legacy stream depend on a capturing blocking stream"),
    ERROR(ERROR_CAPTURED_EVENT, "operation not permitted on an event last recorded in a capturing stream"),
    ERROR(ERROR_GRAPH_EXEC_UPDATE_FAILURE, "the graph update was not performed because it included changes which violated constraints"),
    ERROR(ERROR_UNKNOWN, "unknown error"),
};

const Error* find(CUresult code) {
  for (const Error& e : errors) {
    if (e.code == code) return &e;
  }
  return nullptr;
}

}  // namespace

EXPORT CUresult cuGetErrorName(CUresult code, const char** name) {
  const Error* e = find(code);
  *name = e ? e->name : nullptr;
  return e ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

EXPORT CUresult cuGetErrorString(CUresult code, const char** text) {
  const Error* e = find(code);
  *text = e ? e->text : nullptr;
  return e ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

// The newest version of a call that this library has.
EXPORT CUresult cuGetProcAddress_v2(const char* symbol, void** function, int, std::uint64_t, int* status) {
  Dl_info self;
  *function = nullptr;
  if (dladdr(reinterpret_cast<void*>(&cuGetErrorName), &self)) {
    void* library = dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    for (const char* suffix : {"_v2", ""}) {
      if (!*function && library) *function = dlsym(library, (std::string(symbol) + suffix).c_str());
    }
    if (library) dlclose(library);
  }
  if (status) *status = *function ? 0 : 1;
  return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

#include "report.h"

#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <unistd.h>

#include "settings.h"

namespace muninn {

namespace {
std::mutex lock;
std::string text_;     // what muninnEmulatedLastReport returns
CUresult kept;
unsigned later;        // reports after it
constexpr unsigned printed = 20;  // of them go to standard error
}  // namespace

void report(CUresult code, const std::string& text) {
  std::lock_guard guard(lock);
  if (isKernelError(kept)) {
    later++;
  } else {
    text_ = text;
    kept = code;
    later = 0;
  }
  if (!setting("MUNINN_EMULATED_QUIET", 0) && later < printed) {
    std::fprintf(stderr, "emulated device: %s\n", text.c_str());
  }
}

bool isKernelError(CUresult code) { return code >= CUDA_ERROR_ILLEGAL_ADDRESS && code <= CUDA_ERROR_LAUNCH_FAILED; }

CUresult kernelError() {
  std::lock_guard guard(lock);
  return isKernelError(kept) ? kept : CUDA_SUCCESS;
}

void clearReport() {
  std::lock_guard guard(lock);
  text_.clear();
  kept = CUDA_SUCCESS;
  later = 0;
}

std::string format(const char* pattern, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

std::string sourceLine(const void* address) {
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname) return "";
  // A module is loaded from an open file, which another process reaches through ours.
  std::string path = info.dli_fname;
  if (path.starts_with("/proc/self/")) path = format("/proc/%d/", getpid()) + path.substr(11);
  const auto offset = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(info.dli_fbase) - 1;
  const std::string command = format("addr2line -e '%s' %#lx 2>/dev/null", path.c_str(), static_cast<unsigned long>(offset));
  std::FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return "";
  char line[512] = "";
  const bool read = std::fgets(line, sizeof line, pipe) != nullptr;
  pclose(pipe);
  std::string place = read ? line : "";
  place.resize(std::min(place.size(), place.find_first_of(" \n")));  // "(discriminator 2)" follows at times
  if (place.empty() || place[0] == '?') return "";
  return place.substr(place.rfind('/') + 1);
}

}  // namespace muninn

// What went wrong, in words; "" if nothing did. An error of a kernel stays until the primary context is reset or
// released for the last time; before one, it is the last refused call. Valid until the calling thread asks again.
EXPORT const char* muninnEmulatedLastReport() {
  static thread_local std::string copy;
  std::lock_guard guard(muninn::lock);
  copy = muninn::text_;
  if (muninn::later) copy += muninn::format(" (and %u more reports)", muninn::later);
  return copy.c_str();
}

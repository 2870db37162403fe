// An NVTX library that remembers what it was asked.
#include <string>

#define EXPORT extern "C" __attribute__((visibility("default")))

static std::string calls;
static int depth = 0;

EXPORT int nvtxRangePushA(const char* message) {
  calls += std::string("push ") + message + "\n";
  return depth++;
}
#ifndef PARTIAL
EXPORT int nvtxRangePop() {
  calls += "pop\n";
  return --depth;
}
#endif

EXPORT const char* stub_calls() {
  static std::string told;
  told = calls;
  calls.clear();
  return told.c_str();
}
EXPORT void stub_fail(const char*, int) {}

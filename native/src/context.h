// The one context of the one emulated device, and what every driver call begins with.
#pragma once

#include <mutex>

#include "driver.h"

namespace muninn {

struct DriverContext {
  int retained = 0;
  CUresult sticky = CUDA_SUCCESS;  // after an error of a kernel every call answers this, until the context is reset
  bool initialised = false;
};

extern DriverContext context;
extern std::recursive_mutex driverLock;

// Has the calling thread made the context its own? Every thread must, as on a device.
bool contextIsCurrent();

// Streams, events, graphs and modules of the context end with it.
void resetContext();

// Looks at the red zones, and makes a found error the context's.
CUresult synchronise();

// Remembers the error of a kernel.
CUresult fail(CUresult code);

}  // namespace muninn

// The opening of every call that needs a context.
#define DRIVER_CALL                                                     \
  std::lock_guard driverGuard(muninn::driverLock);                      \
  if (!muninn::context.initialised) return CUDA_ERROR_NOT_INITIALIZED;  \
  if (!muninn::contextIsCurrent()) return CUDA_ERROR_INVALID_CONTEXT;   \
  if (muninn::context.sticky) return muninn::context.sticky;

#define REQUIRE(condition, code) \
  if (!(condition)) return code

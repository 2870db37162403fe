// The devices' primary contexts, and what every driver call begins with. There is one device, or as many as
// MUNINN_EMULATED_DEVICES says; they share addresses and processor and run in turn, but each has as much memory as one,
// and errors of its own.
#pragma once

#include <mutex>

#include "driver.h"

namespace muninn {

struct DriverContext {
  int retained = 0;
  long launches = 0;
  CUresult sticky = CUDA_SUCCESS;  // after an error of a kernel every call answers this, until the context is reset
};

extern bool initialised;
extern std::recursive_mutex driverLock;

// The context that the calling thread has made its own, as every thread must; null without.
DriverContext* currentContext();

// The device of the calling thread's context.
int currentDevice();

// Counts a launch; fails where MUNINN_EMULATED_FAILS=DEVICE@N says that this device breaks after N launches.
CUresult countLaunch();

// Looks at the red zones, and makes a found error the context's.
CUresult synchronise();

// Remembers the error of a kernel, which the calling thread's context has from then on.
CUresult fail(CUresult code);

}  // namespace muninn

// The opening of every call that needs a context.
#define DRIVER_CALL                                                     \
  std::lock_guard driverGuard(muninn::driverLock);                      \
  if (!muninn::initialised) return CUDA_ERROR_NOT_INITIALIZED;          \
  if (!muninn::currentContext()) return CUDA_ERROR_INVALID_CONTEXT;     \
  if (muninn::currentContext()->sticky) return muninn::currentContext()->sticky;

#define REQUIRE(condition, code) \
  if (!(condition)) return code

// What went wrong, in words. A device only has error codes; the report says what, where and who.
#pragma once

#include <string>

#include "driver.h"

namespace muninn {

// Keeps the report: the first error of a kernel until clearReport, before it the last refused call. Writes it to
// standard error unless MUNINN_EMULATED_QUIET is set.
void report(CUresult code, const std::string& text);

// Errors after which a context answers nothing else: those of running kernels.
bool isKernelError(CUresult code);

// The first of them since clearReport, or CUDA_SUCCESS.
CUresult kernelError();

void clearReport();

// Like snprintf, into a string.
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

// Where in a module's source an address lies: "file.cu:12", or "" where that cannot be found out.
std::string sourceLine(const void* address);

// "kernel gemv, block (0,0,0), thread (3,0,0)" of the running fiber, or "" outside of kernels.
std::string whoRuns();

}  // namespace muninn

// The first thing that went wrong, in words. A device only has error codes; the report says what, where and who.
#pragma once

#include <string>

#include "driver.h"

namespace muninn {

// Keeps the first report until it is taken back by clearReport, counts later ones, and writes each to standard
// error unless MUNINN_EMULATED_QUIET is set.
void report(CUresult code, const std::string& text);

// The code of the first report since clearReport, CUDA_SUCCESS if there was none.
CUresult reportedCode();

void clearReport();

// Like snprintf, into a string.
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

// Where in a module's source an address lies: "file.cu:12", or "" where that cannot be found out.
std::string sourceLine(const void* address);

// "kernel gemv, block (0,0,0), thread (3,0,0)" of the running fiber, or "" outside of kernels.
std::string whoRuns();

// A number from the environment, or the default.
long setting(const char* variable, long otherwise);

}  // namespace muninn

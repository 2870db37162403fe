// CUDA C++ for the host: included before a kernel's source by native/build.sh, as nvcc includes its own headers.
#pragma once

#include <simt/core.h>
// Headers that use the names which builtins.h turns into macros come first.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <simt/vectors.h>
#include <simt/warp.h>
#include <simt/kernel.h>
#include <simt/builtins.h>

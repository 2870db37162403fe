// CUDA C++ for the host: what nvcc's own headers are for a real device. Kernels reach it through
// kernels-cu/device.cuh.
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
#include <simt/floats.h>
#include <simt/warp.h>
#include <simt/atomics.h>
#include <simt/maths.h>
#include <simt/primitives.h>
#include <simt/kernel.h>
#include <simt/builtins.h>

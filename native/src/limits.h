// The limits of the device that is emulated: compute capability 9.0.
#pragma once

#include <cstddef>

#include "settings.h"

namespace muninn::limits {

constexpr int devices = 8;
constexpr int computeMajor = 9;
constexpr int computeMinor = 0;
constexpr unsigned blockThreads = 1024;
constexpr unsigned blockX = 1024, blockY = 1024, blockZ = 64;
constexpr unsigned gridX = 2147483647, gridY = 65535, gridZ = 65535;
constexpr unsigned sharedStatic = 48 * 1024;         // without opting in
constexpr unsigned sharedReserved = 1024;            // a block's, on top of its own
inline unsigned sharedMultiprocessor() { return 1024 * static_cast<unsigned>(setting("MUNINN_EMULATED_SHARED_KB", 228)); }
inline unsigned sharedOptIn() { return sharedMultiprocessor() - sharedReserved; }  // a block's most
constexpr unsigned multiprocessorThreads = 2048;
constexpr unsigned multiprocessorBlocks = 32;
constexpr unsigned registers = 65536;
constexpr unsigned parameterBytes = 32764;

}  // namespace muninn::limits

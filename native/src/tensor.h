// What cuTensorMapEncodeTiled puts into the 128 bytes of a tensor map, here as it is read, and where its copies put what.
#pragma once

#include <cstdint>

namespace muninn {

// A matrix in global memory, and the box that a copy takes of it.
struct TensorBox {
  static constexpr std::uint64_t valid = 0x70616d726f736e74;

  std::uint64_t mark;
  std::uintptr_t address;
  std::uint64_t columns, rows, pitch;  // pitch in bytes
  unsigned boxColumns, boxRows, elementBytes;
  unsigned swizzle;  // bytes in which 16-byte units change places: 0, 32, 64, 128
};
static_assert(sizeof(TensorBox) <= 128);

// Where a 16-byte unit of shared memory lies that would lie there without: the lowest of the address's bits 4 to 6 are
// combined with those from 7 on.
inline std::uintptr_t swizzled(std::uintptr_t address, unsigned swizzle) {
  return swizzle ? address ^ (address >> 7 & (swizzle / 16 - 1)) << 4 : address;
}

}  // namespace muninn

// Tensor maps: matrices of which boxes are copied.
#include <cstring>

#include "driver.h"
#include "memory.h"
#include "report.h"
#include "tensor.h"

using namespace muninn;

namespace {

CUresult refused(const char* why) {
  report(CUDA_ERROR_INVALID_VALUE, std::string("cuTensorMapEncodeTiled refused: ") + why);
  return CUDA_ERROR_INVALID_VALUE;
}

// By CUtensorMapDataType.
constexpr unsigned elementBytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};

}  // namespace

EXPORT CUresult cuTensorMapEncodeTiled(void* map, int dataType, unsigned rank, void* address, const std::uint64_t* dimensions,
                                       const std::uint64_t* strides, const unsigned* box, const unsigned* elementStrides,
                                       int interleave, int swizzle, int l2Promotion, int fill) {
  if (!map || reinterpret_cast<std::uintptr_t>(map) % 64) return refused("the map is not at a multiple of 64 bytes");
  if (dataType < 0 || dataType >= static_cast<int>(std::size(elementBytes))) return refused("no such type of elements");
  if (rank != 2 || interleave || fill || elementStrides[0] != 1 || elementStrides[1] != 1) return CUDA_ERROR_NOT_SUPPORTED;
  if (swizzle < 0 || swizzle > 3 || l2Promotion < 0 || l2Promotion > 3) return refused("no such swizzle or promotion");
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const unsigned each = elementBytes[dataType], swizzled = swizzle ? 16u << swizzle : 0;
  if (at % 16) return refused("the matrix is not at a multiple of 16 bytes");
  if (strides[0] % 16 || strides[0] >= 1ull << 40) return refused("a row is not a multiple of 16 bytes");
  for (int i = 0; i < 2; i++) {
    if (!dimensions[i] || dimensions[i] > 1ull << 32) return refused("a dimension is not from 1 to 2^32");
    if (!box[i] || box[i] > 256) return refused("a dimension of the box is not from 1 to 256");
  }
  if (box[0] * each % 16) return refused("a row of the box is not a multiple of 16 bytes");
  if (swizzled && box[0] * each > swizzled) return refused("a row of the box is wider than its swizzle");
  if (!isLive(at, strides[0] * (dimensions[1] - 1) + dimensions[0] * each)) return refused("the matrix is not within one live allocation");
  const TensorBox made{TensorBox::valid, at, dimensions[0], dimensions[1], strides[0], box[0], box[1], each, swizzled};
  std::memset(map, 0, 128);
  std::memcpy(map, &made, sizeof made);
  return CUDA_SUCCESS;
}

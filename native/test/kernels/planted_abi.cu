// A build in which the host's and the kernels' ideas of a struct have parted: two fields are swapped, one is missing.
#include "abi.cuh"

namespace planted {

struct Slot {
  int perGroup;
  int first;
};

}  // namespace planted

using planted::Slot;
constexpr int TILE = 8;

ABI(tables, ABI_VALUE(TILE), ABI_STRUCT(Slot), ABI_FIELD(Slot, first), ABI_FIELD(Slot, perGroup))

// A block's shared memory: the dynamic part first, then the static variables as the block meets them, each between
// red zones. All of it is unwritten when a block starts, as nothing else is promised on a device.
#include <algorithm>
#include <cstring>

#include "block.h"
#include "limits.h"
#include "memory.h"
#include "report.h"

namespace muninn {

namespace {
constexpr unsigned gap = 64;  // red zone between shared variables
constexpr unsigned roundUp(unsigned n, unsigned to) { return (n + to - 1) / to * to; }
}  // namespace

void Block::prepareShared() {
  const unsigned dynamic = grid_->launch.dynamicShared;
  std::uint8_t* shadow = shadowOf(shared_);
  std::memset(shadow, redZone, sharedEnd_ - shared_);  // what the block before has used
  std::memset(shadow, unwritten, dynamic);
  sharedEnd_ = shared_ + dynamic;
  std::memset(reinterpret_cast<void*>(shared_), poison, dynamic);
}

void* Block::staticShared(const void* site, std::size_t bytes, std::size_t align) {
  for (const auto& variable : variables_) {
    if (variable.site == site) return variable.place;
  }
  const unsigned dynamic = grid_->launch.dynamicShared;
  // The limits are those of the variables alone; the red zones between them take none of the device's memory.
  staticBytes_ = roundUp(staticBytes_, align) + bytes;
  if (staticBytes_ > limits::sharedStatic || staticBytes_ + dynamic > limits::sharedOptIn()) {
    report(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
           format("too much shared memory: %u bytes static and %u dynamic; a block may have %u static, %u together; %s",
                  staticBytes_, dynamic, limits::sharedStatic, limits::sharedOptIn(), whoRuns().c_str()));
    abandon();
  }
  align = std::max<std::size_t>(align, 16);
  const std::uintptr_t place = (sharedEnd_ + gap + align - 1) / align * align;
  sharedEnd_ = place + bytes;
  std::memset(shadowOf(place), unwritten, bytes);
  std::memset(reinterpret_cast<void*>(place), poison, bytes);
  variables_.push_back({site, reinterpret_cast<void*>(place)});
  Function& function = *grid_->launch.function;
  if (function.staticShared < staticBytes_) function.staticShared = staticBytes_;
  return reinterpret_cast<void*>(place);
}

}  // namespace muninn

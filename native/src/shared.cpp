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
  const unsigned used = grid_->launch.function->staticShared + dynamic;
  std::uint8_t* shadow = shadowOf(shared_);
  std::memset(shadow, redZone, std::min<std::size_t>(sharedStride, roundUp(used, 64) + 32 * 1024));
  std::memset(shadow, unwritten, dynamic);
  std::memset(reinterpret_cast<void*>(shared_), poison, dynamic);
}

void* Block::staticShared(const void* site, std::size_t bytes, std::size_t align) {
  for (const auto& variable : variables_) {
    if (variable.site == site) return variable.place;
  }
  const unsigned dynamic = grid_->launch.dynamicShared;
  // The limits are those of the variables alone; the red zones between them take none of the device's memory.
  staticBytes_ = roundUp(staticBytes_, align) + bytes;
  if (staticBytes_ > limits::sharedStatic || staticBytes_ + dynamic > limits::sharedOptIn) {
    report(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
           format("too much shared memory: %u bytes static and %u dynamic; a block may have %u static, %u together; %s",
                  staticBytes_, dynamic, limits::sharedStatic, limits::sharedOptIn, whoRuns().c_str()));
    abandon();
  }
  std::uintptr_t place = variables_.empty() ? shared_ + dynamic : lastEnd_;
  place = (place + gap + std::max<std::size_t>(align, 16) - 1) / std::max<std::size_t>(align, 16) * std::max<std::size_t>(align, 16);
  lastEnd_ = place + bytes;
  std::memset(shadowOf(place), unwritten, bytes);
  std::memset(reinterpret_cast<void*>(place), poison, bytes);
  std::memset(shadowOf(place + bytes), redZone, gap);
  variables_.push_back({site, reinterpret_cast<void*>(place)});
  Function& function = *grid_->launch.function;
  if (function.staticShared < staticBytes_) function.staticShared = staticBytes_;
  return reinterpret_cast<void*>(place);
}

}  // namespace muninn

// Fibers and who of them runs. A fiber is entered once; when its thread has ended, it serves the next block's.
#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "block.h"

namespace simt {
__attribute__((visibility("default"), tls_model("initial-exec"))) thread_local Thread* current = nullptr;
}

namespace muninn {

namespace {
constexpr std::size_t guardBytes = 4096;
constexpr std::size_t colourBytes = 64 * 23;
constexpr std::size_t fiberBytes = (sizeof(Fiber) + 63) / 64 * 64;
}  // namespace

Block::Block(std::uintptr_t shared) : shared_(shared), sharedEnd_(shared) {
  void* p = mmap(nullptr, stacksBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  stacks_ = reinterpret_cast<std::uintptr_t>(p);
}

Block::~Block() {
  for (Fiber* fiber : fibers_) fiber->~Fiber();
  munmap(reinterpret_cast<void*>(stacks_), stacksBytes);
}

void Block::addFiber() {
  auto* stack = reinterpret_cast<std::uint8_t*>(stacks_ + fibers_.size() * stackBytes);
  // A guard page below, so that a deep recursion or a huge local array ends at once.
  mprotect(stack, guardBytes, PROT_NONE);
  // Stacks lie a power of two apart, and their tops would all fall into the same sets of the cache.
  const std::size_t colour = fibers_.size() % 32 * colourBytes;
  auto* fiber = new (stack + stackBytes - colour - fiberBytes) Fiber;
  fiber->block = this;
  fiber->stacks = stacks_;
  fiber->stack = stack + guardBytes;
  rewind(*fiber);
  fibers_.push_back(fiber);
}

void Block::enter() {
  auto& fiber = *static_cast<Fiber*>(simt::current);
  for (;;) {
    Block& block = *fiber.block;
    block.grid_->launch.function->kernel->invoke(block.grid_->pointers.data());
    block.finish(fiber);
  }
}

// For a fiber that has no context to go on with: new, or abandoned in the middle of a kernel.
void Block::rewind(Fiber& fiber) {
  prepare(fiber.context, fiber.stack, reinterpret_cast<std::uint8_t*>(&fiber) - fiber.stack, &Block::enter);
  fiber.state = State::done;
}

void Block::abandon() {
  grid_->failed = true;
  Context nowhere;
  simt::current = nullptr;
  switchContext(nowhere, out_);
  __builtin_unreachable();
}

}  // namespace muninn

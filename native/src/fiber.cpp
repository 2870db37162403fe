// Starting and switching fibers. A fiber is entered once by makecontext and then only left and resumed with
// _setjmp and _longjmp, which make no system call; when its thread has ended it serves the next block's.
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
constexpr std::size_t fiberBytes = (sizeof(Fiber) + 63) / 64 * 64;
}  // namespace

Block::Block(std::uintptr_t shared) : shared_(shared) {
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
  auto* fiber = new (stack + stackBytes - fiberBytes) Fiber;
  fiber->block = this;
  fiber->stacks = stacks_;
  fiber->stack = stack + guardBytes;
  fibers_.push_back(fiber);
}

void Block::enter(unsigned high, unsigned low) {
  auto& fiber = *reinterpret_cast<Fiber*>(static_cast<std::uintptr_t>(high) << 32 | low);
  for (;;) {
    Block& block = *fiber.block;
    block.grid_->launch.function->kernel->invoke(block.grid_->pointers.data());
    block.finish(fiber);
  }
}

// Enters a fiber that has no context yet: new, or abandoned in the middle of a kernel.
void Block::start(Fiber& fiber) {
  fiber.started = true;
  ucontext_t context;
  getcontext(&context);
  context.uc_stack.ss_sp = fiber.stack;
  context.uc_stack.ss_size = stackBytes - guardBytes - fiberBytes;
  context.uc_link = nullptr;
  const auto address = reinterpret_cast<std::uintptr_t>(&fiber);
  makecontext(&context, reinterpret_cast<void (*)()>(&Block::enter), 2, static_cast<unsigned>(address >> 32),
              static_cast<unsigned>(address));
  setcontext(&context);
}

// Resumes a fiber, or starts it; returns when somebody resumes the caller.
void Block::switchTo(Fiber* next) {
  auto* from = static_cast<Fiber*>(simt::current);
  simt::current = next;
  if (_setjmp(from ? from->context : out_)) return;
  if (next->started) _longjmp(next->context, 1);
  start(*next);
}

void Block::leave() {
  if (Fiber* next = nextReady()) {
    if (next != simt::current) switchTo(next);
    return;
  }
  // Nobody can run: all have ended, or the rest waits for what will never come. run() tells which.
  auto* from = static_cast<Fiber*>(simt::current);
  simt::current = nullptr;
  if (_setjmp(from->context)) return;
  _longjmp(out_, 1);
}

void Block::abandon() {
  grid_->failed = true;
  simt::current = nullptr;
  _longjmp(out_, 2);
}

void Block::makeReady(unsigned linear) {
  fibers_[linear]->state = State::ready;
  unsigned at = readyHead_ + readyCount_++;
  if (at >= ready_.size()) at -= ready_.size();
  ready_[at] = linear;
}

Fiber* Block::nextReady() {
  if (!readyCount_) return nullptr;
  Fiber* next = fibers_[ready_[readyHead_]];
  if (++readyHead_ == ready_.size()) readyHead_ = 0;
  readyCount_--;
  return next;
}

}  // namespace muninn

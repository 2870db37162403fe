// The functions of simt/core.h: what kernels call, handed to the block that runs.
#include <simt/core.h>

#include <chrono>
#include <cstring>

#include "block.h"
#include "counts.h"
#include "memory.h"
#include "report.h"

namespace muninn {

std::string whoRuns() {
  const auto* fiber = static_cast<const Fiber*>(simt::current);
  if (!fiber) return "";
  return format("kernel %s, block (%u,%u,%u), thread (%u,%u,%u)", fiber->block->grid()->launch.function->kernel->name,
                fiber->blockIdx.x, fiber->blockIdx.y, fiber->blockIdx.z, fiber->threadIdx.x, fiber->threadIdx.y,
                fiber->threadIdx.z);
}

}  // namespace muninn

#define RUNTIME __attribute__((visibility("default")))

namespace simt {

using namespace muninn;

namespace {
using Address = std::uintptr_t;

Fiber& self() { return *static_cast<Fiber*>(current); }

std::uint64_t bytesOf(const std::vector<AsyncCopy>& copies) {
  std::uint64_t bytes = 0;
  for (const AsyncCopy& copy : copies) bytes += copy.sourceBytes;
  return bytes;
}
}  // namespace

RUNTIME int blockBarrier(const char* what, bool predicate, const char* file, int line) {
  return self().block->barrier(what, predicate, file, line);
}

RUNTIME void collective(const char* what, unsigned mask, void* args, Evaluate evaluate, const char* file, int line) {
  self().block->collective(what, mask, args, evaluate, file, line);
}

RUNTIME unsigned warpMembers() { return self().block->warpMembers(); }

RUNTIME void* staticShared(const void* site, std::size_t bytes, std::size_t align) {
  return self().block->staticShared(site, bytes, align);
}

RUNTIME void* dynamicShared() { return self().block->dynamicShared(); }

RUNTIME bool isShared(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p) - self().block->sharedBase() < sharedStride;
}

RUNTIME void copyAsync(void* shared, const void* global, unsigned bytes, unsigned sourceBytes, const char* file,
                       int line) {
  if (!isShared(shared)) {
    report(CUDA_ERROR_ILLEGAL_ADDRESS, format("cp.async at %s:%d to %p, which is not shared memory; %s", file, line, shared,
                                              whoRuns().c_str()));
    self().block->abandon();
  }
  if (sourceBytes) checkRead(global, sourceBytes, sourceBytes == bytes ? bytes : 1);
  checkWrite(shared, bytes, bytes);
  if (watch & counting) {
    Counter& counter = self().block->counter();
    const Site site{nullptr, file, line};
    if (sourceBytes) counter.access(self().linear, site, reinterpret_cast<Address>(global), sourceBytes, Kind::copy);
    // Beside what it reads, at a place of its own.
    counter.access(self().linear, {nullptr, file, -line}, reinterpret_cast<Address>(shared), bytes, Kind::store);
  }
  // Until the wait nobody may read it: not even what lay there before.
  std::memset(shadowOf(reinterpret_cast<std::uintptr_t>(shared)), pending, bytes);
  self().copies.push_back({shared, global, bytes, sourceBytes, self().copyGroup});
}

RUNTIME void copyAsyncCommit() { self().copyGroup++; }

RUNTIME void copyAsyncWait(unsigned groupsInFlight) {
  Fiber& fiber = self();
  auto& copies = fiber.copies;
  const std::uint64_t before = watch & counting ? bytesOf(copies) : 0;
  std::size_t finished = 0;
  for (const AsyncCopy& copy : copies) {
    // Groups end in the order in which they were committed; an uncommitted one is not waited for.
    if (copy.group + groupsInFlight >= fiber.copyGroup) break;
    std::memcpy(copy.shared, copy.global, copy.sourceBytes);
    std::memset(static_cast<char*>(copy.shared) + copy.sourceBytes, 0, copy.bytes - copy.sourceBytes);
    std::memset(shadowOf(reinterpret_cast<std::uintptr_t>(copy.shared)), written, copy.bytes);
    if (watch & proxies) fiber.block->proxy().wrote(reinterpret_cast<Address>(copy.shared), copy.bytes, fiber.linear);
    finished++;
  }
  copies.erase(copies.begin(), copies.begin() + finished);
  if (watch & counting) fiber.block->counter().waited(fiber.linear, before, bytesOf(copies));
}

RUNTIME void fence() {
  // One thread of the system runs a block, and blocks meet only through atomics: ordering the memory is enough.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (watch & counting) self().block->counter().tally.fences++;
}

// Whether the block is counted is kept in the thread, which no other interrupts within an atomic.
namespace {
thread_local std::uint8_t watchBefore;
}
RUNTIME void atomicBegins(void* p, std::size_t bytes) {
  watchBefore = watch;
  if (watch & counting) {
    self().block->counter().tally.atomics++;
    if (self().block->grid()->sample->alone) remember(p, bytes);
  }
  watch &= static_cast<std::uint8_t>(~counting);
}

RUNTIME void atomicEnds() { watch = watchBefore; }

RUNTIME std::uint64_t globalTimer() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

RUNTIME unsigned multiprocessor() {
  return static_cast<unsigned>((self().block->sharedBase() - arena.base) / sharedStride);
}

RUNTIME void gridDependencyWait() { self().block->dependencyAwaited(); }

RUNTIME void gridDependencyLaunch() {}

RUNTIME void trap(const char* message, const char* file, int line) {
  report(CUDA_ERROR_ASSERT, format("%s at %s:%d; %s", message, file, line, whoRuns().c_str()));
  self().block->abandon();
}

}  // namespace simt

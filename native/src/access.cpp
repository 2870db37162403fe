// Every load and store of a kernel, checked. The compiler's instrumentation for address sanitizers of kernels
// (-fsanitize=kernel-address, all checks as calls) calls __asan_loadN and __asan_storeN before each access, and
// -fsanitize=alignment calls a handler for a misaligned one; the sources of the kernels stay as they are. These
// are our own functions of those names, over our own shadow (memory.h).
#include <simt/core.h>

#include <cstring>

#include "block.h"
#include "memory.h"
#include "report.h"

namespace muninn {

namespace {

using Address = std::uintptr_t;

[[noreturn]] void fail(CUresult code, const std::string& what, Address address, const void* from) {
  const std::string where = sourceLine(from);
  report(code, what + format(" at %#lx, ", static_cast<unsigned long>(address)) + describe(address) + "; " + whoRuns() +
                   (where.empty() ? "" : ", " + where));
  static_cast<Fiber*>(simt::current)->block->abandon();
}

bool anyShade(Address address, std::size_t bytes, std::uint8_t shade) {
  return std::memchr(shadowOf(address), shade, bytes) != nullptr;
}

// Memory of the host: the fiber's own stack, constants of modules, pinned memory.
void hostAccess(Address address, std::size_t bytes, const char* what, const void* from) {
  const auto* fiber = static_cast<const Fiber*>(simt::current);
  // Tables of a module are read again and again: the range that held the last address is kept at hand.
  static thread_local ModuleRange last{0, 0};
  if (fiber->onStack(address) || (address >= last.from && address + bytes <= last.to)) return;
  if (inModuleRange(address, bytes, last) || inHostRange(address, bytes)) return;
  fail(CUDA_ERROR_ILLEGAL_ADDRESS, format("out-of-bounds %s of %zu bytes", what, bytes), address, from);
}

void touch(Address address, std::size_t bytes, const char* what, const void* from) {
  const bool outside = address - arena.base + bytes > arena.highWater;
  const bool heap = address - arena.base >= arena.heapStart;
  const bool released = !outside && (anyShade(address, bytes, freed) || (arena.largeFreed && heap && isFreed(address)));
  if (released) {
    fail(CUDA_ERROR_ILLEGAL_ADDRESS, format("use after free: %s of %zu bytes", what, bytes), address, from);
  }
  if (outside || anyShade(address, bytes, redZone)) {
    fail(CUDA_ERROR_ILLEGAL_ADDRESS, format("out-of-bounds %s of %zu bytes", what, bytes), address, from);
  }
  // Every block has shared memory of its own.
  const auto* fiber = static_cast<const Fiber*>(simt::current);
  if (!heap && address - fiber->block->sharedBase() >= sharedStride) {
    fail(CUDA_ERROR_ILLEGAL_ADDRESS, format("%s of another block's shared memory", what), address, from);
  }
}

// Before the wait, a launch of the same chain may still be at work.
[[gnu::cold, gnu::noinline]] void earlyLoad(Address address, std::size_t bytes, const void* from) {
  if (address - arena.base < arena.heapStart) return;
  const std::uint32_t* last = &writerOf(address + bytes - 1);
  for (const std::uint32_t* line = &writerOf(address); line <= last; line++) {
    if (*line != chain) continue;
    fail(CUDA_ERROR_LAUNCH_FAILED,
         format("read of %zu bytes before the grid dependency wait, which a launch before may still be writing", bytes), address,
         from);
  }
}

[[gnu::cold, gnu::noinline]] void earlyStore(Address address, std::size_t bytes, const void* from) {
  if (address - arena.base < arena.heapStart) return;
  fail(CUDA_ERROR_LAUNCH_FAILED, format("write of %zu bytes before the grid dependency wait", bytes), address, from);
}

void count(Address address, std::size_t bytes, Kind kind, const void* from) {
  const auto* fiber = static_cast<const Fiber*>(simt::current);
  fiber->block->counter().access(fiber->linear, {from, nullptr, 0}, address, bytes, kind);
}

__attribute__((noinline)) void slowLoad(Address address, std::size_t bytes, const void* from) {
  if (!simt::current) return;
  if (!inArena(address)) return hostAccess(address, bytes, "read", from);
  touch(address, bytes, "read", from);
  if (watch & early) earlyLoad(address, bytes, from);
  if (anyShade(address, bytes, pending)) {
    fail(CUDA_ERROR_LAUNCH_FAILED, format("read of %zu bytes that an unfinished cp.async will write (no wait yet)", bytes),
         address, from);
  }
  if (arena.initChecked && anyShade(address, bytes, unwritten)) {
    fail(CUDA_ERROR_LAUNCH_FAILED, format("never-written memory: read of %zu bytes", bytes), address, from);
  }
  if (watch & counting) count(address, bytes, Kind::load, from);
}

__attribute__((noinline)) void slowStore(Address address, std::size_t bytes, const void* from) {
  if (!simt::current) return;
  if (!inArena(address)) return hostAccess(address, bytes, "write", from);
  touch(address, bytes, "write", from);
  if (watch & early) earlyStore(address, bytes, from);
  for (std::uint32_t *line = &writerOf(address), *last = &writerOf(address + bytes - 1); line <= last; line++) *line = chain;
  if (anyShade(address, bytes, pending)) {
    fail(CUDA_ERROR_LAUNCH_FAILED, format("write of %zu bytes that an unfinished cp.async will write", bytes), address, from);
  }
  std::memset(shadowOf(address), written, bytes);
  if (watch & proxies && address - arena.base < arena.heapStart) {
    const auto* fiber = static_cast<const Fiber*>(simt::current);
    AsyncProxy& proxy = fiber->block->proxy();
    if (proxy.beingRead(address, bytes)) {
      fail(CUDA_ERROR_LAUNCH_FAILED, format("write of %zu bytes that an unfinished wgmma reads", bytes), address, from);
    }
    proxy.wrote(address, bytes, fiber->linear);
  }
  if (watch & counting) count(address, bytes, Kind::store, from);
}

[[noreturn]] void misaligned(Address address, std::size_t bytes, std::size_t align, const void* from) {
  fail(CUDA_ERROR_MISALIGNED_ADDRESS,
       bytes ? format("misaligned access of %zu bytes, which wants a multiple of %zu,", bytes, align)
             : format("misaligned access, which wants a multiple of %zu,", align),
       address, from);
}

// All bytes written: the common case, in one comparison.
template <std::size_t n>
bool allWritten(Address address) {
  const std::uint8_t* shadow = shadowOf(address);
  constexpr std::uint64_t ones = 0x0101010101010101;
  if constexpr (n > 8) {
    std::uint64_t low, high;
    std::memcpy(&low, shadow, 8);
    std::memcpy(&high, shadow + 8, 8);
    return low == ones && high == ones;
  } else {
    std::uint64_t bits = 0;
    std::memcpy(&bits, shadow, n);
    return bits == (ones & (~0ull >> (64 - 8 * n)));
  }
}

// Ends a thread of a launch that takes too long.
[[gnu::cold, gnu::noinline]] void stop(const void* from) {
  if (!simt::current) return;
  const std::string where = sourceLine(from);
  report(CUDA_ERROR_LAUNCH_TIMEOUT, "timeout: the launch does not end; " + whoRuns() + (where.empty() ? "" : ", " + where));
  static_cast<Fiber*>(simt::current)->block->abandon();
}

template <std::size_t n>
inline void load(Address address, const void* from) {
  if (stopping.load(std::memory_order_relaxed)) [[unlikely]] stop(from);
  if (inArena(address)) {
    if (address % n) [[unlikely]] misaligned(address, n, n, from);
    if (allWritten<n>(address) && !watch) [[likely]] return;
  } else if (const auto* fiber = static_cast<const Fiber*>(simt::current); !fiber || fiber->onStack(address)) {
    return;
  }
  slowLoad(address, n, from);
}

template <std::size_t n>
inline void store(Address address, const void* from) {
  if (inArena(address)) {
    if (address % n) [[unlikely]] misaligned(address, n, n, from);
    if (allWritten<n>(address) && !watch) [[likely]] {
      writerOf(address) = chain;
      return;
    }
  } else if (const auto* fiber = static_cast<const Fiber*>(simt::current); !fiber || fiber->onStack(address)) {
    return;
  }
  slowStore(address, n, from);
}

}  // namespace

}  // namespace muninn

using namespace muninn;

#define FROM __builtin_extract_return_addr(__builtin_return_address(0))
#define ACCESS(n)                                                            \
  EXPORT void __asan_load##n##_noabort(std::uintptr_t a) { load<n>(a, FROM); } \
  EXPORT void __asan_store##n##_noabort(std::uintptr_t a) { store<n>(a, FROM); }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

EXPORT void __asan_loadN_noabort(std::uintptr_t a, std::size_t bytes) {
  if (bytes) slowLoad(a, bytes, FROM);
}
EXPORT void __asan_storeN_noabort(std::uintptr_t a, std::size_t bytes) {
  if (bytes) slowStore(a, bytes, FROM);
}
EXPORT void __asan_handle_no_return() {}
EXPORT void __asan_before_dynamic_init(const char*) {}
EXPORT void __asan_after_dynamic_init() {}

// What the compiler passes about a pointer that is dereferenced: only the fields used here.
struct TypeMismatch {
  const char* file;
  std::uint32_t line, column;
  const void* type;
  unsigned char logAlignment, kind;
};

EXPORT void __ubsan_handle_type_mismatch_v1(const TypeMismatch* data, std::uintptr_t address) {
  const std::size_t align = std::size_t{1} << data->logAlignment;
  if (!simt::current || address % align == 0) return;
  misaligned(address, 0, align, FROM);
}

namespace simt {

namespace {
// What is counted by the primitive it is a part of.
struct Uncounted {
  const std::uint8_t before = watch;
  Uncounted() { watch &= static_cast<std::uint8_t>(~counting); }
  ~Uncounted() { watch = before; }
};
}  // namespace

__attribute__((visibility("default"))) void checkRead(const void* p, std::size_t bytes, std::size_t align) {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if (address % align) misaligned(address, bytes, align, FROM);
  const Uncounted pause;
  slowLoad(address, bytes, FROM);
}

__attribute__((visibility("default"))) void checkWrite(const void* p, std::size_t bytes, std::size_t align) {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if (address % align) misaligned(address, bytes, align, FROM);
  const Uncounted pause;
  slowStore(address, bytes, FROM);
}

}  // namespace simt

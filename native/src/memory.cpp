#include "memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "limits.h"
#include "report.h"
#include "settings.h"

namespace muninn {

namespace {

constexpr std::size_t alignment = 512;                // what cuMemAlloc promises is 256
constexpr std::size_t poisonedBytes = 8ull << 20;     // of each end; more would only cost memory

constexpr std::size_t largeBytes = 1 << 20;           // from here on a freed allocation's shadow is not kept

struct Allocation {
  std::size_t bytes;
  unsigned long number;  // its ordinal
  int device;
  bool live;
};

struct Range {
  std::size_t from, to;  // offsets, red zones included
};

std::shared_mutex lock;
std::map<std::uintptr_t, Allocation> allocations;  // by address; freed ones stay until their addresses are reused
std::deque<std::uintptr_t> quarantine;             // freed, the oldest first
std::size_t liveBytes[limits::devices];
unsigned long allocationCount;

std::size_t roundUp(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

void* reserve(std::size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  madvise(p, bytes, MADV_DONTDUMP);
  return p;
}

// Sets to zero, which for a shadow is unwritten; whole pages are given back instead.
void clear(std::uint8_t* p, std::size_t bytes) {
  constexpr std::size_t page = 4096;
  const auto start = reinterpret_cast<std::uintptr_t>(p);
  const std::uintptr_t from = roundUp(start, page), to = (start + bytes) / page * page;
  if (to <= from) {
    std::memset(p, 0, bytes);
    return;
  }
  std::memset(p, 0, from - start);
  madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  std::memset(reinterpret_cast<void*>(to), 0, start + bytes - to);
}

Arena makeArena() {
  Arena made;
  // As many addresses as the system allows: memory is taken when it is touched.
  for (std::size_t size = 64ull << 30; size >= 1ull << 30; size /= 2) {
    void* data = reserve(size);
    void* shadow = data ? reserve(size) : nullptr;
    void* writers = shadow ? reserve((size >> lineShift) * sizeof(std::uint32_t)) : nullptr;
    if (writers) {
      made.base = reinterpret_cast<std::uintptr_t>(data);
      made.size = size;
      made.shadow = static_cast<std::uint8_t*>(shadow);
      made.writers = static_cast<std::uint32_t*>(writers);
      break;
    }
    if (shadow) munmap(shadow, size);
    if (data) munmap(data, size);
  }
  made.heapStart = made.size ? maxWorkers * sharedStride : 0;
  made.highWater = made.heapStart;
  if (made.size) std::memset(made.shadow, redZone, made.heapStart);
  made.initChecked = setting("MUNINN_EMULATED_INITCHECK", 1) != 0;
  return made;
}

Range rangeOf(std::uintptr_t address, const Allocation& a) {
  const std::size_t from = address - arena.base - redZoneBytes;
  return {from, from + redZoneBytes + roundUp(a.bytes, alignment) + redZoneBytes};
}

// An offset for `span` bytes: fresh addresses while there are any, so that a stale pointer stays recognisable.
std::size_t place(std::size_t span, bool& used) {
  used = false;
  if (arena.highWater + span <= arena.size) {
    const std::size_t at = arena.highWater;
    arena.highWater += span;
    return at;
  }
  for (auto it = quarantine.begin(); it != quarantine.end(); ++it) {
    const Range r = rangeOf(*it, allocations.at(*it));
    if (r.to - r.from < span) continue;
    allocations.erase(*it);
    quarantine.erase(it);
    used = true;
    return r.from;
  }
  return 0;
}

bool zoneIntact(std::uintptr_t from, std::uintptr_t to, std::uintptr_t& where) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(from);
  const auto* end = reinterpret_cast<const std::uint8_t*>(to);
  where = 0;
  if (*p == canary && std::memcmp(p, p + 1, end - p - 1) == 0) return true;
  const auto* hit = std::find_if(p, end, [](std::uint8_t b) { return b != canary; });
  where = reinterpret_cast<std::uintptr_t>(hit);
  return hit == end;
}

// The red zones on both sides of one allocation; a damaged one is reported and repaired.
bool checkZones(std::uintptr_t address, const Allocation& a) {
  const Range r = rangeOf(address, a);
  std::uintptr_t where;
  bool intact = zoneIntact(arena.base + r.from, address, where);
  if (intact) intact = zoneIntact(address + a.bytes, arena.base + r.to, where);
  if (!intact) {
    const bool before = where < address;
    const std::size_t distance = before ? address - where : where - address - a.bytes;
    report(CUDA_ERROR_ILLEGAL_ADDRESS,
           format("red zone overwritten: something wrote %zu bytes %s an allocation of %zu bytes (allocation %lu), "
                  "seen at a synchronisation or free",
                  distance, before ? "before" : "past the end of", a.bytes, a.number));
    std::memset(reinterpret_cast<void*>(arena.base + r.from), canary, redZoneBytes);
    std::memset(reinterpret_cast<void*>(address + a.bytes), canary, arena.base + r.to - address - a.bytes);
  }
  return intact;
}

}  // namespace

Arena arena = makeArena();

namespace {
std::atomic<std::size_t> claimed{0};
}

std::size_t totalBytes() {
  static const std::size_t total = static_cast<std::size_t>(setting("MUNINN_EMULATED_MEMORY_MB", 1024)) << 20;
  return claimed ? claimed.load() : total;
}

void claimBytes(std::size_t bytes) { claimed = bytes; }

std::size_t freeBytes(int device) {
  std::shared_lock guard(lock);
  return totalBytes() - std::min(totalBytes(), liveBytes[device]);
}

CUresult allocate(CUdeviceptr* out, std::size_t bytes, int device) {
  std::unique_lock guard(lock);
  if (bytes > totalBytes() || liveBytes[device] + bytes > totalBytes()) return CUDA_ERROR_OUT_OF_MEMORY;
  const std::size_t body = roundUp(bytes, alignment);
  bool used;
  const std::size_t at = place(body + 2 * redZoneBytes, used);
  if (!at) return CUDA_ERROR_OUT_OF_MEMORY;
  const std::uintptr_t address = arena.base + at + redZoneBytes;
  auto* data = reinterpret_cast<std::uint8_t*>(address);
  std::memset(data - redZoneBytes, canary, redZoneBytes);
  std::memset(data + bytes, canary, body - bytes + redZoneBytes);
  std::memset(data, poison, std::min(bytes, poisonedBytes));
  if (bytes > poisonedBytes) std::memset(data + bytes - poisonedBytes, poison, poisonedBytes);
  std::uint8_t* shadow = shadowOf(address);
  std::memset(shadow - redZoneBytes, redZone, redZoneBytes);
  if (used) clear(shadow, bytes);
  std::memset(shadow + bytes, redZone, body - bytes + redZoneBytes);
  allocations[address] = {bytes, ++allocationCount, device, true};
  liveBytes[device] += bytes;
  *out = address;
  return CUDA_SUCCESS;
}

CUresult release(CUdeviceptr address) {
  std::unique_lock guard(lock);
  const auto it = allocations.find(address);
  if (it == allocations.end() || !it->second.live) {
    const bool twice = it != allocations.end();
    guard.unlock();
    report(CUDA_ERROR_INVALID_VALUE, format("cuMemFree of %#lx, %s", static_cast<unsigned long>(address),
                                            twice ? "which was freed before" : "which cuMemAlloc never returned"));
    return CUDA_ERROR_INVALID_VALUE;
  }
  Allocation& a = it->second;
  checkZones(address, a);
  a.live = false;
  liveBytes[a.device] -= a.bytes;
  // Memory goes back to the system. A large shadow does, too, and is left without a mark (access.cpp looks further).
  clear(reinterpret_cast<std::uint8_t*>(address), a.bytes);
  if (a.bytes < largeBytes) {
    std::memset(shadowOf(address), freed, a.bytes);
  } else {
    arena.largeFreed = true;
    clear(shadowOf(address), a.bytes);
  }
  quarantine.push_back(address);
  return CUDA_SUCCESS;
}

void releaseAll() {
  std::unique_lock guard(lock);
  allocations.clear();
  quarantine.clear();
  std::fill_n(liveBytes, limits::devices, 0);
  const std::size_t used = arena.highWater - arena.heapStart;
  madvise(reinterpret_cast<void*>(arena.base + arena.heapStart), used, MADV_DONTNEED);
  madvise(arena.shadow + arena.heapStart, used, MADV_DONTNEED);
  arena.highWater = arena.heapStart;
  arena.largeFreed = false;
}

bool redZonesIntact() {
  std::shared_lock guard(lock);
  bool intact = true;
  for (const auto& [address, a] : allocations) {
    if (a.live) intact = checkZones(address, a) && intact;
  }
  return intact;
}

bool isLive(CUdeviceptr address, std::size_t bytes) {
  std::shared_lock guard(lock);
  auto it = allocations.upper_bound(address);
  if (it == allocations.begin()) return false;
  --it;
  const std::size_t offset = address - it->first;
  return it->second.live && offset <= it->second.bytes && bytes <= it->second.bytes - offset;
}

bool allocationOf(CUdeviceptr address, std::uintptr_t& from, std::uintptr_t& to) {
  std::shared_lock guard(lock);
  auto it = allocations.upper_bound(address);
  if (it == allocations.begin()) return false;
  --it;
  from = it->first;
  to = it->first + it->second.bytes;
  return it->second.live && address <= to;
}

bool isFreed(CUdeviceptr address) {
  std::shared_lock guard(lock);
  auto it = allocations.upper_bound(address);
  if (it == allocations.begin()) return false;
  --it;
  return !it->second.live && address - it->first < it->second.bytes;
}

bool isDevicePointer(const void* p) {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  // One past the end is a pointer that C++ allows to hold.
  return !p || isLive(address, 0) || inHostRange(address, 0);
}

std::string describe(std::uintptr_t address) {
  if (!inArena(address)) {
    return address < 65536 ? "a null pointer plus an offset" : "memory of the host that was never given to the device";
  }
  const std::size_t offset = address - arena.base;
  if (offset < arena.heapStart) return format("byte %zu of the block's shared memory", offset % sharedStride);
  std::shared_lock guard(lock);
  const auto next = allocations.upper_bound(address);
  std::string text = "no allocation is near it";
  std::size_t nearest = 1 << 20;  // what is further away explains nothing
  const auto consider = [&](std::uintptr_t start, const Allocation& a) {
    const std::size_t distance = address < start ? start - address
                                 : address < start + a.bytes ? 0 : address - start - a.bytes;
    if (distance >= nearest) return;
    nearest = distance;
    const char* kind = a.live ? "an allocation" : "a freed allocation";
    text = address < start              ? format("%zu bytes before %s of %zu bytes", distance, kind, a.bytes)
           : address < start + a.bytes  ? format("byte %zu of %s of %zu bytes", address - start, kind, a.bytes)
                                        : format("%zu bytes past the end of %s of %zu bytes", distance, kind, a.bytes);
    text += format(" (allocation %lu)", a.number);
  };
  if (next != allocations.begin()) consider(std::prev(next)->first, std::prev(next)->second);
  if (next != allocations.end()) consider(next->first, next->second);
  return text;
}

}  // namespace muninn

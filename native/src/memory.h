// Device memory of the emulated device: one reserved range of addresses, and a shadow that knows for each byte
// whether it may be touched and whether anybody wrote it. The shared memory of the blocks lies in the same range,
// so that one comparison tells device memory from the host's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "driver.h"

namespace muninn {

// What the shadow holds for a byte.
enum Shade : std::uint8_t { unwritten = 0, written = 1, pending = 2, redZone = 3, freed = 4 };

constexpr std::uint8_t poison = 0xff;   // fresh memory: not a number in every floating-point type
constexpr std::uint8_t canary = 0xfb;   // red zones
constexpr std::size_t redZoneBytes = 512;
constexpr std::size_t sharedStride = 256 * 1024;  // addresses a worker's shared memory takes
constexpr unsigned maxWorkers = 64;

// Where the range lies; fixed when the library is loaded.
struct Arena {
  std::uintptr_t base = 0;
  std::size_t size = 0;
  std::uint8_t* shadow = nullptr;
  std::size_t highWater = 0;  // offsets from here on were never given out
  std::size_t heapStart = 0;  // below lies the blocks' shared memory
  std::uint32_t* writers = nullptr;  // by line, the chain of launches that last wrote to it; see Operation::run
  bool initChecked = true;    // reads of bytes nobody wrote are reported
  bool largeFreed = false;    // there may be freed memory whose shadow says unwritten (release)
};
extern Arena arena;

constexpr unsigned lineShift = 6;

inline bool inArena(std::uintptr_t address) { return address - arena.base < arena.size; }
inline std::uint8_t* shadowOf(std::uintptr_t address) { return arena.shadow + (address - arena.base); }
inline std::uint32_t& writerOf(std::uintptr_t address) { return arena.writers[(address - arena.base) >> lineShift]; }

// The devices' heap, of which each has so many bytes.
std::size_t totalBytes();
void claimBytes(std::size_t bytes);  // 0: what the setting says
std::size_t freeBytes(int device);
CUresult allocate(CUdeviceptr* out, std::size_t bytes, int device);
CUresult release(CUdeviceptr address);
void releaseAll();

// Looks at every red zone; reports one that was written and says so.
bool redZonesIntact();

// True if [address, address + bytes) lies in one live allocation.
bool isLive(CUdeviceptr address, std::size_t bytes);

// The live allocation in which an address lies.
bool allocationOf(CUdeviceptr address, std::uintptr_t& from, std::uintptr_t& to);

// True if address lies in memory that was freed and not given out again.
bool isFreed(CUdeviceptr address);

// True for device memory, live host memory that the device may read, and null.
bool isDevicePointer(const void* p);

// In words: what an address is, as "5 bytes past the end of an allocation of 40 bytes".
std::string describe(std::uintptr_t address);

// Host memory that the device was given: cuMemHostAlloc, cuMemHostRegister.
void addHostRange(void* p, std::size_t bytes);
bool removeHostRange(void* p);
bool inHostRange(std::uintptr_t address, std::size_t bytes);

// Memory of loaded modules: constants and tables, which kernels may read.
void addModuleRange(std::uintptr_t from, std::uintptr_t to);
void removeModuleRange(std::uintptr_t from);
struct ModuleRange {
  std::uintptr_t from, to;
};
bool inModuleRange(std::uintptr_t address, std::size_t bytes, ModuleRange& found);

}  // namespace muninn

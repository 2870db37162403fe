// What the threads of a sampled block do, counted as a GPU counts it: by instruction of a warp, sectors of memory and
// wavefronts of shared memory. Here the lanes of a warp run one after another, so their accesses are paired afterwards:
// between two meetings of a warp, the n-th access of each lane from one place in the code is one instruction. Where lanes
// take different ways through a loop, the pairs are off by what they skipped.
#pragma once

#include <simt/core.h>

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "async.h"
#include "launch.h"

namespace muninn {

constexpr unsigned sectorBytes = 32, lineBytes = 128, unitBytes = 16;

enum class Kind : std::uint8_t { load, store, copy };  // copy: what an asynchronous copy reads
constexpr unsigned kinds = 3;

// A place in the code: a return address, or a line that the compiler named.
struct Site {
  const void* from = nullptr;
  const char* file = nullptr;
  int line = 0;
  bool operator==(const Site&) const = default;
};
struct SiteHash {
  std::size_t operator()(const Site& s) const {
    return reinterpret_cast<std::uintptr_t>(s.from) ^ reinterpret_cast<std::uintptr_t>(s.file) * 31 ^ std::size_t(s.line) << 20;
  }
};

// Memory that a launch was given: a pointer among its parameters, and the allocation it points into.
struct Given {
  std::string name;
  std::uintptr_t pointer, from, to;
};
std::vector<Given> givenTo(const Launch& launch);

// Accesses to global memory.
struct Traffic {
  std::uint64_t requests = 0, bytes = 0, sectors = 0, lines = 0;
  void add(const Traffic& t) {
    requests += t.requests;
    bytes += t.bytes;
    sectors += t.sectors;
    lines += t.lines;
  }
};

// Accesses to shared memory: wavefronts that they take, and would without conflicts of banks.
struct Banks {
  std::uint64_t requests = 0, wavefronts = 0, least = 0;
  void add(const Banks& b) {
    requests += b.requests;
    wavefronts += b.wavefronts;
    least += b.least;
  }
};

// Of a parameter: what was asked for, and which sectors (numbered from the arena's begin on).
struct OfParameter {
  Traffic traffic[kinds];
  std::vector<std::uint64_t> read, written;
};

// A wait for asynchronous copies: bytes of the block on their way when it begins, and when it ends.
struct OnTheirWay {
  std::uint64_t before = 0, after = 0;
};

struct Tally {
  std::vector<OfParameter> parameters;  // by Given, then one for all other memory
  std::unordered_map<Site, Banks, SiteHash> sites;
  std::vector<OnTheirWay> waits;
  std::uint64_t blocks = 0, warps = 0, barriers = 0, fences = 0, atomics = 0, mma = 0;
  std::uint64_t requests[2][kinds] = {};  // of warps, to global and to shared memory
  std::vector<std::uint64_t> readByBlock;  // bytes of sectors

  void add(Tally&& other);
};

// Counts one block at a time.
class Counter {
 public:
  void begin(const std::vector<Given>& given, unsigned threads, std::uintptr_t sharedBase);
  Tally end();

  void access(unsigned thread, const Site& site, std::uintptr_t address, std::size_t bytes, Kind kind);
  // A warp, or the block (~0u), has met: what its lanes did before is complete.
  void met(unsigned warp);
  void waited(unsigned thread, std::uint64_t before, std::uint64_t after);
  // A copy that one thread begins for its block.
  void bulk(const std::vector<Piece>& pieces);
  // The block has nothing to do but to wait for phases: whether for this one only now, which is then a wait of its own.
  bool awaits(const void* barrier) { return phases_.insert(barrier).second; }
  void waited(std::uint64_t before, std::uint64_t after) { bulkWaits_.push_back({before, after}); }
  void phaseCompleted(const void* barrier) { phases_.erase(barrier); }

  Tally tally;

 private:
  // Bytes within a 16-byte unit that one instruction of a lane touches.
  struct Access {
    Site site;
    std::uintptr_t unit;
    std::uint16_t mask;
    Kind kind;
    bool shared;
  };
  // An instruction of a warp.
  struct Request {
    Kind kind{};
    bool shared = false;
    Site site;
    unsigned count = 0;  // of lanes, in their order
    std::uintptr_t unit[simt::warpSize];
    std::uint16_t mask[simt::warpSize];
    void add(const Access& a) {
      unit[count] = a.unit;
      mask[count++] = a.mask;
    }
  };

  void flush(unsigned warp);
  bool alike(unsigned warp) const;
  void take(const Request& request);
  void global(const Request& request);
  void shared(const Request& request);
  std::size_t owner(std::uintptr_t address) const;

  const std::vector<Given>* given_ = nullptr;
  std::uintptr_t sharedBase_ = 0;
  std::vector<std::vector<Access>> accesses_;  // by thread, since its warp met
  std::vector<unsigned> waits_;                // by thread, how many
  unsigned lastBefore_ = 0;                    // waits that some copy was begun after
  std::set<const void*> phases_;  // waited for, by mbarrier
  std::vector<OnTheirWay> bulkWaits_;
  std::size_t bulkBefore_ = 0;  // of them, as above
};

}  // namespace muninn

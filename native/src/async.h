// What happens in a block beside its threads, from sm_90 on: mbarriers, the copies that count for them, and what of
// shared memory the asynchronous proxy knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace muninn {

class Block;

// Bytes of a copy that lie side by side on both sides; from nowhere come zeros.
struct Piece {
  std::uintptr_t to, from;
  unsigned bytes;
};

// A copy on its way, and the mbarrier that counts its bytes.
struct BulkCopy {
  std::vector<Piece> pieces;
  std::uint64_t* barrier;
  unsigned bytes;
  unsigned thread;  // that began it
};

class AsyncProxy {
 public:
  // Forgets what another block did. Copies arrive in turn, or the newest first: a device promises neither.
  void begin(std::uintptr_t shared, bool newestFirst);

  // Mbarriers, whose whole state is the word that a kernel keeps for them.
  void init(std::uint64_t* barrier, int arrivals);
  void arrive(Block& block, std::uint64_t* barrier, int expectedBytes);
  static bool completed(const std::uint64_t* barrier, int parity);

  void copy(BulkCopy copy);
  bool copying() const { return !copies_.empty(); }
  // Bytes, of all copies or of those that an mbarrier counts.
  std::uint64_t onTheirWay(const std::uint64_t* barrier = nullptr) const;
  // Lets one copy arrive; false: there is none.
  bool deliver(Block& block);

  // Shared memory that threads wrote: until they fence, the asynchronous proxy may see what was there before.
  void wrote(std::uintptr_t address, std::size_t bytes, unsigned thread);
  void fence(unsigned thread);
  bool knows(std::uintptr_t address, std::size_t bytes) const;
  void forget(std::uintptr_t address, std::size_t bytes);  // who wrote there: the proxy did

  // Units of shared memory, of 16 bytes, that a product at work reads, or one reader less of each.
  void reads(const std::vector<std::uintptr_t>& units, int more);
  bool beingRead(std::uintptr_t address, std::size_t bytes) const;

 private:
  static constexpr unsigned wordBytes = 4, unitBytes = 16, threads = 1024;
  // Of a word, who wrote it last and how often that thread had fenced before.
  struct Writer {
    std::uint32_t thread = ~0u, fences = 0;
  };

  void completeIfDone(Block& block, std::uint64_t* barrier);

  std::uintptr_t shared_ = 0;
  bool newestFirst_ = false;
  std::deque<BulkCopy> copies_;
  std::vector<Writer> writers_;       // by word of shared memory; empty until something is written
  std::vector<std::uint32_t> fences_;  // by thread
  std::vector<std::uint16_t> readers_;  // by unit of shared memory; empty until one is read
};

}  // namespace muninn

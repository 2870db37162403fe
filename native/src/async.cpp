// Mbarriers and bulk copies: how they are counted, when they arrive, and what a GPU would not tell of their misuse.
#include "async.h"

#include <simt/core.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "block.h"
#include "memory.h"
#include "report.h"
#include "tensor.h"

namespace muninn {

namespace {

constexpr int mostArrivals = (1 << 20) - 1, mostBytes = (1 << 20) - 1;
constexpr std::uint64_t valid = 2;

// An mbarrier as its 64 bits hold it.
struct Phase {
  std::uint64_t parity : 1, arrivals : 20, missing : 20;
  std::int64_t bytes : 21;
  std::uint64_t mark : 2;
};
static_assert(sizeof(Phase) == sizeof(std::uint64_t));

Phase read(const std::uint64_t* barrier) { return std::bit_cast<Phase>(*barrier); }
void write(std::uint64_t* barrier, const Phase& phase) { *barrier = std::bit_cast<std::uint64_t>(phase); }

[[noreturn]] void refuse(CUresult code, const std::string& what) {
  report(code, what + "; " + whoRuns());
  static_cast<Fiber*>(simt::current)->block->abandon();
}

std::string at(const char* file, int line) { return format(" at %s:%d", file, line); }

// That the word is one, which some thread has made so.
void check(const char* what, std::uint64_t* barrier, const char* file, int line) {
  if (!simt::isShared(barrier)) {
    refuse(CUDA_ERROR_ILLEGAL_ADDRESS, what + at(file, line) + ": the mbarrier is not in shared memory");
  }
  simt::checkRead(barrier, sizeof *barrier, sizeof *barrier);
  if (read(barrier).mark != valid) refuse(CUDA_ERROR_LAUNCH_FAILED, what + at(file, line) + ": no mbarrier is there, or it was overwritten");
}

}  // namespace

void AsyncProxy::begin(std::uintptr_t shared, bool newestFirst) {
  shared_ = shared;
  newestFirst_ = newestFirst;
  copies_.clear();
  writers_.clear();
  fences_.clear();
  readers_.clear();
}

void AsyncProxy::init(std::uint64_t* barrier, int arrivals) {
  const auto count = static_cast<unsigned>(arrivals);
  write(barrier, {0, count, count, 0, valid});
}

void AsyncProxy::arrive(Block& block, std::uint64_t* barrier, int expectedBytes) {
  Phase phase = read(barrier);
  if (!phase.missing) refuse(CUDA_ERROR_LAUNCH_FAILED, format("an mbarrier for %u arrivals has more in one phase", static_cast<unsigned>(phase.arrivals)));
  if (phase.bytes + expectedBytes > mostBytes) refuse(CUDA_ERROR_LAUNCH_FAILED, "an mbarrier is to count 2^20 bytes or more in one phase");
  phase.missing--;
  phase.bytes += expectedBytes;
  write(barrier, phase);
  completeIfDone(block, barrier);
}

bool AsyncProxy::completed(const std::uint64_t* barrier, int parity) {
  return read(barrier).parity != static_cast<unsigned>(parity & 1);
}

void AsyncProxy::completeIfDone(Block& block, std::uint64_t* barrier) {
  Phase phase = read(barrier);
  if (phase.missing || phase.bytes) return;
  phase.parity ^= 1;
  phase.missing = phase.arrivals;
  write(barrier, phase);
  block.phaseCompleted(barrier);
}

void AsyncProxy::copy(BulkCopy copy) { copies_.push_back(std::move(copy)); }

std::uint64_t AsyncProxy::onTheirWay(const std::uint64_t* barrier) const {
  std::uint64_t bytes = 0;
  for (const BulkCopy& copy : copies_) bytes += barrier && copy.barrier != barrier ? 0 : copy.bytes;
  return bytes;
}

bool AsyncProxy::deliver(Block& block) {
  if (copies_.empty()) return false;
  const BulkCopy copy = std::move(newestFirst_ ? copies_.back() : copies_.front());
  if (newestFirst_) {
    copies_.pop_back();
  } else {
    copies_.pop_front();
  }
  for (const Piece& piece : copy.pieces) {
    if (piece.from) {
      std::memcpy(reinterpret_cast<void*>(piece.to), reinterpret_cast<const void*>(piece.from), piece.bytes);
    } else {
      std::memset(reinterpret_cast<void*>(piece.to), 0, piece.bytes);
    }
    std::memset(shadowOf(piece.to), written, piece.bytes);
  }
  Phase phase = read(copy.barrier);
  phase.bytes -= copy.bytes;
  write(copy.barrier, phase);
  completeIfDone(block, copy.barrier);
  return true;
}

void AsyncProxy::wrote(std::uintptr_t address, std::size_t bytes, unsigned thread) {
  if (writers_.empty()) {
    writers_.resize(sharedStride / wordBytes);
    fences_.resize(threads);
  }
  const std::size_t last = (address - shared_ + bytes - 1) / wordBytes;
  for (std::size_t word = (address - shared_) / wordBytes; word <= last; word++) writers_[word] = {thread, fences_[thread]};
}

void AsyncProxy::fence(unsigned thread) {
  if (!fences_.empty()) fences_[thread]++;
}

bool AsyncProxy::knows(std::uintptr_t address, std::size_t bytes) const {
  if (writers_.empty()) return true;
  const std::size_t last = (address - shared_ + bytes - 1) / wordBytes;
  for (std::size_t word = (address - shared_) / wordBytes; word <= last; word++) {
    const Writer& by = writers_[word];
    if (by.thread < threads && by.fences == fences_[by.thread]) return false;
  }
  return true;
}

void AsyncProxy::forget(std::uintptr_t address, std::size_t bytes) {
  if (writers_.empty()) return;
  const auto from = writers_.begin() + (address - shared_) / wordBytes;
  std::fill(from, from + bytes / wordBytes, Writer{});
}

void AsyncProxy::reads(const std::vector<std::uintptr_t>& units, int more) {
  if (readers_.empty()) readers_.resize(sharedStride / unitBytes);
  for (const std::uintptr_t unit : units) {
    std::uint16_t& readers = readers_[(unit - shared_) / unitBytes];
    readers = static_cast<std::uint16_t>(readers + more);
  }
}

bool AsyncProxy::beingRead(std::uintptr_t address, std::size_t bytes) const {
  if (readers_.empty()) return false;
  const std::size_t last = (address - shared_ + bytes - 1) / unitBytes;
  for (std::size_t unit = (address - shared_) / unitBytes; unit <= last; unit++) {
    if (readers_[unit]) return true;
  }
  return false;
}

}  // namespace muninn

#define RUNTIME __attribute__((visibility("default")))

namespace simt {

using namespace muninn;

namespace {
using Address = std::uintptr_t;
Fiber& self() { return *static_cast<Fiber*>(current); }
}  // namespace

RUNTIME void mbarrierInit(std::uint64_t* barrier, int arrivals, const char* file, int line) {
  if (!isShared(barrier)) {
    refuse(CUDA_ERROR_ILLEGAL_ADDRESS, "mbarrierInit" + at(file, line) + ": the mbarrier is not in shared memory");
  }
  if (arrivals < 1 || arrivals > mostArrivals) {
    refuse(CUDA_ERROR_LAUNCH_FAILED, "mbarrierInit" + at(file, line) + format(" for %d arrivals: 1 to 2^20 - 1 can be", arrivals));
  }
  watch |= proxies;
  checkWrite(barrier, sizeof *barrier, sizeof *barrier);
  self().block->proxy().init(barrier, arrivals);
}

RUNTIME void mbarrierArrive(std::uint64_t* barrier, int expectedBytes, const char* file, int line) {
  check("mbarrierArrive", barrier, file, line);
  self().block->proxy().arrive(*self().block, barrier, expectedBytes);
}

RUNTIME void mbarrierWait(std::uint64_t* barrier, int parity, const char* file, int line) {
  check("mbarrierWait", barrier, file, line);
  self().block->waitForPhase(barrier, parity, file, line);
}

RUNTIME void fenceProxyAsync() { self().block->proxy().fence(self().linear); }

namespace {

// What all copies to shared memory ask of the mbarrier that counts them.
void checkCounter(const std::string& what, std::uint64_t* barrier, const char* file, int line) {
  check("cp.async.bulk", barrier, file, line);
  if (!self().block->proxy().knows(reinterpret_cast<Address>(barrier), sizeof *barrier)) {
    refuse(CUDA_ERROR_LAUNCH_FAILED, what + ": who made its mbarrier has not made it known by fence.proxy.async");
  }
}

void begin(BulkCopy copy) {
  AsyncProxy& proxy = self().block->proxy();
  for (const Piece& piece : copy.pieces) {
    std::memset(shadowOf(piece.to), pending, piece.bytes);
    proxy.forget(piece.to, piece.bytes);
  }
  if (watch & counting) self().block->counter().bulk(copy.pieces);
  proxy.copy(std::move(copy));
}

}  // namespace

RUNTIME void bulkCopy(void* shared, const void* global, int bytes, std::uint64_t* barrier, const char* file, int line) {
  const std::string what = "cp.async.bulk" + at(file, line);
  if (!isShared(shared)) refuse(CUDA_ERROR_ILLEGAL_ADDRESS, what + ": it writes to what is not shared memory");
  if (bytes <= 0 || bytes % 16) refuse(CUDA_ERROR_LAUNCH_FAILED, what + format(" of %d bytes: a multiple of 16 can be", bytes));
  const auto size = static_cast<unsigned>(bytes);
  checkRead(global, size, 16);
  checkWrite(shared, size, 16);
  checkCounter(what, barrier, file, line);
  begin({{{reinterpret_cast<Address>(shared), reinterpret_cast<Address>(global), size}}, barrier, size, self().linear});
}

RUNTIME void tensorCopy(void* shared, const void* map, int column, int row, std::uint64_t* barrier, const char* file, int line) {
  const std::string what = "cp.async.bulk.tensor" + at(file, line);
  if (!isShared(shared)) refuse(CUDA_ERROR_ILLEGAL_ADDRESS, what + ": it writes to what is not shared memory");
  TensorBox box;
  std::memcpy(&box, map, sizeof box);
  if (box.mark != TensorBox::valid) refuse(CUDA_ERROR_LAUNCH_FAILED, what + ": cuTensorMapEncodeTiled did not make its tensor map");
  const unsigned rowBytes = box.boxColumns * box.elementBytes, bytes = rowBytes * box.boxRows;
  checkWrite(shared, bytes, 128);
  checkCounter(what, barrier, file, line);
  BulkCopy copy{{}, barrier, bytes, self().linear};
  const auto to = reinterpret_cast<Address>(shared);
  for (unsigned r = 0; r < box.boxRows; r++) {
    const std::int64_t y = std::int64_t{row} + r;
    const bool inside = y >= 0 && y < static_cast<std::int64_t>(box.rows);
    for (unsigned at = 0; at < rowBytes; at += 16) {
      const std::int64_t x = column + static_cast<std::int64_t>(at / box.elementBytes);
      const std::int64_t end = std::min<std::int64_t>(x + 16 / box.elementBytes, static_cast<std::int64_t>(box.columns));
      if (x < 0) refuse(CUDA_ERROR_NOT_SUPPORTED, what + ": columns before the first are not emulated");
      const Address place = swizzled(to + r * rowBytes + at, box.swizzle);
      const unsigned there = inside && end > x ? static_cast<unsigned>(end - x) * box.elementBytes : 0;
      if (there) {
        const Address from = box.address + y * box.pitch + x * box.elementBytes;
        checkRead(reinterpret_cast<const void*>(from), there, 1);
        copy.pieces.push_back({place, from, there});
      }
      if (there < 16) copy.pieces.push_back({place + there, 0, 16 - there});
    }
  }
  begin(std::move(copy));
}

}  // namespace simt

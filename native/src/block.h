// Runs the threads of one block as fibers on one thread of the system, and lets them meet at barriers and warp
// collectives. A fiber runs until it has to wait; then the next one that can run takes over. When none can, the
// block can never end: that is reported with who waits where, instead of hanging.
#pragma once

#include <simt/core.h>

#include <vector>

#include "async.h"
#include "launch.h"
#include "limits.h"
#include "switch.h"
#include "tally.h"
#include "warpgroup.h"

namespace muninn {

class Block;

// Why accesses of the running block are looked at one by one; 0: they are not.
enum Watch : std::uint8_t {
  early = 1,    // no thread of it has waited for the launch before yet
  counting = 2,  // it is counted
  proxies = 4    // it has an mbarrier: what it writes to shared memory may be read by the asynchronous proxy
};
extern thread_local std::uint8_t watch __attribute__((tls_model("initial-exec")));

struct AsyncCopy {
  void* shared;
  const void* global;
  unsigned bytes, sourceBytes;
  unsigned group;
};

// A fiber's stack with its guard page, and the fiber itself at the top.
constexpr std::size_t stackBytes = 128 * 1024;
constexpr std::size_t stacksBytes = stackBytes * limits::blockThreads;

enum class State : std::uint8_t { ready, atBarrier, atCollective, atPhase, done };

struct Fiber : simt::Thread {
  Context context;
  State state = State::done;
  const char* waitsFor = "";
  const char* file = "";
  int line = 0;
  unsigned mask = 0;  // of the collective it waits at
  std::vector<AsyncCopy> copies;
  unsigned copyGroup = 0;
  Products products;  // of its warpgroup, as far as they are this thread's
  Block* block = nullptr;
  std::uintptr_t stacks = 0;  // where the stacks of the worker's fibers begin
  std::uint8_t* stack = nullptr;

  // Lies p on a stack of this block? Other threads' too: collectives work on the operands of all lanes.
  bool onStack(std::uintptr_t p) const { return p - stacks < stacksBytes; }
};

// A meeting of lanes of one warp that has begun and waits for the rest of its mask.
struct Meeting {
  const char* what;
  unsigned mask, arrived;
  simt::Evaluate evaluate;
  void* args[simt::warpSize];
};

// The same of a whole warpgroup, for one function at a time.
struct Gathering {
  unsigned arrived = 0;
  const char* file;
  int line;
  void* args[groupThreads];
};

struct SharedVariable {
  const void* site;
  void* place;
};

class Block {
 public:
  // `shared` is the place of this worker's blocks' shared memory.
  explicit Block(std::uintptr_t shared);
  ~Block();

  // Runs one block to its end or to its first error.
  void run(Grid& grid, std::uint64_t index);

  // What the functions of simt/core.h do, for the running fiber.
  int barrier(const char* what, bool predicate, const char* file, int line);
  void collective(const char* what, unsigned mask, void* args, simt::Evaluate evaluate, const char* file, int line);
  // Waits for all threads of its warpgroup; the last to arrive runs `evaluate` for them.
  void gather(const char* what, void* args, EvaluateGroup evaluate, const char* file, int line);
  // Until the phase of an mbarrier has completed, and what wakes who waits for it.
  void waitForPhase(std::uint64_t* barrier, int parity, const char* file, int line);
  void phaseCompleted(const std::uint64_t* barrier);
  unsigned warpMembers() const;
  void* staticShared(const void* site, std::size_t bytes, std::size_t align);
  void* dynamicShared() const { return reinterpret_cast<void*>(shared_); }
  std::uintptr_t sharedBase() const { return shared_; }
  void dependencyAwaited() {
    awaited_ = true;
    watch &= static_cast<std::uint8_t>(~early);
  }

  const Grid* grid() const { return grid_; }

  AsyncProxy& proxy() { return proxy_; }

  // While the block is counted (watch says so).
  Counter& counter() { return counter_; }

  // Leaves the block for good; what has gone wrong was reported.
  [[noreturn]] void abandon();

 private:
  static void enter();
  void addFiber();
  void rewind(Fiber& fiber);
  void leave();
  void finish(Fiber& fiber);
  void prepareShared();
  std::string stuck() const;
  Fiber& self() const { return *static_cast<Fiber*>(simt::current); }

  void makeReady(unsigned linear);
  unsigned turn(unsigned i) const { return reversed_ ? count_ - 1 - i : i; }
  Fiber* nextReady();
  Fiber* nextAfterCopies();
  void countWait();

  std::uintptr_t shared_;
  Grid* grid_ = nullptr;
  unsigned count_ = 0, done_ = 0;
  unsigned arrived_ = 0;
  int votes_ = 0, votesResult_ = 0;
  const char* barrierFile_ = nullptr;
  int barrierLine_ = 0;
  unsigned staticBytes_ = 0;
  std::uintptr_t sharedEnd_;  // of the shared memory in use
  bool awaited_ = false;
  bool reversed_ = false;  // the threads take their turns from the last to the first
  std::vector<SharedVariable> variables_;
  std::uintptr_t stacks_;
  std::vector<Fiber*> fibers_;
  std::vector<std::vector<Meeting>> meetings_;  // by warp
  std::vector<Gathering> gatherings_;           // by warpgroup
  std::vector<unsigned> ready_;                 // ring of the fibers that can run
  unsigned readyHead_ = 0, readyCount_ = 0;
  AsyncProxy proxy_;
  std::vector<std::pair<const std::uint64_t*, unsigned>> waiting_;  // mbarriers, and fibers at them
  Context out_;  // of run()
  Counter counter_;
};

// Inline, all of these: a processor foretells returns, and after a switch of fibers each return up to the kernel is
// foretold wrongly.

inline void Block::makeReady(unsigned linear) {
  fibers_[linear]->state = State::ready;
  unsigned at = readyHead_ + readyCount_++;
  if (at >= ready_.size()) at -= ready_.size();
  ready_[at] = linear;
}

inline Fiber* Block::nextReady() {
  if (!readyCount_) return nullptr;
  Fiber* next = fibers_[ready_[readyHead_]];
  if (++readyHead_ == ready_.size()) readyHead_ = 0;
  readyCount_--;
  return next;
}

// Gives way to the next fiber that can run; returns when this one is resumed.
inline void Block::leave() {
  auto* from = static_cast<Fiber*>(simt::current);
  Fiber* next = nextReady();
  if (!next) [[unlikely]] next = nextAfterCopies();
  if (next == from) return;
  simt::current = next;
  // Where nobody can run, all have ended, or the rest waits for what will never come: run() tells which.
  switchContext(from->context, next ? next->context : out_);
  simt::current = from;
}

}  // namespace muninn

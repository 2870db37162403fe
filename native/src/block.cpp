#include "block.h"

#include <algorithm>
#include <cstring>

#include "counts.h"
#include "limits.h"
#include "memory.h"
#include "report.h"

namespace muninn {

thread_local std::uint8_t watch = 0;

void Block::run(Grid& grid, std::uint64_t index) {
  const Launch& launch = grid.launch;
  grid_ = &grid;
  count_ = launch.block.x * launch.block.y * launch.block.z;
  done_ = arrived_ = 0;
  votes_ = 0;
  barrierFile_ = nullptr;
  staticBytes_ = 0;
  awaited_ = false;
  const bool sampled = grid.sample && grid.sample->has(index);
  watch = static_cast<std::uint8_t>((launch.programmatic ? early : 0) | (sampled ? counting : 0));
  variables_.clear();
  waiting_.clear();
  proxy_.begin(shared_, (index + grid.number) % 2 != 0);
  while (fibers_.size() < count_) addFiber();
  const unsigned warps = (count_ + simt::warpSize - 1) / simt::warpSize;
  if (meetings_.size() < warps) meetings_.resize(warps);
  for (auto& meetings : meetings_) meetings.clear();
  gatherings_.assign((count_ + groupThreads - 1) / groupThreads, {});
  ready_.resize(count_);
  readyHead_ = readyCount_ = 0;
  prepareShared();
  if (sampled) counter_.begin(grid.sample->given, count_, shared_);

  const uint3 blockIdx{static_cast<unsigned>(index % launch.grid.x),
                       static_cast<unsigned>(index / launch.grid.x % launch.grid.y),
                       static_cast<unsigned>(index / launch.grid.x / launch.grid.y)};
  for (unsigned i = 0; i < count_; i++) {
    Fiber& fiber = *fibers_[i];
    fiber.threadIdx = {i % launch.block.x, i / launch.block.x % launch.block.y, i / launch.block.x / launch.block.y};
    fiber.blockIdx = blockIdx;
    fiber.blockDim = launch.block;
    fiber.gridDim = launch.grid;
    fiber.linear = i;
    fiber.lane = i % simt::warpSize;
    fiber.copies.clear();
    fiber.copyGroup = 0;
    fiber.products = {};
  }
  // Blocks go through their threads forwards and backwards in turn: a missing barrier that one order hides, the other
  // shows.
  reversed_ = (index + grid.number) % 2 != 0;
  for (unsigned i = 0; i < count_; i++) makeReady(turn(i));

  Fiber* first = nextReady();
  simt::current = first;
  switchContext(out_, first->context);
  simt::current = nullptr;
  watch = 0;
  if (sampled) counted(counter_.end());

  if (done_ < count_) {
    if (!grid.failed) report(CUDA_ERROR_LAUNCH_FAILED, stuck());
    grid.failed = true;
    // What lies on the stacks of the unfinished is of no use any more.
    for (unsigned i = 0; i < count_; i++) {
      if (fibers_[i]->state != State::done) rewind(*fibers_[i]);
    }
  } else if (proxy_.copying() && !grid.failed) {
    report(CUDA_ERROR_LAUNCH_FAILED, format("unfinished cp.async.bulk: block (%u,%u,%u) of kernel %s ended without waiting for it",
                                            blockIdx.x, blockIdx.y, blockIdx.z, launch.function->kernel->name));
    grid.failed = true;
  } else if (launch.programmatic && !awaited_ && !grid.failed) {
    report(CUDA_ERROR_LAUNCH_FAILED,
           format("missing grid dependency wait: kernel %s was launched with programmatic stream serialization, but "
                  "block (%u,%u,%u) ended without waiting for its predecessor",
                  launch.function->kernel->name, blockIdx.x, blockIdx.y, blockIdx.z));
    grid.failed = true;
  }
}

void Block::finish(Fiber& fiber) {
  if (fiber.products.atWork()) {
    report(CUDA_ERROR_LAUNCH_FAILED, "unfinished wgmma: a thread ends without waiting for it; " + whoRuns());
    abandon();
  }
  fiber.state = State::done;
  done_++;
  leave();
}

int Block::barrier(const char* what, bool predicate, const char* file, int line) {
  Fiber& fiber = self();
  fiber.waitsFor = what;
  fiber.file = file;
  fiber.line = line;
  if (arrived_ == 0) {
    barrierFile_ = file;
    barrierLine_ = line;
  } else if (line != barrierLine_ || std::strcmp(file, barrierFile_) != 0) {
    report(CUDA_ERROR_LAUNCH_FAILED,
           format("divergent barrier: threads of one block wait at different barriers, this one at %s (%s:%d), others "
                  "at %s:%d; %s",
                  what, file, line, barrierFile_, barrierLine_, whoRuns().c_str()));
    abandon();
  }
  votes_ += predicate;
  if (++arrived_ < count_) {
    fiber.state = State::atBarrier;
    leave();
    return votesResult_;
  }
  votesResult_ = votes_;
  if (watch & counting) {
    counter_.tally.barriers++;
    counter_.met(~0u);
  }
  arrived_ = 0;
  votes_ = 0;
  for (unsigned i = 0; i < count_; i++) {
    if (fibers_[turn(i)]->state == State::atBarrier) makeReady(turn(i));
  }
  return votesResult_;
}

void Block::gather(const char* what, void* args, EvaluateGroup evaluate, const char* file, int line) {
  Fiber& fiber = self();
  fiber.waitsFor = what;
  fiber.file = file;
  fiber.line = line;
  const unsigned first = fiber.linear / groupThreads * groupThreads;
  if (first + groupThreads > count_) {
    report(CUDA_ERROR_LAUNCH_FAILED, format("%s at %s:%d in a warpgroup of which a block of %u threads has no whole one; %s", what, file,
                                            line, count_, whoRuns().c_str()));
    abandon();
  }
  Gathering& gathering = gatherings_[fiber.linear / groupThreads];
  if (!gathering.arrived) {
    gathering.file = file;
    gathering.line = line;
  } else if (gathering.line != line || std::strcmp(gathering.file, file) != 0) {
    report(CUDA_ERROR_LAUNCH_FAILED, format("divergent warpgroup: %s at %s:%d while other threads wait at %s:%d; %s", what, file, line,
                                            gathering.file, gathering.line, whoRuns().c_str()));
    abandon();
  }
  gathering.args[fiber.linear - first] = args;
  if (++gathering.arrived < groupThreads) {
    fiber.state = State::atCollective;
    fiber.mask = ~0u;
    leave();
    return;
  }
  gathering.arrived = 0;
  evaluate(gathering.args);
  for (unsigned i = 0; i < groupThreads; i++) {
    if (first + i != fiber.linear) makeReady(first + i);
  }
}

void Block::waitForPhase(std::uint64_t* barrier, int parity, const char* file, int line) {
  Fiber& fiber = self();
  fiber.waitsFor = "mbarrierWait";
  fiber.file = file;
  fiber.line = line;
  while (!AsyncProxy::completed(barrier, parity)) {
    fiber.state = State::atPhase;
    waiting_.emplace_back(barrier, fiber.linear);
    leave();
  }
}

void Block::phaseCompleted(const std::uint64_t* barrier) {
  if (watch & counting) counter_.phaseCompleted(barrier);
  std::erase_if(waiting_, [&](const auto& waits) {
    if (waits.first != barrier) return false;
    makeReady(waits.second);
    return true;
  });
}

// Copies come as late as they can: when all that is left to do waits for them.
Fiber* Block::nextAfterCopies() {
  Fiber* next = nullptr;
  if ((watch & counting) && proxy_.copying()) countWait();
  while (!next && !waiting_.empty() && proxy_.deliver(*this)) next = nextReady();
  return next;
}

// Of what is on its way, all phases that are waited for will have come together: who waits first is a matter of turns.
void Block::countWait() {
  std::uint64_t awaited = 0;
  bool some = false;
  for (const auto& waits : waiting_) {
    if (!counter_.awaits(waits.first)) continue;
    some = true;
    awaited += proxy_.onTheirWay(waits.first);
  }
  if (some) counter_.waited(proxy_.onTheirWay(), proxy_.onTheirWay() - awaited);
}

unsigned Block::warpMembers() const {
  const unsigned first = self().linear - self().lane;
  const unsigned members = std::min(count_ - first, simt::warpSize);
  return members == simt::warpSize ? ~0u : (1u << members) - 1;
}

void Block::collective(const char* what, unsigned mask, void* args, simt::Evaluate evaluate, const char* file,
                       int line) {
  Fiber& fiber = self();
  fiber.waitsFor = what;
  fiber.file = file;
  fiber.line = line;
  fiber.mask = mask;
  // A mask may name lanes that a short last warp does not have.
  const unsigned wanted = mask & warpMembers();
  if (!(wanted >> fiber.lane & 1)) {
    report(CUDA_ERROR_LAUNCH_FAILED, format("%s at %s:%d with mask %#x, which lacks the calling lane %u; %s", what, file,
                                            line, mask, fiber.lane, whoRuns().c_str()));
    abandon();
  }
  auto& meetings = meetings_[fiber.linear / simt::warpSize];
  auto it = std::find_if(meetings.begin(), meetings.end(), [&](const Meeting& m) { return m.mask == wanted; });
  if (it == meetings.end()) {
    meetings.push_back({what, wanted, 0, evaluate, {}});
    it = std::prev(meetings.end());
  } else if (it->evaluate != evaluate) {
    report(CUDA_ERROR_LAUNCH_FAILED, format("divergent warp: lane %u is at %s (%s:%d) with mask %#x while other lanes of "
                                            "this mask wait at %s; %s",
                                            fiber.lane, what, file, line, mask, it->what, whoRuns().c_str()));
    abandon();
  }
  it->args[fiber.lane] = args;
  it->arrived |= 1u << fiber.lane;
  if (it->arrived != wanted) {
    fiber.state = State::atCollective;
    leave();
    return;
  }
  evaluate(it->args, wanted);
  if (watch & counting && wanted == warpMembers()) counter_.met(fiber.linear / simt::warpSize);
  meetings.erase(it);
  const unsigned first = fiber.linear - fiber.lane;
  for (unsigned lane = 0; lane < simt::warpSize; lane++) {
    if ((wanted >> lane & 1) && lane != fiber.lane) makeReady(first + lane);
  }
}

std::string Block::stuck() const {
  // Threads that wait at the same place are named once, with how many they are.
  const Fiber* example = nullptr;
  unsigned waiting = 0;
  for (unsigned i = 0; i < count_; i++) {
    if (fibers_[i]->state == State::done) continue;
    if (!example) example = fibers_[i];
    waiting++;
  }
  const Fiber& e = *example;
  std::string text = e.state == State::atPhase ? "mbarrier of which a phase never completes: " : "divergent barrier: ";
  text += format("kernel %s, block (%u,%u,%u): thread (%u,%u,%u) waits at %s (%s:%d", grid_->launch.function->kernel->name,
                 e.blockIdx.x, e.blockIdx.y, e.blockIdx.z, e.threadIdx.x, e.threadIdx.y, e.threadIdx.z, e.waitsFor,
                 e.file, e.line);
  if (e.state == State::atCollective) text += format(", mask %#x", e.mask);
  text += format(") for threads that never come: %u of %u threads wait, %u have ended", waiting, count_, done_);
  for (unsigned i = 0; i < count_; i++) {
    const Fiber& f = *fibers_[i];
    if (f.state == State::done || (f.line == e.line && f.file == e.file)) continue;
    return text + format("; thread (%u,%u,%u) waits at %s (%s:%d)", f.threadIdx.x, f.threadIdx.y, f.threadIdx.z, f.waitsFor,
                         f.file, f.line);
  }
  for (unsigned i = 0; i < count_; i++) {
    const Fiber& f = *fibers_[i];
    if (f.state != State::done) continue;
    return text + format("; thread (%u,%u,%u) has ended without it", f.threadIdx.x, f.threadIdx.y, f.threadIdx.z);
  }
  return text;
}

}  // namespace muninn

// The threads of the system that run blocks.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "block.h"
#include "counts.h"
#include "memory.h"
#include "report.h"
#include "settings.h"

namespace muninn {

std::atomic<bool> stopping{false};
std::uint32_t chain = 1;

namespace {

long timeoutSeconds() {
  static const long seconds = setting("MUNINN_EMULATED_TIMEOUT", 300);
  return seconds;
}

// Kernels never run on the caller's own thread: a JVM would not know the stacks of fibers.
class Workers {
 public:
  static Workers& get() {
    static auto* workers = new Workers;  // never ended: at exit of the process nobody waits for them
    return *workers;
  }

  void run(Grid& grid) {
    std::unique_lock guard(lock_);
    grid_ = &grid;
    wanted_ = static_cast<unsigned>(std::min<std::uint64_t>(grid.blocks, count_));
    running_ = wanted_;
    if (wanted_ == 1) {
      begin_.notify_one();
    } else {
      begin_.notify_all();
    }
    const auto done = [&] { return running_ == 0; };
    if (end_.wait_for(guard, std::chrono::seconds(timeoutSeconds()), done)) return;
    stopping = true;
    if (!end_.wait_for(guard, std::chrono::seconds(10), done)) {
      // It computes for ever without a look at memory; there is no way to take its thread back.
      std::fprintf(stderr, "emulated device: kernel %s does not end\n", grid.launch.function->kernel->name);
      std::abort();
    }
    stopping = false;
  }

 private:
  Workers() {
    const long cores = std::max(1u, std::thread::hardware_concurrency());
    count_ = static_cast<unsigned>(std::clamp<long>(setting("MUNINN_EMULATED_THREADS", cores), 1, maxWorkers));
    // Signals are for the threads of the program, whose handlers may not fit a fiber's stack.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < count_; i++) std::thread([this, i] { work(i); }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void work(unsigned number) {
    Block block(arena.base + number * sharedStride);
    std::unique_lock guard(lock_);
    for (;;) {
      begin_.wait(guard, [&] { return wanted_ > 0; });
      wanted_--;
      Grid& grid = *grid_;
      guard.unlock();
      while (!grid.failed) {
        const std::uint64_t turn = grid.next++;
        if (grid.sample && grid.sample->alone) {
          if (turn >= grid.sample->blocks.size()) break;
          block.run(grid, grid.sample->blocks[turn]);
        } else {
          if (turn >= grid.blocks) break;
          block.run(grid, turn);
        }
      }
      guard.lock();
      if (--running_ == 0) end_.notify_all();
    }
  }

  std::mutex lock_;
  std::condition_variable begin_, end_;
  Grid* grid_ = nullptr;
  unsigned count_ = 0, wanted_ = 0, running_ = 0;
};

}  // namespace

void runBlocks(Grid& grid) { Workers::get().run(grid); }

}  // namespace muninn

#include "counts.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "memory.h"
#include "report.h"

namespace muninn {

namespace {

constexpr std::uint64_t together = 8;  // sampled blocks beside each other

std::mutex lock;
unsigned wanted;  // blocks of a launch; 0: nothing is counted
bool others;      // whether the other blocks run
Tally running;    // of the launch that runs
std::string told;

struct Before {
  void* p;
  std::size_t bytes;
  std::uint64_t value;
};
std::vector<Before> before;  // of the launch that runs, what atomics changed

std::string text(const std::string& s) { return "\"" + s + "\""; }

std::string number(std::uint64_t n) { return format("%lu", static_cast<unsigned long>(n)); }

std::string at(const Site& site) {
  if (site.file) {
    const std::string path = site.file;
    return path.substr(path.rfind('/') + 1) + ":" + std::to_string(std::abs(site.line));
  }
  const std::string line = sourceLine(site.from);
  return line.empty() ? format("%p", site.from) : line;
}

std::string traffic(const char* name, const Traffic& t) {
  return text(name) + ":{\"requests\":" + number(t.requests) + ",\"bytes\":" + number(t.bytes) + ",\"sectors\":" +
         number(t.sectors) + ",\"lines\":" + number(t.lines) + "}";
}

std::uint64_t distinct(std::vector<std::uint64_t> of) {
  std::sort(of.begin(), of.end());
  return std::unique(of.begin(), of.end()) - of.begin();
}

std::string triple(const char* name, const dim3& d) {
  return text(name) + format(":[%u,%u,%u]", d.x, d.y, d.z);
}

std::string parameters(const Sample& sample, const Tally& tally) {
  std::string json;
  for (std::size_t i = 0; i < tally.parameters.size(); i++) {
    const OfParameter& of = tally.parameters[i];
    if (of.read.empty() && of.written.empty()) continue;
    const std::string name = i < sample.given.size() ? sample.given[i].name : "other";
    json += json.empty() ? "" : ",";
    json += "{\"name\":" + text(name) + "," + traffic("loads", of.traffic[0]) + "," + traffic("stores", of.traffic[1]) + "," +
            traffic("copies", of.traffic[2]) + ",\"sectors_read\":" + number(distinct(of.read)) +
            ",\"sectors_written\":" + number(distinct(of.written)) + "}";
  }
  return "[" + json + "]";
}

// The places with conflicts are named, which takes a while; the others are one sum.
std::string shared(const Tally& tally) {
  Banks all;
  std::string json;
  for (const auto& [site, banks] : tally.sites) {
    all.add(banks);
    if (banks.wavefronts == banks.least) continue;
    json += json.empty() ? "" : ",";
    json += "{\"at\":" + text(at(site)) + ",\"requests\":" + number(banks.requests) + ",\"wavefronts\":" +
            number(banks.wavefronts) + ",\"least\":" + number(banks.least) + "}";
  }
  return "{\"requests\":" + number(all.requests) + ",\"wavefronts\":" + number(all.wavefronts) + ",\"least\":" +
         number(all.least) + ",\"conflicts\":[" + json + "]}";
}

std::string waits(const Tally& tally) {
  std::vector<std::uint64_t> before, after;
  for (const OnTheirWay& wait : tally.waits) {
    before.push_back(wait.before);
    after.push_back(wait.after);
  }
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  const auto middle = [](const std::vector<std::uint64_t>& of) { return of.empty() ? 0 : of[of.size() / 2]; };
  return "{\"count\":" + number(before.size()) + ",\"before\":" + number(middle(before)) + ",\"most\":" +
         number(before.empty() ? 0 : before.back()) + ",\"after\":" + number(middle(after)) + "}";
}

std::string launchJson(const Launch& launch, const Sample& sample, const Tally& t) {
  std::uint64_t most = 0, sum = 0;
  for (const std::uint64_t bytes : t.readByBlock) {
    most = std::max(most, bytes);
    sum += bytes;
  }
  const std::uint64_t blocks = std::uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z;
  return "{\"kernel\":" + text(launch.function->kernel->name) + "," + triple("grid", launch.grid) + "," +
         triple("block", launch.block) + ",\"dynamic_shared\":" + number(launch.dynamicShared) + ",\"static_shared\":" +
         number(launch.function->staticShared) + ",\"programmatic\":" + (launch.programmatic ? "true" : "false") +
         ",\"blocks\":" + number(blocks) + ",\"sampled\":" + number(t.blocks) + ",\"alone\":" +
         (sample.alone ? "true" : "false") + ",\"warps\":" + number(t.warps) + ",\"parameters\":" + parameters(sample, t) +
         ",\"shared\":" + shared(t) + ",\"waits\":" + waits(t) + ",\"barriers\":" + number(t.barriers) + ",\"fences\":" +
         number(t.fences) + ",\"atomics\":" + number(t.atomics) + ",\"mma\":" + number(t.mma) + ",\"global_loads\":" +
         number(t.requests[0][0]) + ",\"global_stores\":" + number(t.requests[0][1]) + ",\"async_copies\":" +
         number(t.requests[0][2]) + ",\"shared_loads\":" + number(t.requests[1][0]) + ",\"shared_stores\":" +
         number(t.requests[1][1]) + ",\"most_read\":" + number(most) + ",\"read\":" + number(sum) + "}";
}

}  // namespace

bool Sample::has(std::uint64_t block) const { return std::binary_search(blocks.begin(), blocks.end(), block); }

std::unique_ptr<Sample> sampleOf(const Launch& launch, std::uint64_t blocks) {
  std::lock_guard guard(lock);
  if (!wanted) return nullptr;
  auto sample = std::make_unique<Sample>();
  // Neighbours, since those add up what they share: the first ones, the last, and as many groups evenly between.
  const std::uint64_t n = std::min<std::uint64_t>(wanted, blocks), groups = (n + together - 1) / together;
  for (std::uint64_t group = 0; group < groups; group++) {
    const std::uint64_t first = groups == 1 ? 0 : group * (blocks - together) / (groups - 1);
    for (std::uint64_t i = 0; i < std::min(n, together); i++) {
      if (sample->blocks.empty() || sample->blocks.back() < first + i) sample->blocks.push_back(first + i);
    }
  }
  sample->alone = !others;
  sample->given = givenTo(launch);
  running = {};
  return sample;
}

void remember(void* p, std::size_t bytes) {
  if (reinterpret_cast<std::uintptr_t>(p) - arena.base < arena.heapStart) return;
  std::lock_guard guard(lock);
  Before b{p, bytes, 0};
  std::memcpy(&b.value, p, bytes);
  before.push_back(b);
}

void counted(Tally&& block) {
  std::lock_guard guard(lock);
  running.add(std::move(block));
}

void counted(const Launch& launch, const Sample& sample) {
  std::lock_guard guard(lock);
  told += (told.empty() ? "" : ",\n") + launchJson(launch, sample, running);
  running = {};
  for (auto b = before.rbegin(); b != before.rend(); ++b) std::memcpy(b->p, &b->value, b->bytes);
  before.clear();
}

}  // namespace muninn

using namespace muninn;

// From now on, so many blocks of each launch are counted, 0 ends it; alone: the others do not even run, which is quick,
// and leaves results undone. Meanwhile memory that nobody wrote may be read: what is counted does not depend on it.
EXPORT void muninnEmulatedCount(unsigned blocks, int alone) {
  std::lock_guard guard(lock);
  static const bool checked = arena.initChecked;
  arena.initChecked = checked && !blocks;
  wanted = blocks;
  others = !alone;
}

// What was counted since this was asked for the last time: a JSON array, an object a launch (README.md has its fields).
EXPORT const char* muninnEmulatedCounts() {
  static std::string copy;
  std::lock_guard guard(lock);
  copy = "[" + told + "]";
  told.clear();
  return copy.c_str();
}

#include "tally.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "memory.h"
#include "report.h"

namespace muninn {

namespace {

constexpr unsigned lookBack = 8;  // accesses of a lane among which the parts of a split vector are looked for

// Sorts, leaves each once; how many there are.
std::uint64_t pieces(std::uintptr_t* of, unsigned count) {
  std::sort(of, of + count);
  return std::unique(of, of + count) - of;
}

// "Lanes lanes, const bf16* x" to its names; commas within <> part nothing.
std::vector<std::string> namesOf(const char* signature) {
  std::vector<std::string> names;
  int depth = 0;
  std::string name;
  for (const char* c = signature; *c; c++) {
    if (*c == '<') depth++;
    if (*c == '>') depth--;
    if (*c == ',' && depth == 0) {
      names.push_back(name);
      name.clear();
    } else if (*c == ' ' || *c == '*' || *c == '&') {
      name.clear();
    } else {
      name += *c;
    }
  }
  names.push_back(name);
  return names;
}

}  // namespace

std::vector<Given> givenTo(const Launch& launch) {
  const simt::Kernel& kernel = *launch.function->kernel;
  const std::vector<std::string> names = namesOf(kernel.signature);
  std::vector<Given> all;
  for (unsigned i = 0; i < kernel.count; i++) {
    const simt::Parameter& parameter = kernel.parameters[i];
    std::vector<std::pair<unsigned, Given>> within;
    for (unsigned at = 0; at + 8 <= parameter.size; at += 8) {
      std::uintptr_t p;
      std::memcpy(&p, launch.parameters.data() + parameter.offset + at, sizeof p);
      Given found{"", p, 0, 0};
      if (inArena(p) && allocationOf(p, found.from, found.to)) within.emplace_back(at, found);
    }
    // A struct of several pointers: its name, and where in it.
    for (auto& [at, found] : within) {
      found.name = names[i] + (within.size() > 1 ? format("+%u", at) : "");
      all.push_back(found);
    }
  }
  return all;
}

void Tally::add(Tally&& other) {
  if (parameters.size() < other.parameters.size()) parameters.resize(other.parameters.size());
  for (std::size_t i = 0; i < other.parameters.size(); i++) {
    OfParameter& mine = parameters[i];
    OfParameter& theirs = other.parameters[i];
    for (unsigned k = 0; k < kinds; k++) mine.traffic[k].add(theirs.traffic[k]);
    mine.read.insert(mine.read.end(), theirs.read.begin(), theirs.read.end());
    mine.written.insert(mine.written.end(), theirs.written.begin(), theirs.written.end());
  }
  for (auto& [site, theirs] : other.sites) sites[site].add(theirs);
  waits.insert(waits.end(), other.waits.begin(), other.waits.end());
  blocks += other.blocks;
  warps += other.warps;
  barriers += other.barriers;
  fences += other.fences;
  atomics += other.atomics;
  mma += other.mma;
  for (unsigned m = 0; m < 2; m++) {
    for (unsigned k = 0; k < kinds; k++) requests[m][k] += other.requests[m][k];
  }
  readByBlock.insert(readByBlock.end(), other.readByBlock.begin(), other.readByBlock.end());
}

void Counter::begin(const std::vector<Given>& given, unsigned threads, std::uintptr_t sharedBase) {
  given_ = &given;
  sharedBase_ = sharedBase;
  tally = {};
  tally.parameters.resize(given.size() + 1);
  tally.blocks = 1;
  tally.warps = (threads + simt::warpSize - 1) / simt::warpSize;
  accesses_.assign(tally.warps * simt::warpSize, {});
  waits_.assign(threads, 0);
  lastBefore_ = 0;
  phases_.clear();
  bulkWaits_.clear();
  bulkBefore_ = 0;
}

Tally Counter::end() {
  met(~0u);
  // Behind the last copy the block only waits for what is left.
  tally.waits.resize(std::min<std::size_t>(tally.waits.size(), lastBefore_ + 1));
  bulkWaits_.resize(std::min(bulkWaits_.size(), bulkBefore_ + 1));
  if (!bulkWaits_.empty()) {
    // who copies in both ways waits for both, and often for nothing of one
    std::erase_if(tally.waits, [](const OnTheirWay& wait) { return wait.before == 0; });
    tally.waits.insert(tally.waits.end(), bulkWaits_.begin(), bulkWaits_.end());
  }
  std::uint64_t sectors = 0;
  for (OfParameter& of : tally.parameters) {
    sectors += of.traffic[static_cast<unsigned>(Kind::load)].sectors + of.traffic[static_cast<unsigned>(Kind::copy)].sectors;
    for (auto* touched : {&of.read, &of.written}) {
      std::sort(touched->begin(), touched->end());
      touched->erase(std::unique(touched->begin(), touched->end()), touched->end());
    }
  }
  tally.readByBlock.push_back(sectors * sectorBytes);
  given_ = nullptr;
  return std::move(tally);
}

void Counter::access(unsigned thread, const Site& site, std::uintptr_t address, std::size_t bytes, Kind kind) {
  if (kind == Kind::copy) lastBefore_ = std::max(lastBefore_, waits_[thread]);
  auto& mine = accesses_[thread];
  const bool shared = address - arena.base < arena.heapStart;
  for (std::uintptr_t end = address + bytes; address < end;) {
    const std::uintptr_t unit = address / unitBytes * unitBytes;
    const std::uintptr_t stop = std::min(end, unit + unitBytes);
    const auto mask = static_cast<std::uint16_t>(((1u << (stop - address)) - 1) << (address - unit));
    address = stop;
    // The compiler of the host splits vectors into their elements: parts of one unit from different places are one.
    const auto last = mine.rend() - std::max<std::ptrdiff_t>(0, mine.size() - lookBack);
    const auto whole = std::find_if(mine.rbegin(), last, [&](const Access& a) {
      return a.unit == unit && a.kind == kind && !(a.site == site) && !(a.mask & mask);
    });
    if (whole != last) {
      whole->mask |= mask;
    } else {
      mine.push_back({site, unit, mask, kind, shared});
    }
  }
}

void Counter::met(unsigned warp) {
  if (warp != ~0u) return flush(warp);
  for (unsigned w = 0; w < tally.warps; w++) flush(w);
}

void Counter::waited(unsigned thread, std::uint64_t before, std::uint64_t after) {
  const unsigned ordinal = waits_[thread]++;
  if (tally.waits.size() <= ordinal) tally.waits.resize(ordinal + 1);
  tally.waits[ordinal].before += before;
  tally.waits[ordinal].after += after;
}

void Counter::bulk(const std::vector<Piece>& pieces) {
  bulkBefore_ = bulkWaits_.size();
  tally.requests[0][static_cast<unsigned>(Kind::copy)]++;
  bool first = true;
  for (std::size_t i = 0; i < pieces.size();) {
    const std::uintptr_t from = pieces[i].from;
    std::uintptr_t end = from + pieces[i].bytes;
    for (i++; i < pieces.size() && from && pieces[i].from == end; i++) end += pieces[i].bytes;
    if (!from) continue;  // zeros
    OfParameter& of = tally.parameters[owner(from)];
    Traffic& traffic = of.traffic[static_cast<unsigned>(Kind::copy)];
    traffic.requests += first;
    first = false;
    traffic.bytes += end - from;
    traffic.sectors += (end - 1) / sectorBytes - from / sectorBytes + 1;
    traffic.lines += (end - 1) / lineBytes - from / lineBytes + 1;
    for (std::uintptr_t sector = from / sectorBytes; sector <= (end - 1) / sectorBytes; sector++) {
      of.read.push_back(sector - arena.base / sectorBytes);
    }
  }
}

// Whether all lanes of a warp went the same way, as they mostly do.
bool Counter::alike(unsigned warp) const {
  const auto* lanes = &accesses_[warp * simt::warpSize];
  for (unsigned lane = 1; lane < simt::warpSize; lane++) {
    if (lanes[lane].size() != lanes[0].size()) return false;
    for (std::size_t i = 0; i < lanes[0].size(); i++) {
      if (!(lanes[lane][i].site == lanes[0][i].site)) return false;
    }
  }
  return true;
}

void Counter::flush(unsigned warp) {
  auto* lanes = &accesses_[warp * simt::warpSize];
  if (alike(warp)) {
    for (std::size_t i = 0; i < lanes[0].size(); i++) {
      Request request;
      request.kind = lanes[0][i].kind;
      request.shared = lanes[0][i].shared;
      request.site = lanes[0][i].site;
      for (unsigned lane = 0; lane < simt::warpSize; lane++) request.add(lanes[lane][i]);
      take(request);
    }
  } else {
    std::unordered_map<Site, std::vector<Request>, SiteHash> requests;
    for (unsigned lane = 0; lane < simt::warpSize; lane++) {
      std::unordered_map<Site, unsigned, SiteHash> times;
      for (const Access& a : lanes[lane]) {
        auto& ofSite = requests[a.site];
        const unsigned time = times[a.site]++;
        if (time == ofSite.size()) ofSite.emplace_back();
        ofSite[time].kind = a.kind;
        ofSite[time].shared = a.shared;
        ofSite[time].site = a.site;
        ofSite[time].add(a);
      }
    }
    for (const auto& [site, ofSite] : requests) {
      for (const Request& request : ofSite) take(request);
    }
  }
  for (unsigned lane = 0; lane < simt::warpSize; lane++) lanes[lane].clear();
}

void Counter::take(const Request& request) {
  tally.requests[request.shared][static_cast<unsigned>(request.kind)]++;
  request.shared ? shared(request) : global(request);
}

// The parameter that an address belongs to: of several into one allocation, the last at or below it.
std::size_t Counter::owner(std::uintptr_t address) const {
  std::size_t best = given_->size();
  for (std::size_t i = 0; i < given_->size(); i++) {
    const Given& g = (*given_)[i];
    if (address < g.from || address >= g.to) continue;
    const bool none = best == given_->size();
    if (none || (g.pointer <= address && ((*given_)[best].pointer > address || g.pointer > (*given_)[best].pointer))) best = i;
  }
  return best;
}

void Counter::global(const Request& request) {
  std::uintptr_t sectors[simt::warpSize], lines[simt::warpSize];
  std::pair<std::uintptr_t, std::uint16_t> units[simt::warpSize];
  for (unsigned i = 0; i < request.count; i++) {
    sectors[i] = request.unit[i] / sectorBytes;
    lines[i] = request.unit[i] / lineBytes;
    units[i] = {request.unit[i], request.mask[i]};
  }
  OfParameter& of = tally.parameters[owner(request.unit[0])];
  Traffic& traffic = of.traffic[static_cast<unsigned>(request.kind)];
  traffic.requests++;
  traffic.lines += pieces(lines, request.count);
  const std::uint64_t different = pieces(sectors, request.count);
  traffic.sectors += different;
  auto& touched = request.kind == Kind::store ? of.written : of.read;
  for (unsigned i = 0; i < different; i++) touched.push_back(sectors[i] - arena.base / sectorBytes);
  std::sort(units, units + request.count);
  for (unsigned i = 0; i < request.count; i++) {
    std::uint16_t mask = units[i].second;
    while (i + 1 < request.count && units[i + 1].first == units[i].first) mask |= units[++i].second;
    traffic.bytes += std::popcount(mask);
  }
}

void Counter::shared(const Request& request) {
  // 32 lanes go at once with up to 4 bytes each, 16 with 8, 8 with 16.
  unsigned widest = 0;
  for (unsigned i = 0; i < request.count; i++) {
    widest = std::max<unsigned>(widest, std::bit_width(request.mask[i]) - std::countr_zero(request.mask[i]));
  }
  const unsigned together = widest <= 4 ? 32 : widest <= 8 ? 16 : 8;
  Banks& banks = tally.sites[request.site];
  banks.requests++;
  for (unsigned first = 0; first < request.count; first += together) {
    std::uintptr_t words[4 * simt::warpSize];
    unsigned count = 0;
    for (unsigned i = first; i < std::min(request.count, first + together); i++) {
      for (unsigned word = 0; word < 4; word++) {
        if (request.mask[i] >> 4 * word & 15) words[count++] = (request.unit[i] - sharedBase_) / 4 + word;
      }
    }
    count = pieces(words, count);
    unsigned ofBank[32] = {};
    for (unsigned i = 0; i < count; i++) ofBank[words[i] % 32]++;
    banks.wavefronts += *std::max_element(ofBank, ofBank + 32);
    banks.least += (count + 31) / 32;
  }
}

}  // namespace muninn

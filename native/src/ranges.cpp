// Memory of the host that kernels may use: what was pinned, and the tables of loaded modules.
#include <iterator>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "memory.h"

namespace muninn {

namespace {
std::shared_mutex lock;
std::map<std::uintptr_t, std::size_t> hostRanges;         // bytes by address
std::map<std::uintptr_t, std::uintptr_t> moduleRanges;    // ends by starts
}  // namespace

void addHostRange(void* p, std::size_t bytes) {
  std::unique_lock guard(lock);
  hostRanges[reinterpret_cast<std::uintptr_t>(p)] = bytes;
}

bool removeHostRange(void* p) {
  std::unique_lock guard(lock);
  return hostRanges.erase(reinterpret_cast<std::uintptr_t>(p)) != 0;
}

bool inHostRange(std::uintptr_t address, std::size_t bytes) {
  std::shared_lock guard(lock);
  auto it = hostRanges.upper_bound(address);
  if (it == hostRanges.begin()) return false;
  --it;
  return address - it->first <= it->second && bytes <= it->second - (address - it->first);
}

void addModuleRange(std::uintptr_t from, std::uintptr_t to) {
  std::unique_lock guard(lock);
  moduleRanges[from] = to;
}

void removeModuleRange(std::uintptr_t from) {
  std::unique_lock guard(lock);
  moduleRanges.erase(from);
}

bool inModuleRange(std::uintptr_t address, std::size_t bytes, ModuleRange& found) {
  std::shared_lock guard(lock);
  auto it = moduleRanges.upper_bound(address);
  if (it == moduleRanges.begin() || address + bytes > (--it)->second) return false;
  found = {it->first, it->second};
  return true;
}

}  // namespace muninn

#include "settings.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "driver.h"
#include "limits.h"
#include "memory.h"
#include "report.h"

namespace muninn {

namespace {

constexpr std::string_view prefix = "MUNINN_EMULATED_";

// A variable, without the prefix: its words, or the least and the most of its numbers.
struct Variable {
  std::string_view name;
  const char* words;
  long least = 0, most = 0;
};

constexpr Variable variables[] = {
    {"THREADS", nullptr, 1, maxWorkers},
    {"MEMORY_MB", nullptr, 1, 1 << 20},
    {"DEVICES", nullptr, 1, limits::devices},
    {"FAILS", "DEVICE@LAUNCHES, as 1@500"},
    {"SMS", nullptr, 1, 1024},
    {"SHARED_KB", nullptr, 2, sharedStride / 1024},
    {"INITCHECK", nullptr, 0, 1},
    {"DRIVER_VERSION", nullptr, 1000, 99999},
    {"ORDER", "late or racing"},
    {"TIMEOUT", nullptr, 1, 1000000},
    {"QUIET", nullptr, 0, 1},
};

bool parse(const std::string& said, Break& b) {
  char after;
  return std::sscanf(said.c_str(), "%d@%ld%c", &b.device, &b.launches, &after) == 2 && b.device >= 0 &&
         b.device < limits::devices && b.launches >= 0;
}

bool isUnderstood(const Variable& variable, const std::string& said) {
  if (said.empty()) return true;
  if (variable.name == "ORDER") return said == "late" || said == "racing";
  if (Break b; variable.name == "FAILS") return parse(said, b);
  char* end;
  const long value = std::strtol(said.c_str(), &end, 10);
  return !*end && value >= variable.least && value <= variable.most;
}

std::string wanted(const Variable& variable) {
  return variable.words ? variable.words : format("a whole number from %ld to %ld", variable.least, variable.most);
}

std::string known() {
  std::string names;
  for (const Variable& variable : variables) names += (names.empty() ? "" : ", ") + std::string(variable.name);
  return names;
}

// Of one that has our prefix.
std::string mistake(std::string_view name, const std::string& said) {
  for (const Variable& variable : variables) {
    if (variable.name != name) continue;
    if (isUnderstood(variable, said)) return "";
    return format("%s%s is '%.80s', wanted %s; or unset it", prefix.data(), variable.name.data(), said.c_str(),
                  wanted(variable).c_str());
  }
  return format("%s%.80s is no setting of the emulated device, wanted %s… with one of %s; or unset it", prefix.data(),
                std::string(name).c_str(), prefix.data(), known().c_str());
}

}  // namespace

std::string setting(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

long setting(const char* variable, long otherwise) {
  const std::string value = setting(variable);
  return value.empty() ? otherwise : std::atol(value.c_str());
}

Break breaks() {
  static const Break found = [] {
    Break b;
    if (!parse(setting("MUNINN_EMULATED_FAILS"), b)) b.device = -1;
    return b;
  }();
  return found;
}

std::string refusal() {
  for (char** one = environ; *one; one++) {
    const std::string_view variable = *one;
    const std::size_t equals = variable.find('=');
    if (!variable.starts_with(prefix) || equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(prefix.size(), equals - prefix.size());
    const std::string found = mistake(name, std::string(variable.substr(equals + 1)));
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace muninn

// Why the device refuses to work in this environment; "" where it does not. To be asked before cuInit, which fails then.
// Valid until the calling thread asks again.
EXPORT const char* muninnEmulatedRefusal() {
  static thread_local std::string copy;
  copy = muninn::refusal();
  return copy.c_str();
}

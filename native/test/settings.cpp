// Variables of the environment whose values are not understood keep the device from working, and are named.
#include "driver.h"

using namespace test;

extern "C" const char* muninnEmulatedRefusal();

namespace {

void refused(const char* variable, const char* value, const std::vector<std::string>& words) {
  setenv(variable, value, 1);
  const std::string text = muninnEmulatedRefusal();
  for (const auto& word : words) check(text.find(word) != std::string::npos, "no \"" + word + "\" in: " + text);
  check(cuInit(0) == CUDA_ERROR_INVALID_VALUE, std::string(variable) + "=" + value + " is taken");
  unsetenv(variable);
}

void taken(const char* variable, const char* value) {
  setenv(variable, value, 1);
  check(!*muninnEmulatedRefusal(), std::string(muninnEmulatedRefusal()));
  unsetenv(variable);
}

}  // namespace

int main() {
  setenv("MUNINN_EMULATED_QUIET", "1", 1);
  refused("MUNINN_EMULATED_SMS", "abc", {"MUNINN_EMULATED_SMS is 'abc', wanted a whole number from 1 to"});
  refused("MUNINN_EMULATED_SMS", "0", {"is '0'"});
  refused("MUNINN_EMULATED_MEMORY_MB", "1G", {"MUNINN_EMULATED_MEMORY_MB is '1G'"});
  refused("MUNINN_EMULATED_MEMORY_MB", "99999999999999999999", {"wanted a whole number"});
  refused("MUNINN_EMULATED_INITCHECK", "yes", {"from 0 to 1"});
  refused("MUNINN_EMULATED_FAILS", "1@", {"MUNINN_EMULATED_FAILS is '1@', wanted DEVICE@LAUNCHES"});
  refused("MUNINN_EMULATED_FAILS", "1@5x", {"wanted DEVICE@LAUNCHES"});
  refused("MUNINN_EMULATED_ORDER", "later", {"wanted late or racing"});
  refused("MUNINN_EMULATED_MEMORY", "64", {"MUNINN_EMULATED_MEMORY is no setting", "MEMORY_MB"});
  taken("MUNINN_EMULATED_SMS", "");
  taken("MUNINN_EMULATED_SMS", "132");
  taken("MUNINN_EMULATED_ORDER", "racing");
  taken("MUNINN_EMULATED_FAILS", "1@500");
  check(cuInit(0) == CUDA_SUCCESS, "what is understood is no obstacle");
  return summary("settings");
}

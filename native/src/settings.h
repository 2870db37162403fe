// What the environment says: MUNINN_EMULATED_…, each variable a row of the table in settings.cpp.
#pragma once

#include <string>

namespace muninn {

// A number from the environment, or the default.
long setting(const char* variable, long otherwise);

// A text from the environment; "" where nothing is said.
std::string setting(const char* variable);

// Which device breaks, and after how many launches; none: -1.
struct Break {
  int device = -1;
  long launches = 0;
};
Break breaks();

// What is wrong with the environment, in a sentence; "" where nothing is.
std::string refusal();

}  // namespace muninn

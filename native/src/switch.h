// Contexts of fibers and the switch between them. On x86-64 a few instructions that save what a call must preserve;
// elsewhere what C offers: makecontext to enter, _setjmp and _longjmp to go on.
#pragma once

#include <cstddef>

#if defined(__x86_64__) && !defined(MUNINN_PORTABLE_SWITCH)
#define MUNINN_ASSEMBLER_SWITCH 1
#else
#include <setjmp.h>
#include <ucontext.h>
#endif

namespace muninn {

#if MUNINN_ASSEMBLER_SWITCH
struct Context {
  void* stackPointer = nullptr;
};
#else
struct Context {
  jmp_buf registers;
  void (*entry)() = nullptr;  // still to be entered
  void* stack = nullptr;
  std::size_t bytes = 0;
};
#endif

// Makes `context` one that enters `entry`, which must not return, on the given stack.
void prepare(Context& context, void* stack, std::size_t bytes, void (*entry)());

// Leaves `from` for `to`; returns when somebody switches back.
#if MUNINN_ASSEMBLER_SWITCH
extern "C" void muninnSwitch(Context* from, Context* to);
inline void switchContext(Context& from, Context& to) { muninnSwitch(&from, &to); }
#else
void switchContext(Context& from, Context& to);
#endif

}  // namespace muninn

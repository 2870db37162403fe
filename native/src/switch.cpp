#include "switch.h"

#include <cstdint>
#include <cstring>

#if MUNINN_ASSEMBLER_SWITCH

// A jump at the end instead of a return: the processor foretells returns by the calls it has seen, and these were
// another fiber's.
asm(R"(
.text
.hidden muninnSwitch
.globl muninnSwitch
.type muninnSwitch, @function
muninnSwitch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq (%rsi), %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmp *%rcx
.size muninnSwitch, .-muninnSwitch
)");

namespace muninn {

void prepare(Context& context, void* stack, std::size_t bytes, void (*entry)()) {
  // Six saved registers and the address to go to; the stack is aligned as after a call.
  const auto top = (reinterpret_cast<std::uintptr_t>(stack) + bytes) / 16 * 16;
  auto* at = reinterpret_cast<std::uintptr_t*>(top) - 8;
  std::memset(at, 0, 8 * sizeof *at);
  at[6] = reinterpret_cast<std::uintptr_t>(entry);
  context.stackPointer = at;
}

}  // namespace muninn

#else

namespace muninn {

void prepare(Context& context, void* stack, std::size_t bytes, void (*entry)()) {
  context.entry = entry;
  context.stack = stack;
  context.bytes = bytes;
}

void switchContext(Context& from, Context& to) {
  if (_setjmp(from.registers)) return;
  if (!to.entry) _longjmp(to.registers, 1);
  ucontext_t fresh;
  getcontext(&fresh);
  fresh.uc_stack.ss_sp = to.stack;
  fresh.uc_stack.ss_size = to.bytes;
  fresh.uc_link = nullptr;
  void (*entry)() = to.entry;
  to.entry = nullptr;
  makecontext(&fresh, entry, 0);
  setcontext(&fresh);
}

}  // namespace muninn

#endif

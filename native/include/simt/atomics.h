// Atomics on global and shared memory. The load before each is there for the checker: an atomic reads what it changes,
// and the compiler's instrumentation sees only the write.
#pragma once

#include <cstring>
#include <type_traits>

#include <simt/core.h>

namespace simt {

template <class T>
void seen(T* p) {
  (void)*static_cast<volatile T*>(p);
}

// Replaces *p by change(*p) at once; the old value. Works on the bits, so that floats compare as they are.
template <class T, class Change>
T atomicChange(T* p, Change change) {
  using Bits = std::conditional_t<sizeof(T) == 4, unsigned, unsigned long long>;
  static_assert(sizeof(T) == sizeof(Bits));
  atomicBegins(p, sizeof(T));
  seen(p);
  auto* at = reinterpret_cast<Bits __attribute__((may_alias))*>(p);
  Bits old = __atomic_load_n(at, __ATOMIC_RELAXED);
  for (;;) {
    T before, after;
    std::memcpy(&before, &old, sizeof(T));
    after = change(before);
    Bits wanted;
    std::memcpy(&wanted, &after, sizeof(T));
    if (!__atomic_compare_exchange_n(at, &old, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    atomicEnds();
    return before;
  }
}

// The second operand does not decide the type: atomicAdd(float*, 1) is one on a device too.
template <class T>
using Same = std::type_identity_t<T>;

}  // namespace simt

#define SIMT_ATOMIC(name, expression)                                           \
  template <class T>                                                            \
  T name(T* p, ::simt::Same<T> value) {                                         \
    return ::simt::atomicChange(p, [&](T old) -> T { return expression; });      \
  }
SIMT_ATOMIC(atomicAdd, old + value)
SIMT_ATOMIC(atomicSub, old - value)
SIMT_ATOMIC(atomicExch, ((void)old, value))
SIMT_ATOMIC(atomicMin, value < old ? value : old)
SIMT_ATOMIC(atomicMax, old < value ? value : old)
SIMT_ATOMIC(atomicAnd, old & value)
SIMT_ATOMIC(atomicOr, old | value)
SIMT_ATOMIC(atomicXor, old ^ value)
SIMT_ATOMIC(atomicInc, old >= value ? 0 : old + 1)
SIMT_ATOMIC(atomicDec, old == 0 || old > value ? value : old - 1)
#undef SIMT_ATOMIC

template <class T>
T atomicCAS(T* p, ::simt::Same<T> compare, ::simt::Same<T> value) {
  return ::simt::atomicChange(p, [&](T old) { return old == compare ? value : old; });
}

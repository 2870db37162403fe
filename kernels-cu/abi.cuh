// What Java must know of these files: where fields of structs lie that both sides write or read, and constants that
// launches are made of. They stand in the kernels' files alone; a file that has any says them by a kernel of its own,
//
//   ABI(linear, ABI_VALUE(THREADS), ABI_STRUCT(Work), ABI_FIELD(Work, partials))
//
// which Java (kernels.cuda.Abi) runs when it has loaded the kernels, to take the constants and to check its layouts.
#pragma once

#include "device.cuh"

#include <cstddef>

namespace abi {

struct Entry {
  unsigned long long name;  // hash of it
  long long value;
};

// FNV-1a, 64 bits.
constexpr __device__ unsigned long long hash(const char* text) {
  unsigned long long h = 0xcbf29ce484222325ull;
  for (; *text; text++) h = (h ^ static_cast<unsigned char>(*text)) * 0x100000001b3ull;
  return h;
}

template <unsigned long long NAME, long long VALUE>
__device__ Entry entry() {
  return {NAME, VALUE};
}

// How many there are, then the entries themselves as far as there is room.
template <class... Entries>
__device__ void say(Entry* out, int room, Entries... entries) {
  gridDependencyWait();
  int i = 1;
  const auto put = [&](Entry one) {
    if (i < room) out[i] = one;
    i++;
  };
  (put(entries), ...);
  out[0] = {0, sizeof...(Entries)};
}

}  // namespace abi

#define ABI(NAME, ...) \
  KERNEL(abi_##NAME, abi::Entry* out, int room) { TIMELINE; abi::say(out, room, __VA_ARGS__); }
#define ABI_VALUE(name) abi::entry<abi::hash(#name), static_cast<long long>(name)>()
#define ABI_STRUCT(type) abi::entry<abi::hash(#type), static_cast<long long>(sizeof(type))>()
#define ABI_FIELD(type, field) abi::entry<abi::hash(#type "." #field), static_cast<long long>(offsetof(type, field))>()

// KERNEL registers a kernel with the emulated device by its name, with the layout of its parameters, so that a
// launch can be checked against it. The definition itself stays an ordinary function with C linkage, as nvcc's is.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <simt/core.h>

namespace simt {

struct Parameter {
  unsigned offset, size;
  bool pointer;
};

// What the emulated device knows of a kernel.
struct Kernel {
  const char* name;
  void (*invoke)(void* const* parameters);
  const Parameter* parameters;
  unsigned count;
  unsigned parameterBytes;
  unsigned maxThreads;  // its launch bound
  const char* signature;  // its parameters as the source has them
};

// Called while a module is loaded, once for each of its kernels.
void registerKernel(const Kernel* kernel);

template <auto function, class Signature = decltype(function)>
struct Registration;

template <auto function, class... Ps>
struct Registration<function, void (*)(Ps...)> {
  static constexpr unsigned count = sizeof...(Ps);

  // Offsets as the device lays parameters out: each at its natural alignment.
  struct Layout {
    Parameter at[count + 1] = {};
    unsigned bytes = 0;
    constexpr Layout() {
      unsigned i = 0;
      (add(i++, sizeof(Ps), alignof(Ps), std::is_pointer_v<Ps>), ...);
    }
    constexpr void add(unsigned i, unsigned size, unsigned align, bool pointer) {
      bytes = (bytes + align - 1) / align * align;
      at[i] = {bytes, size, pointer};
      bytes += size;
    }
  };
  static constexpr Layout layout{};

  // Reads the driver's copy of the parameters, which is no memory of the device: hence unchecked.
  template <std::size_t... i>
  SIMT_UNCHECKED static void call([[maybe_unused]] void* const* parameters, std::index_sequence<i...>) {
    function(*static_cast<std::remove_const_t<Ps>*>(parameters[i])...);
  }
  SIMT_UNCHECKED static void invoke(void* const* parameters) { call(parameters, std::index_sequence_for<Ps...>{}); }

  Kernel kernel;
  Registration(const char* name, unsigned maxThreads, const char* signature)
      : kernel{name, &invoke, layout.at, count, layout.bytes, maxThreads, signature} {
    registerKernel(&kernel);
  }
};

}  // namespace simt

#define KERNEL_BOUNDS(name, maxThreads, minBlocks, ...)                                       \
  extern "C" void name(__VA_ARGS__ TIMELINE_PARAMETER);                                       \
  static const simt::Registration<&name> name##Registration{#name, maxThreads, #__VA_ARGS__}; \
  extern "C" void name(__VA_ARGS__ TIMELINE_PARAMETER)

#define KERNEL_REGISTERS(name, registers, ...) KERNEL_BOUNDS(name, 1024, 1 __VA_OPT__(, ) __VA_ARGS__)
#define KERNEL(name, ...) KERNEL_BOUNDS(name, 1024, 1 __VA_OPT__(, ) __VA_ARGS__)

// The product that the libraries for tests compute, out[m, n] = sum over k of x[m, k] * w[n, k] + beta * c[m, n], with
// bfloat16 operands, float32 sums, and c and the result in float32 or bfloat16, all in rows. It is computed by plain loops between copies through the
// driver, so that it keeps the stream's order, is recorded with it, and cannot leave its operands.
#pragma once

#include <dlfcn.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>

struct Product {
  std::uint64_t m, n, k;
  std::int64_t xPitch, wPitch;
  float beta;
  bool rounded;  // c and the result are bfloat16
  bool slow;
  // Copies, in memory that the driver pins.
  std::uint16_t* x = nullptr;
  std::uint16_t* w = nullptr;
  void* out = nullptr;

  // What kept it from being enqueued on the stream of the driver, which is open already; empty: nothing.
  static std::string enqueue(const char* driver, std::uint64_t m, std::uint64_t n, std::uint64_t k, std::uint64_t x,
                             std::int64_t xPitch, std::uint64_t w, std::int64_t wPitch, std::uint64_t c,
                             std::uint64_t out, bool rounded, float beta, bool slow, void* stream) {
    void* library = dlopen(driver, RTLD_NOW | RTLD_NOLOAD);
    if (!library) return "an open driver";
    auto* allocate = reinterpret_cast<int (*)(void**, std::size_t, unsigned)>(dlsym(library, "cuMemHostAlloc"));
    auto* download =
        reinterpret_cast<int (*)(void*, std::uint64_t, std::size_t, void*)>(dlsym(library, "cuMemcpyDtoHAsync_v2"));
    auto* upload =
        reinterpret_cast<int (*)(std::uint64_t, const void*, std::size_t, void*)>(dlsym(library, "cuMemcpyHtoDAsync_v2"));
    auto* launch = reinterpret_cast<int (*)(void*, void (*)(void*), void*)>(dlsym(library, "cuLaunchHostFunc"));
    // Lives as long as a graph may, which nobody tells.
    auto* p = new Product{m, n, k, xPitch, wPitch, beta, rounded, slow};
    const std::size_t xBytes = 2 * ((m - 1) * xPitch + k), wBytes = 2 * ((n - 1) * wPitch + k), outBytes = (rounded ? 2 : 4) * m * n;
    if (allocate(reinterpret_cast<void**>(&p->x), xBytes, 0) || allocate(reinterpret_cast<void**>(&p->w), wBytes, 0) ||
        allocate(&p->out, outBytes, 0)) {
      return "host memory";
    }
    if (download(p->x, x, xBytes, stream)) return "x in device memory";
    if (download(p->w, w, wBytes, stream)) return "w in device memory";
    if (download(p->out, c, outBytes, stream)) return "c in device memory";
    if (launch(stream, run, p)) return "work in the stream";
    if (upload(out, p->out, outBytes, stream)) return "out in device memory";
    return "";
  }

 private:
  static float wide(std::uint16_t bits) {
    const std::uint32_t all = std::uint32_t{bits} << 16;
    float value;
    std::memcpy(&value, &all, sizeof value);
    return value;
  }

  // To bfloat16, ties to even.
  static std::uint16_t nearest(float value) {
    std::uint32_t all;
    std::memcpy(&all, &value, sizeof all);
    return static_cast<std::uint16_t>((all + 0x7fff + (all >> 16 & 1)) >> 16);
  }

  static void run(void* data) {
    const Product& p = *static_cast<Product*>(data);
    if (p.slow) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    for (std::uint64_t i = 0; i < p.m; ++i) {
      for (std::uint64_t j = 0; j < p.n; ++j) {
        float sum = 0;
        for (std::uint64_t l = 0; l < p.k; ++l) sum += wide(p.x[i * p.xPitch + l]) * wide(p.w[j * p.wPitch + l]);
        const std::uint64_t at = i * p.n + j;
        auto* narrow = static_cast<std::uint16_t*>(p.out);
        auto* full = static_cast<float*>(p.out);
        if (p.beta != 0) sum += p.beta * (p.rounded ? wide(narrow[at]) : full[at]);
        if (p.rounded) {
          narrow[at] = nearest(sum);
        } else {
          full[at] = sum;
        }
      }
    }
  }
};

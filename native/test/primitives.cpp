// Each primitive against a plain reference.
#include <algorithm>
#include <cmath>
#include <random>

#include <simt/floats.h>

#include "driver.h"

using namespace test;

namespace {

CUmodule module;
std::mt19937 randomBits(7);

template <class... Ps>
void run(const char* name, dim3 grid, dim3 block, Ps... ps) {
  need(launch(function(module, name), grid, block, 0, ps...), name);
  NEED(cuCtxSynchronize());
}

void mma() {
  // Small whole numbers first: every order of adding gives the same sum.
  for (int round = 0; round < 20; round++) {
    std::vector<unsigned short> a(256), b(128);
    std::vector<float> c(128);
    const auto number = [&] {
      if (round < 10) return static_cast<float>(static_cast<int>(randomBits() % 17) - 8);
      return std::ldexp(static_cast<float>(static_cast<int>(randomBits())), -31);
    };
    for (auto& v : a) v = simt::toBf16(number());
    for (auto& v : b) v = simt::toBf16(number());
    for (auto& v : c) v = number();
    const CUdeviceptr d = allocate(512);
    run("prim_mma", {1}, {32}, upload(a), upload(b), upload(c), d);
    const auto result = download<float>(d, 128);
    for (int r = 0; r < 16; r++) {
      for (int n = 0; n < 8; n++) {
        double sum = c[r * 8 + n];
        for (int k = 0; k < 16; k++) sum += static_cast<double>(simt::fromBf16(a[r * 16 + k])) * simt::fromBf16(b[k * 8 + n]);
        check(round < 10 ? result[r * 8 + n] == sum : std::fabs(result[r * 8 + n] - sum) < 1e-5,
              "mma row " + std::to_string(r) + " column " + std::to_string(n));
      }
    }
  }
}

void ldmatrix() {
  std::vector<unsigned short> m(256);
  for (auto& v : m) v = static_cast<unsigned short>(randomBits());
  const CUdeviceptr out = allocate(6 * 4 * 32 * 4);
  NEED(cuMemsetD8Async(out, 0, 6 * 4 * 32 * 4, nullptr));
  run("prim_ldmatrix", {1}, {32}, upload(m), out);
  const auto result = download<unsigned>(out, 6 * 4 * 32);
  for (int form = 0; form < 6; form++) {
    const int count = 1 << form / 2;
    for (int r = 0; r < count; r++) {
      for (int lane = 0; lane < 32; lane++) {
        const auto element = [&](int i) {
          const int row = lane / 4, column = lane % 4 * 2 + i;
          return m[r * 64 + (form % 2 ? column * 8 + row : row * 8 + column)];
        };
        check(result[(form * 4 + r) * 32 + lane] == (element(0) | static_cast<unsigned>(element(1)) << 16),
              "ldmatrix form " + std::to_string(form) + " lane " + std::to_string(lane));
      }
    }
  }
}

void shuffles() {
  std::vector<int> x(32);
  for (auto& v : x) v = static_cast<int>(randomBits());
  const CUdeviceptr out = allocate(10 * 32 * 4);
  run("prim_shuffles", {1}, {32}, upload(x), out);
  const auto result = download<int>(out, 320);
  unsigned upper = 0;  // unsigned: the sum may wrap
  for (int i = 16; i < 32; i++) upper += static_cast<unsigned>(x[i]);
  for (int l = 0; l < 32; l++) {
    const int wanted[] = {x[5],
                          x[(l + 3) % 32],
                          x[l / 8 * 8 + 2],
                          x[l < 3 ? l : l - 3],
                          x[l % 8 < 3 ? l : l - 3],
                          x[l + 5 > 31 ? l : l + 5],
                          x[l % 16 + 5 > 15 ? l : l + 5],
                          x[l ^ 9],
                          x[l ^ 1],
                          l < 16 ? x[l ^ 1] : static_cast<int>(upper)};
    for (int i = 0; i < 10; i++) check(result[i * 32 + l] == wanted[i], "shuffle " + std::to_string(i) + " lane " + std::to_string(l));
  }
}

void warpReductions() {
  std::vector<float> x(32);
  for (auto& v : x) v = std::ldexp(static_cast<float>(static_cast<int>(randomBits())), -31);
  const CUdeviceptr out = allocate(512);
  run("prim_warp_reductions", {1}, {32}, upload(x), out);
  const auto result = download<float>(out, 128);
  for (int l = 0; l < 32; l++) {
    check(result[l] == result[32 + l], "warpSum is the butterfly's sum, to the bit");
    check(result[64 + l] == result[96 + l] && result[64 + l] == *std::max_element(x.begin(), x.end()), "warpMax");
  }
}

void votes() {
  std::vector<int> x(32);
  for (int i = 0; i < 32; i++) x[i] = static_cast<int>(randomBits() % 41) - 20;
  const CUdeviceptr out = allocate(11 * 32 * 4);
  run("prim_votes", {1}, {32}, upload(x), out);
  const auto result = download<unsigned>(out, 11 * 32);
  unsigned positive = 0, all = ~0u, any = 0, odd = 0, exclusive = 0;
  int sum = 0, least = 99, most = -99, even = 0;
  for (int i = 0; i < 32; i++) {
    positive |= (x[i] > 0 ? 1u : 0) << i;
    all &= x[i], any |= x[i], odd ^= x[i];
    sum += x[i], least = std::min(least, x[i]), most = std::max(most, x[i]);
    if (i % 2 == 0) even += x[i];
    else exclusive |= (x[i] > 0 ? 1u : 0) << i;
  }
  for (int l = 0; l < 32; l++) {
    unsigned same = 0;
    for (int i = 0; i < 32; i++) same |= (x[i] % 3 == x[l] % 3 ? 1u : 0) << i;
    const unsigned wanted[] = {positive, 0, 1, static_cast<unsigned>(sum), static_cast<unsigned>(least), static_cast<unsigned>(most),
                               all, any, odd, same, l % 2 ? exclusive : static_cast<unsigned>(even)};
    for (int i = 0; i < 11; i++) check(result[i * 32 + l] == wanted[i], "vote " + std::to_string(i) + " lane " + std::to_string(l));
  }

  const CUdeviceptr block = allocate(5 * 70 * 4);
  run("prim_block_votes", {1}, {70}, block);
  const auto counts = download<int>(block, 350);
  const int wanted[] = {24, 1, 0, 1};
  for (int v = 0; v < 4; v++) {
    for (int i = 0; i < 70; i++) check(counts[v * 70 + i] == wanted[v], "block vote " + std::to_string(v));
  }
  for (int i = 64; i < 70; i++) check(counts[280 + i] == 6, "a short warp's reduction");
}

void atomics() {
  const int blocks = 8, threads = 96, n = blocks * threads;
  const CUdeviceptr ints = upload(std::vector<int>{0, 0, 5, -5, 0, -1, 0}), counters = upload(std::vector<unsigned>{0, 0, 0, 0}),
                    floats = upload(std::vector<float>{0, 0, 4}), wide = upload(std::vector<unsigned long long>{0, 0});
  run("prim_atomics", {blocks}, {threads}, ints, counters, floats, wide);
  const auto i = download<int>(ints, 7);
  int sum = 0, mixed = 0;
  for (int k = 0; k < n; k++) sum += k, mixed ^= k;
  check(i[0] == sum && i[1] == -n && i[2] == 1 - n && i[3] == n - 1, "add, sub, min, max");
  check(i[4] == 0x7fffffff && i[5] == static_cast<int>(0x80000000) && i[6] == mixed, "or, and, xor");
  const auto c = download<unsigned>(counters, 4);
  check(c[0] == n % 7 && c[1] == (7 - n % 7) % 7 && c[2] == n && c[3] == 1, "inc, dec, the last to arrive");
  const auto f = download<float>(floats, 3);
  check(f[0] == n * 0.5f && f[1] == 4 && f[2] == 9, "float add, exchange");
  const auto w = download<unsigned long long>(wide, 2);
  check(w[0] == static_cast<unsigned long long>(n) << 33 && w[1] == 3ull * n, "64-bit add, compare and swap");
}

void copies() {
  std::vector<float> x(256);
  for (int i = 0; i < 256; i++) x[i] = static_cast<float>(i);
  const CUdeviceptr out = allocate(1024), dx = upload(x);
  run("prim_copies", {1}, {32}, dx, out);
  const auto result = download<float>(out, 256);
  for (int i = 0; i < 128; i++) {
    check(result[i] == 127 - i, "cp.async, first stage");
    check(result[128 + i] == (i < 2 ? 0 : 255 - i), "cp.async, second stage, filled with zeros");
  }

  CUlaunchAttribute attribute{};
  attribute.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
  attribute.value.integer = 1;
  const CUlaunchConfig config{1, 1, 1, 32, 1, 1, 0, nullptr, &attribute, 1};
  CUdeviceptr from = dx, to = out;
  void* parameters[] = {&from, &to, nullptr};
  NEED(cuLaunchKernelEx(&config, function(module, "prim_dependent"), parameters, nullptr));
  check(download<float>(out, 32)[31] == 32, "programmatic launch");
}

void bulkCopies() {
  std::vector<float> x(768);
  for (int i = 0; i < 768; i++) x[i] = static_cast<float>(i);
  const CUdeviceptr out = allocate(2 * 768 * 4), dx = upload(x);
  for (int threadOrder = 0; threadOrder < 2; threadOrder++) {  // every other launch goes through its threads backwards
    run("prim_bulk", {1}, {64}, dx, out);
    const auto result = download<float>(out, 768);
    for (int i = 0; i < 768; i++) check(result[i] == i / 128 * 128 + 127 - i % 128, "cp.async.bulk, place " + std::to_string(i));
  }
}

// Of a matrix of bfloat16, a box of 64 columns.
struct alignas(64) Map {
  unsigned char opaque[128];

  Map(CUdeviceptr matrix, std::uint64_t rows, std::uint64_t columns, unsigned boxRows) {
    const std::uint64_t dimensions[] = {columns, rows}, pitch = columns * 2;
    const unsigned box[] = {64, boxRows}, steps[] = {1, 1};
    NEED(cuTensorMapEncodeTiled(opaque, 9, 2, reinterpret_cast<void*>(matrix), dimensions, &pitch, box, steps, 0, 3, 2, 0));
  }
};

void products() {
  constexpr int rows = 60, columns = 170, depth = 72;
  std::vector<unsigned short> a(rows * depth), b(columns * depth);
  const auto number = [&] { return static_cast<float>(static_cast<int>(randomBits() % 17) - 8); };
  for (auto& v : a) v = simt::toBf16(number());
  for (auto& v : b) v = simt::toBf16(number());
  const CUdeviceptr da = upload(a), db = upload(b), out = allocate(64 * 176 * 4);
  need(launch(function(module, "prim_wgmma"), {1}, {128}, 240 * 128, Map(da, rows, depth, 64), Map(db, columns, depth, 88), out),
       "prim_wgmma");
  auto result = download<float>(out, 64 * 176);
  for (int r = 0; r < 64; r++) {
    for (int c = 0; c < 176; c++) {
      float sum = 0;
      for (int k = 0; r < rows && c < columns && k < depth; k++) sum += simt::fromBf16(a[r * depth + k]) * simt::fromBf16(b[c * depth + k]);
      check(result[r * 176 + c] == sum, "wgmma row " + std::to_string(r) + " column " + std::to_string(c));
    }
  }
  constexpr int widths[] = {0, 128, 64, 32};
  for (unsigned long long kind = 0; kind < 4; kind++) {
    need(launch(function(module, "prim_wgmma_swizzles"), {1}, {128}, 240 * 128, widths[kind], kind, out), "prim_wgmma_swizzles");
    result = download<float>(out, 64 * 176);
    for (int r = 0; r < 64; r++) {
      for (int c = 0; c < 176; c++) {
        check(result[r * 176 + c] == (c < 16 ? simt::fromBf16(simt::toBf16(r + c / 16.0f)) : 0), "wgmma, swizzle " + std::to_string(kind));
      }
    }
  }
}

void conversions() {
  std::vector<float> x(128);
  for (auto& v : x) v = std::bit_cast<float>(static_cast<std::uint32_t>(randomBits()));
  const CUdeviceptr bf16 = allocate(256), back = allocate(512), eight = allocate(128);
  run("prim_conversions", {1}, {32}, upload(x), bf16, back, eight);
  const auto b = download<unsigned short>(bf16, 128);
  const auto f = download<unsigned>(back, 128), e = download<unsigned>(eight, 32);
  for (int i = 0; i < 128; i++) {
    check(b[i] == simt::toBf16(x[i]), "bfloat16 pairs");
    check(f[i] == static_cast<unsigned>(b[i]) << 16, "bfloat16 back");
  }
  for (int i = 0; i < 32; i++) {
    check(e[i] == (simt::toE4m3(x[4 * i], true) | static_cast<unsigned>(simt::toHalf(x[4 * i + 1])) << 16), "fp8 and float16");
  }

  const CUdeviceptr bits = allocate(40);
  run("prim_bits", {1}, {1}, bits);
  const std::vector<unsigned> wanted{8, 31, 4, 0x80000000, 0x77441100, 3, 0x3f800000, 3, 0x40000000, 0x3f000000};
  check(download<unsigned>(bits, 10) == wanted, "bits");
}

}  // namespace

int main(int, char** arguments) {
  module = open(arguments[1]);
  mma();
  ldmatrix();
  shuffles();
  warpReductions();
  votes();
  atomics();
  copies();
  bulkCopies();
  products();
  conversions();
  return summary("primitives");
}

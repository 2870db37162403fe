// What the emulation costs: a switch of fibers, a warp's shuffle, a launch, a row of a matrix product.
#include <chrono>

#include "driver.h"

using namespace test;

// Nanoseconds of one call: the best of five.
template <class F>
double nanos(F&& f) {
  double best = 1e30;
  for (int i = 0; i < 5; i++) {
    const auto start = std::chrono::steady_clock::now();
    f();
    best = std::min(best, std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

int main(int, char** arguments) {
  CUmodule module = open(arguments[1]);
  const auto run = [&](const char* name, dim3 grid, dim3 block, auto... ps) {
    CUfunction f = function(module, name);
    return nanos([&] {
      need(launch(f, grid, block, 0, ps...), name);
      NEED(cuCtxSynchronize());
    });
  };
  const CUdeviceptr out = allocate(4096);
  std::printf("launch of an empty kernel        %8.1f us\n", run("selftest_empty", {1}, {1}) / 1e3);
  std::printf("fiber switch at a barrier of 256 %8.1f ns\n", run("selftest_meet", {1}, {256}, 1000) / 256e3);
  std::printf("fiber switch at a barrier of 32  %8.1f ns\n", run("selftest_meet", {1}, {32}, 10000) / 320e3);
  std::printf("shuffle of a warp                %8.1f ns\n", run("selftest_shuffle", {1}, {32}, out, 10000) / 1e4);

  const int rows = 4096, columns = 1024;
  const CUdeviceptr w = upload(std::vector<float>(std::size_t{rows} * columns, 0.5f));
  const CUdeviceptr x = upload(std::vector<float>(columns, 2.0f)), y = allocate(rows * 4);
  const double gemv = run("selftest_gemv", {rows / 4}, {32, 4}, w, x, y, rows, columns);
  std::printf("GEMV, a warp a row of %d      %8.2f us a row, %.2f GMAC/s\n", columns, gemv / rows / 1e3,
              double{rows} * columns / gemv);
  const double summed = run("selftest_gemv_sum", {rows / 4}, {32, 4}, w, x, y, rows, columns);
  std::printf("the same with warpSum         %8.2f us a row, %.2f GMAC/s\n", summed / rows / 1e3, double{rows} * columns / summed);
  std::printf("mma16816 of a warp               %8.1f ns\n", run("selftest_mma", {1}, {32}, out, 10000) / 1e4);
  check(download<float>(y, 1)[0] == columns, "gemv");
  return summary("timing");
}

// The device as such: launches, indices, shared memory, graphs; everything that works when nothing is wrong.
#include <cmath>

#include "driver.h"

using namespace test;

int main(int, char** arguments) {
  CUmodule module = open(arguments[1]);
  {
    std::vector<float> x(1000), y(1000);
    for (int i = 0; i < 1000; i++) x[i] = i, y[i] = 3 * i;
    CUdeviceptr dx = upload(x), dy = upload(y), out = allocate(4000);
    NEED(launch(function(module, "selftest_axpy"), {4}, {256}, 0, 2.0f, dx, dy, out, 1000));
    NEED(cuCtxSynchronize());
    const auto result = download<float>(out, 1000);
    bool right = true;
    for (int i = 0; i < 1000; i++) right &= result[i] == 5.0f * i;
    check(right, "axpy");
  }
  {
    const int rows = 37, columns = 256;
    std::vector<float> w(rows * columns), x(columns);
    for (std::size_t i = 0; i < w.size(); i++) w[i] = static_cast<float>(i % 17) - 8;
    for (int i = 0; i < columns; i++) x[i] = static_cast<float>(i % 5);
    CUdeviceptr dw = upload(w), dx = upload(x), y = allocate(rows * 4);
    NEED(launch(function(module, "selftest_gemv"), {10}, {32, 4}, 0, dw, dx, y, rows, columns));
    NEED(cuCtxSynchronize());
    const auto result = download<float>(y, rows);
    bool right = true;
    for (int r = 0; r < rows; r++) {
      float sum = 0;
      for (int c = 0; c < columns; c++) sum += w[r * columns + c] * x[c];
      right &= result[r] == sum;
    }
    check(right, "gemv");
  }
  {
    std::vector<int> x(2560);
    for (int i = 0; i < 2560; i++) x[i] = i;
    CUdeviceptr dx = upload(x), out = allocate(40), reversed = allocate(2560 * 4);
    NEED(launch(function(module, "selftest_sum"), {10}, {256}, 0, dx, out));
    NEED(launch(function(module, "selftest_reverse"), {1}, {100}, 2560 * 4, dx, reversed, 2560));
    NEED(cuCtxSynchronize());
    const auto sums = download<int>(out, 10);
    const auto back = download<int>(reversed, 2560);
    bool right = true;
    for (int b = 0; b < 10; b++) right &= sums[b] == 256 * (256 * b) + 255 * 128;
    for (int i = 0; i < 2560; i++) right &= back[i] == 2559 - i;
    check(right, "shared memory");
  }
  return summary("basic");
}

// Late order: a program that does not wait does not get its results, and one that waits gets them.
#include "driver.h"

using namespace test;

int main(int, char** arguments) {
  setenv("MUNINN_EMULATED_ORDER", "late", 1);
  CUmodule module = open(arguments[1]);
  CUfunction axpy = function(module, "selftest_axpy");
  CUstream stream, other;
  CUevent event, second;
  NEED(cuStreamCreate(&stream, 1));
  NEED(cuStreamCreate(&other, 1));
  NEED(cuEventCreate(&event, 0));
  NEED(cuEventCreate(&second, 0));

  float a = 2;
  int n = 4;
  CUdeviceptr x = upload(std::vector<float>(n, 1)), y = upload(std::vector<float>(n, 10)), out = allocate(16);
  float* pinned;
  NEED(cuMemHostAlloc(reinterpret_cast<void**>(&pinned), 16, 0));
  pinned[0] = -1;
  void* parameters[] = {&a, &x, &y, &out, &n, nullptr};
  const auto go = [&] {
    NEED(cuLaunchKernel(axpy, 1, 1, 1, 32, 1, 1, 0, stream, parameters, nullptr));
    NEED(cuMemcpyDtoHAsync_v2(pinned, out, 16, stream));
  };
  go();
  NEED(cuEventRecord(event, stream));
  check(pinned[0] == -1, "nothing has arrived before the wait");
  float ms;
  check(cuEventElapsedTime(&ms, event, event) == CUDA_ERROR_NOT_READY, "an event that has not happened has no time");
  NEED(cuEventSynchronize(event));
  check(pinned[0] == 12, "an event waited for");

  a = 3;
  go();
  NEED(cuStreamSynchronize(other));
  check(pinned[0] == 12, "waiting for another stream is not enough");
  NEED(cuStreamSynchronize(stream));
  check(pinned[0] == 13, "a stream waited for");

  // Pinned memory is read when the copy runs, other memory when it is enqueued.
  pinned[0] = 100;
  float pageable[4] = {100, 100, 100, 100};
  NEED(cuMemcpyHtoDAsync_v2(x, pinned, 16, stream));
  NEED(cuMemcpyHtoDAsync_v2(y, pageable, 16, stream));
  pinned[0] = pageable[0] = 200;
  check(download<float>(x, 1)[0] == 200, "pinned memory reused too early");
  check(download<float>(y, 1)[0] == 100, "pageable memory may be reused");

  // A copy to memory that is not pinned has arrived when the call returns.
  float back[4] = {};
  NEED(cuMemcpyDtoHAsync_v2(back, y, 16, stream));
  check(back[0] == 100, "a copy to pageable memory");

  NEED(cuMemsetD32Async(out, 0, 4, stream));
  NEED(cuEventRecord(second, stream));
  NEED(cuEventSynchronize(second));
  NEED(cuEventElapsedTime(&ms, event, second));
  check(ms >= 0, "elapsed time");

  // The error of a kernel comes with the wait.
  CUdeviceptr unwritten = allocate(16);
  x = unwritten;
  setenv("MUNINN_EMULATED_QUIET", "1", 1);
  go();
  check(cuStreamSynchronize(stream) == CUDA_ERROR_LAUNCH_FAILED, "an error comes with the wait");
  return summary("order");
}

// Late order: a program that does not wait does not get its results, and one that waits gets them; nor does a stream that
// does not wait for another. Racing: what is overwritten too early is overwritten.
#include "driver.h"

using namespace test;

namespace {

enum { atOnce, late, racing };

// y[0] = 2 · x[0] + y[0], where another stream writes x[0] before or after.
struct Streams {
  CUfunction axpy;
  CUstream kernels, copies;
  CUevent copied, read;
  CUdeviceptr x, y, out;
  float* pinned;

  explicit Streams(CUmodule module) : axpy(function(module, "selftest_axpy")) {
    NEED(cuStreamCreate(&kernels, 1));
    NEED(cuStreamCreate(&copies, 1));
    NEED(cuEventCreate(&copied, 2));
    NEED(cuEventCreate(&read, 2));
    x = allocate(4);
    y = upload(std::vector<float>{10});
    out = allocate(4);
    NEED(cuMemHostAlloc(reinterpret_cast<void**>(&pinned), 4, 0));
  }

  void copy(float value) {
    *pinned = value;
    NEED(cuMemcpyHtoDAsync_v2(x, pinned, 4, copies));
    NEED(cuEventRecord(copied, copies));
  }

  void kernel() {
    float a = 2;
    int n = 1;
    void* parameters[] = {&a, &x, &y, &out, &n, nullptr};
    NEED(cuLaunchKernel(axpy, 1, 1, 1, 32, 1, 1, 0, kernels, parameters, nullptr));
    NEED(cuEventRecord(read, kernels));
  }

  float result() {
    if (cuStreamSynchronize(kernels) != CUDA_SUCCESS) return -1;
    return download<float>(out, 1)[0];
  }
};

void severalStreams(CUmodule module) {
  for (const int order : {atOnce, late, racing}) {
    const std::string name = std::vector<std::string>{"at once", "late", "racing"}[order];
    muninnEmulatedOrder(order);
    Streams s(module);
    s.copy(1);
    NEED(cuStreamWaitEvent(s.kernels, s.copied, 0));
    s.kernel();
    NEED(cuStreamWaitEvent(s.copies, s.read, 0));
    NEED(cuEventSynchronize(s.copied));  // the pinned place is free again, whatever has become of the kernel
    s.copy(7);
    check(s.result() == 12, name + ": a kernel between two copies that both wait");
    NEED(cuStreamWaitEvent(s.kernels, s.copied, 0));
    s.kernel();
    check(s.result() == 24, name + ": and another one");
    // An event that is recorded anew leaves those alone who wait for its recording before.
    NEED(cuStreamWaitEvent(s.copies, s.read, 0));
    NEED(cuEventRecord(s.read, s.copies));
    NEED(cuEventDestroy_v2(s.read));
    check(s.result() == 24, name + ": an event that is gone");
  }
  {
    muninnEmulatedOrder(racing);
    Streams s(module);
    s.copy(1);
    NEED(cuStreamWaitEvent(s.kernels, s.copied, 0));
    s.kernel();
    NEED(cuEventSynchronize(s.copied));
    s.copy(7);  // without waiting for the kernel
    check(s.result() == 24, "racing: what is copied too early is there too early");
  }
  {
    muninnEmulatedOrder(late);
    Streams s(module);
    CUgraph graph;
    NEED(cuEventRecord(s.read, s.kernels));
    NEED(cuStreamBeginCapture_v2(s.copies, 1));
    check(cuStreamWaitEvent(s.copies, s.read, 0) == CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "a capture that waits for what is outside");
    check(cuStreamEndCapture(s.copies, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "and is then no good");
    setenv("MUNINN_EMULATED_QUIET", "1", 1);
    s.copy(1);
    s.kernel();  // without waiting for the copy
    check(cuStreamSynchronize(s.kernels) == CUDA_ERROR_LAUNCH_FAILED, "late: what is not waited for is not there");
    NEED(cuDevicePrimaryCtxReset_v2(0));
    unsetenv("MUNINN_EMULATED_QUIET");
  }
}

}  // namespace

int main(int, char** arguments) {
  setenv("MUNINN_EMULATED_ORDER", "late", 1);
  CUmodule module = open(arguments[1]);
  severalStreams(module);
  muninnEmulatedOrder(late);
  module = open(arguments[1]);
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

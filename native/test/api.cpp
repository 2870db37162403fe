// The driver calls around the kernels: streams, events, capture, graphs, attributes, memory accounting.
#include <thread>

#include "driver.h"

using namespace test;

namespace {

CUmodule module;

void graphs() {
  CUstream stream;
  NEED(cuStreamCreate(&stream, 1));
  const int n = 100;
  float a = 2;
  int count = n;
  CUdeviceptr x = upload(std::vector<float>(n, 1)), y = upload(std::vector<float>(n, 10)), out = allocate(n * 4);
  CUfunction axpy = function(module, "selftest_axpy");
  void* parameters[] = {&a, &x, &y, &out, &count, nullptr};
  const auto first = [&] { return download<float>(out, 1)[0]; };
  NEED(cuMemsetD8Async(out, 0, n * 4, stream));

  const auto capture = [&](int kernels) {
    CUgraph graph;
    NEED(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    for (int i = 0; i < kernels; i++) NEED(cuLaunchKernel(axpy, 1, 1, 1, 128, 1, 1, 0, stream, parameters, nullptr));
    NEED(cuMemcpyDtoDAsync_v2(y, out, n * 4, stream));
    int status = 0;
    NEED(cuStreamIsCapturing(stream, &status));
    check(status == CU_STREAM_CAPTURE_STATUS_ACTIVE, "a capturing stream says so");
    NEED(cuStreamEndCapture(stream, &graph));
    return graph;
  };
  CUgraph graph = capture(1);
  check(first() == 0, "what is captured does not run");
  a = 1000;  // the values of the capture are those of its launches
  std::size_t count2 = 0;
  NEED(cuGraphGetNodes(graph, nullptr, &count2));
  check(count2 == 2, "two nodes");
  std::vector<CUgraphNode> nodes(count2);
  NEED(cuGraphGetNodes(graph, nodes.data(), &count2));
  int type = -1;
  NEED(cuGraphNodeGetType(nodes[0], &type));
  check(type == 0, "a kernel's node");

  CUgraphExec exec;
  NEED(cuGraphInstantiateWithFlags(&exec, graph, 0));
  NEED(cuGraphLaunch(exec, stream));
  check(first() == 12, "a graph runs");
  NEED(cuGraphLaunch(exec, stream));
  NEED(cuGraphLaunch(exec, stream));
  check(first() == 16, "a graph runs again, in order");

  CUDA_KERNEL_NODE_PARAMS p;
  NEED(cuGraphKernelNodeGetParams_v2(nodes[0], &p));
  check(p.func == axpy && p.blockDimX == 128 && *static_cast<float*>(p.kernelParams[0]) == 2, "a node's parameters");
  a = 4;
  p.kernelParams = parameters;
  NEED(cuGraphExecKernelNodeSetParams_v2(exec, nodes[0], &p));
  NEED(cuGraphLaunch(exec, stream));
  check(first() == 20, "changed parameters of an executable graph");

  a = 5;
  CUgraph again = capture(1);
  CUgraphExecUpdateResultInfo info;
  NEED(cuGraphExecUpdate_v2(exec, again, &info));
  NEED(cuGraphLaunch(exec, stream));
  check(first() == 25, "an updated graph");
  CUgraph longer = capture(2);
  check(cuGraphExecUpdate_v2(exec, longer, &info) == CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE &&
            info.result == CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED,
        "a graph of another shape is no update");
  for (CUgraph g : {graph, again, longer}) NEED(cuGraphDestroy(g));
  NEED(cuGraphLaunch(exec, stream));
  check(first() == 30, "an executable graph outlives its graph");
  NEED(cuGraphExecDestroy(exec));
  check(cuGraphLaunch(exec, stream) == CUDA_ERROR_INVALID_VALUE, "a destroyed graph");

  // Calls that a capture cannot hold spoil it.
  NEED(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  check(cuStreamSynchronize(stream) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "no waiting for a capture");
  int status = 0;
  NEED(cuStreamIsCapturing(stream, &status));
  check(status == CU_STREAM_CAPTURE_STATUS_INVALIDATED, "the capture is spoilt");
  check(cuStreamEndCapture(stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED && !graph, "and gives no graph");
  NEED(cuStreamSynchronize(stream));

  // Another stream joins a capture by waiting for an event of it.
  CUstream side;
  CUevent fork, join;
  NEED(cuStreamCreate(&side, 1));
  NEED(cuEventCreate(&fork, 2));
  NEED(cuEventCreate(&join, 2));
  NEED(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  NEED(cuEventRecord(fork, stream));
  NEED(cuStreamWaitEvent(side, fork, 0));
  NEED(cuMemsetD32Async(out, 7, n, side));
  NEED(cuEventRecord(join, side));
  NEED(cuStreamWaitEvent(stream, join, 0));
  NEED(cuStreamEndCapture(stream, &graph));
  count2 = 0;
  NEED(cuGraphGetNodes(graph, nullptr, &count2));
  check(count2 == 1, "work of a joined stream is in the graph");
  NEED(cuStreamDestroy_v2(side));
  NEED(cuStreamDestroy_v2(stream));
}

void events() {
  CUevent start, end;
  NEED(cuEventCreate(&start, 0));
  NEED(cuEventCreate(&end, 0));
  float ms = -1;
  check(cuEventElapsedTime(&ms, start, end) == CUDA_ERROR_INVALID_HANDLE, "events that were not recorded have no time");
  NEED(cuEventRecord(start, nullptr));
  NEED(launch(function(module, "selftest_meet"), {1}, {256}, 0, 200));
  NEED(cuEventRecord(end, nullptr));
  NEED(cuEventSynchronize(end));
  NEED(cuEventElapsedTime(&ms, start, end));
  check(ms > 0 && ms < 10000, "elapsed time");
  NEED(cuEventDestroy_v2(start));
  check(cuEventRecord(start, nullptr) == CUDA_ERROR_INVALID_HANDLE, "a destroyed event");
}

void contexts() {
  std::thread([] {
    CUdeviceptr p;
    check(cuMemAlloc_v2(&p, 4) == CUDA_ERROR_INVALID_CONTEXT, "a thread without a context");
  }).join();
}

void attributes() {
  int value;
  NEED(cuDeviceGetAttribute(&value, 75, 0));
  check(value == 9, "compute capability");
  check(cuDeviceGetAttribute(&value, 75, 1) == CUDA_ERROR_INVALID_DEVICE, "there is one device");
  CUfunction sum = function(module, "selftest_sum");
  NEED(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, sum));
  check(value == 256, "launch bound");
  int blocks;
  NEED(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, sum, 256, 0));
  check(blocks == 8, "occupancy by threads");
  NEED(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, sum, 32, 48 * 1024));
  check(blocks == 4, "occupancy by shared memory");
  void* address = nullptr;
  check(cuGetProcAddress_v2("cuMemAlloc", &address, 13000, 0, nullptr) == CUDA_SUCCESS &&
            address == reinterpret_cast<void*>(&cuMemAlloc_v2),
        "the newest version of a call by its name");
}

void memory() {
  std::size_t before, after, total;
  NEED(cuMemGetInfo_v2(&before, &total));
  const CUdeviceptr p = allocate(1 << 20);
  check(p % 256 == 0, "allocations are aligned");
  NEED(cuMemGetInfo_v2(&after, &total));
  check(before - after == 1 << 20, "free memory falls");
  NEED(cuMemFree_v2(p));
  NEED(cuMemGetInfo_v2(&after, &total));
  check(before == after, "and rises");
  std::vector<CUdeviceptr> held;
  CUdeviceptr q;
  while (cuMemAlloc_v2(&q, total / 10) == CUDA_SUCCESS) held.push_back(q);
  check(held.size() >= 8 && held.size() <= 10, "memory ends where it should");
  for (CUdeviceptr h : held) NEED(cuMemFree_v2(h));
  for (int i = 0; i < 150; i++) {  // more than there are addresses, freed in between
    NEED(cuMemAlloc_v2(&q, total / 2));
    NEED(cuMemFree_v2(q));
  }
  void* host;
  NEED(cuMemHostAlloc(&host, 1000, 0));
  NEED(cuMemFreeHost(host));
  check(cuMemFreeHost(host) == CUDA_ERROR_INVALID_VALUE, "pinned memory is freed once");
}

}  // namespace

int main(int, char** arguments) {
  module = open(arguments[1]);
  graphs();
  events();
  contexts();
  attributes();
  memory();
  return summary("api");
}

// Every kind of bug that the emulated device looks for, planted once: it must be reported, with the words that help.
#include "driver.h"

using namespace test;

namespace {

const char* modulePath;
CUmodule module;

// A new context with the module in it, as if nothing had happened.
void fresh() {
  NEED(cuDevicePrimaryCtxReset_v2(0));
  const auto image = fileBytes(modulePath);
  NEED(cuModuleLoadData(&module, image.data()));
}

// The error must come, stay where it is one of a kernel, and its report hold all the words.
void expect(const char* what, CUresult wanted, CUresult got, std::vector<std::string> words) {
  const std::string text = muninnEmulatedLastReport();
  check(got == wanted, std::string(what) + ": " + nameOf(got) + " instead of " + nameOf(wanted) + "; report: " + text);
  for (const auto& word : words) check(text.find(word) != std::string::npos, std::string(what) + ": no \"" + word + "\" in: " + text);
  if (wanted >= 700 && wanted < 720) check(cuCtxSynchronize() == wanted, std::string(what) + ": the error does not stay");
}

// Launches one block of 32, or what is given, and waits.
template <class... Ps>
CUresult run(const char* name, dim3 grid, dim3 block, unsigned shared, Ps... ps) {
  const CUresult launched = launch(function(module, name), grid, block, shared, ps...);
  return launched ? launched : cuCtxSynchronize();
}

// A kernel's bug: `arguments` makes the parameters in the fresh context.
#define PLANTED(name, code, words, ...)                                                \
  do {                                                                                 \
    fresh();                                                                           \
    expect(#name, code, run(#name, __VA_ARGS__), std::vector<std::string> words);       \
  } while (false)
#define WORDS(...) {__VA_ARGS__}

CUdeviceptr floats(int n) { return upload(std::vector<float>(n, 1)); }

void memoryBugs() {
  PLANTED(planted_read_past_end, CUDA_ERROR_ILLEGAL_ADDRESS,
          WORDS("out-of-bounds read of 4 bytes", "0 bytes past the end of an allocation of 40 bytes", "planted_read_past_end",
                "block (0,0,0)", "thread (10,0,0)", "planted.cu:8"),
          {1}, {32}, 0, floats(10), allocate(400), 10);
  PLANTED(planted_write_before, CUDA_ERROR_ILLEGAL_ADDRESS,
          WORDS("out-of-bounds write of 4 bytes", "4 bytes before an allocation", "thread (0,0,0)"), {1}, {32}, 0, allocate(400));
  PLANTED(planted_write, CUDA_ERROR_ILLEGAL_ADDRESS, WORDS("out-of-bounds write", "no allocation is near it"), {1}, {1}, 0,
          allocate(4), 1 << 29);
  {
    fresh();
    const CUdeviceptr p = floats(10), out = allocate(4), table = upload(std::vector<CUdeviceptr>{p});
    NEED(cuMemFree_v2(p));
    expect("use after free", CUDA_ERROR_ILLEGAL_ADDRESS, run("planted_read_table", {1}, {1}, 0, table, out),
           {"use after free: read of 4 bytes", "byte 0 of a freed allocation of 40 bytes"});
  }
  {
    fresh();
    const CUdeviceptr p = allocate(8 << 20), out = allocate(4), table = upload(std::vector<CUdeviceptr>{p + (4 << 20)});
    NEED(cuMemsetD8Async(p, 0, 8 << 20, nullptr));
    NEED(cuMemFree_v2(p));
    expect("use after free of much memory", CUDA_ERROR_ILLEGAL_ADDRESS, run("planted_read_table", {1}, {1}, 0, table, out),
           {"use after free", "byte 4194304 of a freed allocation of 8388608 bytes"});
  }
  PLANTED(planted_read, CUDA_ERROR_LAUNCH_FAILED,
          WORDS("never-written memory: read of 4 bytes", "byte 12 of an allocation of 64 bytes", "planted.cu:15"), {1}, {1}, 0,
          allocate(64), allocate(4), 3);
  {
    fresh();
    static float onHost[4] = {1, 2, 3, 4};
    const CUdeviceptr table = upload(std::vector<const float*>{onHost}), out = allocate(4);
    expect("host pointer", CUDA_ERROR_ILLEGAL_ADDRESS, run("planted_read_table", {1}, {1}, 0, table, out),
           {"out-of-bounds read", "memory of the host that was never given to the device"});
    fresh();
    NEED(cuMemHostRegister_v2(onHost, sizeof onHost, 0));
    const CUdeviceptr table2 = upload(std::vector<const float*>{onHost}), out2 = allocate(4);
    check(run("planted_read_table", {1}, {1}, 0, table2, out2) == CUDA_SUCCESS, "registered host memory is readable");
    NEED(cuMemHostUnregister(onHost));
  }
  PLANTED(planted_read_table, CUDA_ERROR_ILLEGAL_ADDRESS, WORDS("a null pointer"), {1}, {1}, 0,
          upload(std::vector<CUdeviceptr>{0}), allocate(4));
  PLANTED(planted_misaligned, CUDA_ERROR_MISALIGNED_ADDRESS,
          WORDS("misaligned access", "multiple of 16", "byte 4 of an allocation", "planted.cu:63"), {1}, {1}, 0, floats(8),
          allocate(4), 1);
  PLANTED(planted_atomic_unwritten, CUDA_ERROR_LAUNCH_FAILED, WORDS("never-written memory", "planted_atomic_unwritten"), {1}, {1},
          0, allocate(4));
  {
    fresh();
    const CUdeviceptr p = allocate(40);
    std::memset(reinterpret_cast<char*>(p) + 41, 0, 1);  // by what no instrumentation sees
    expect("red zone", CUDA_ERROR_ILLEGAL_ADDRESS, cuCtxSynchronize(),
           {"red zone overwritten", "1 bytes past the end of an allocation of 40 bytes"});
  }
}

void sharedMemoryBugs() {
  PLANTED(planted_shared_past_end, CUDA_ERROR_ILLEGAL_ADDRESS, WORDS("out-of-bounds read", "shared memory", "thread (31,0,0)"), {1},
          {32}, 0, allocate(128));
  PLANTED(planted_dynamic_past_end, CUDA_ERROR_ILLEGAL_ADDRESS, WORDS("out-of-bounds write", "byte 128 of the block's shared memory"),
          {1}, {32}, 128, allocate(128));
  PLANTED(planted_shared_unwritten, CUDA_ERROR_LAUNCH_FAILED, WORDS("never-written memory", "shared memory"), {1}, {32}, 0,
          allocate(128));
  PLANTED(planted_missing_barrier, CUDA_ERROR_LAUNCH_FAILED, WORDS("never-written memory", "thread (0,0,0)"), {1}, {64}, 0,
          allocate(256));
  PLANTED(planted_hidden_race, CUDA_ERROR_LAUNCH_FAILED, WORDS("never-written memory", "block (1,0,0), thread (63,0,0)"), {2}, {64}, 0,
          allocate(256));
  PLANTED(planted_copy_without_wait, CUDA_ERROR_LAUNCH_FAILED, WORDS("unfinished cp.async", "planted.cu:99"), {1}, {32}, 0, floats(128),
          allocate(128));
  PLANTED(planted_copy_wait_too_early, CUDA_ERROR_LAUNCH_FAILED, WORDS("unfinished cp.async"), {1}, {32}, 0, floats(128),
          allocate(128));
  PLANTED(planted_copy_without_barrier, CUDA_ERROR_LAUNCH_FAILED, WORDS("never-written memory"), {1}, {32}, 0, floats(128),
          allocate(128));
  PLANTED(planted_ldmatrix_from_global, CUDA_ERROR_ILLEGAL_ADDRESS, WORDS("ldmatrix", "not shared memory"), {1}, {32}, 0, floats(128),
          allocate(128));
  PLANTED(planted_static_too_large, CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, WORDS("too much shared memory", "53248"), {1}, {32}, 0,
          allocate(128));
}

void asyncBugs() {
  constexpr CUresult failed = CUDA_ERROR_LAUNCH_FAILED;
  PLANTED(planted_bulk_without_wait, failed, WORDS("unfinished cp.async"), {1}, {32}, 0, floats(32), allocate(128));
  PLANTED(planted_bulk_wrong_phase, failed, WORDS("unfinished cp.async"), {1}, {32}, 0, floats(32), allocate(128));
  PLANTED(planted_bulk_expects_more, failed, WORDS("mbarrier of which a phase never completes", "mbarrierWait", "32 of 32 threads wait"),
          {1}, {32}, 0, floats(32), allocate(128));
  PLANTED(planted_bulk_unfenced, failed, WORDS("cp.async.bulk at", "planted.cu:", "fence.proxy.async"), {1}, {32}, 0, floats(32),
          allocate(128));
  PLANTED(planted_bulk_over_bulk, failed, WORDS("write of 128 bytes that an unfinished cp.async will write"), {1}, {32}, 0, floats(32),
          allocate(128));
  PLANTED(planted_bulk_left, failed, WORDS("unfinished cp.async.bulk", "ended without waiting"), {1}, {32}, 0, floats(32), allocate(128));
  PLANTED(planted_bulk_misaligned, CUDA_ERROR_MISALIGNED_ADDRESS, WORDS("misaligned access of 32 bytes", "multiple of 16"), {1}, {1}, 0,
          floats(32), allocate(128));
  PLANTED(planted_mbarrier_too_many, failed, WORDS("mbarrier for 2 arrivals has more in one phase"), {1}, {32}, 0, allocate(128));
  PLANTED(planted_mbarrier_overwritten, failed, WORDS("mbarrierArrive at", "no mbarrier is there, or it was overwritten"), {1}, {32}, 0,
          allocate(128));
  PLANTED(planted_mbarrier_unmade, failed, WORDS("never-written memory"), {1}, {32}, 0, allocate(128));
}

// The first sums of a thread's row, or those that are not.
void expectSums(const char* what, int bug, bool right) {
  fresh();
  const CUdeviceptr out = allocate(512);
  check(run("planted_wgmma", {1}, {128}, 240 * 128, bug, out) == CUDA_SUCCESS, std::string(what) + ": " + muninnEmulatedLastReport());
  const auto sums = download<float>(out, 128);
  bool all = true;
  for (int i = 0; i < 128; i++) all &= sums[i] == 32.0f * (i / 32 * 16 + i % 32 / 4);
  check(all == right, std::string(what) + (right ? ": wrong sums" : ": right sums"));
}

void productBugs() {
  constexpr CUresult failed = CUDA_ERROR_LAUNCH_FAILED;
  const dim3 one{1}, group{128};
  expectSums("no bug", 0, true);
  PLANTED(planted_wgmma, failed, WORDS("wgmma at", "planted.cu:", "byte 720 of the block's shared memory", "without fence.proxy.async"), one,
          group, 240 * 128, 1, allocate(512));
  expectSums("wrong stride", 2, false);
  PLANTED(planted_wgmma, CUDA_ERROR_ILLEGAL_ADDRESS, WORDS("out-of-bounds read", "shared memory"), one, group, 240 * 128, 3, allocate(512));
  PLANTED(planted_wgmma, failed, WORDS("other operands in other threads"), one, group, 240 * 128, 4, allocate(512));
  PLANTED(planted_wgmma, failed, WORDS("begins on registers of thread 0 without wgmma.fence"), one, group, 240 * 128, 5, allocate(512));
  expectSums("read before the wait", 6, false);
  PLANTED(planted_wgmma, failed, WORDS("its registers were written while it was at work"), one, group, 240 * 128, 7, allocate(512));
  PLANTED(planted_wgmma, failed, WORDS("write of 4 bytes that an unfinished wgmma reads"), one, group, 240 * 128, 8, allocate(512));
  PLANTED(planted_wgmma, failed, WORDS("unfinished wgmma", "ends without waiting"), one, group, 240 * 128, 9, allocate(512));
  PLANTED(planted_wgmma, failed, WORDS("without wgmma.fence"), one, group, 240 * 128, 10, allocate(512));
  expectSums("wait for too few groups", 11, false);
  PLANTED(planted_wgmma, failed, WORDS("wgmma at", "a block of 160 threads has no whole one"), one, {160}, 240 * 128, 0, allocate(640));
  struct {
    unsigned char opaque[128] = {};
  } map;
  PLANTED(planted_tensor_map, failed, WORDS("cp.async.bulk.tensor at", "cuTensorMapEncodeTiled did not make"), one, {1}, 64 * 128, map,
          allocate(4));
}

void meetingBugs() {
  PLANTED(planted_barrier_skipped, CUDA_ERROR_LAUNCH_FAILED,
          WORDS("divergent barrier", "kernel planted_barrier_skipped", "block (", "thread (0,0,0)", "__syncthreads", "planted.cu:",
                "40 of 64 threads wait", "thread (40,0,0) has ended"),
          {3}, {64}, 0, allocate(256));
  PLANTED(planted_barriers_in_branches, CUDA_ERROR_LAUNCH_FAILED, WORDS("divergent barrier", "different barriers", "thread (40,0,0)"),
          {1}, {64}, 0, allocate(256));
  PLANTED(planted_shuffle_without_all, CUDA_ERROR_LAUNCH_FAILED,
          WORDS("divergent barrier", "__shfl_xor_sync", "mask 0xffffffff", "20 of 32 threads wait"), {1}, {32}, 0, allocate(128), 20);
  PLANTED(planted_mask_lacks_caller, CUDA_ERROR_LAUNCH_FAILED, WORDS("mask 0xffff, which lacks the calling lane 16"), {1}, {32}, 0,
          allocate(128));
  PLANTED(planted_different_collectives, CUDA_ERROR_LAUNCH_FAILED, WORDS("divergent warp", "__any_sync", "__shfl_sync"), {1}, {32}, 0,
          allocate(128));
  PLANTED(planted_spin, CUDA_ERROR_LAUNCH_TIMEOUT, WORDS("timeout", "planted_spin", "thread (0,0,0)"), {1}, {32}, 0,
          upload(std::vector<int>{0}));
  PLANTED(planted_assert, CUDA_ERROR_ASSERT, WORDS("assertion failed: x[threadIdx.x] < 5", "thread (2,0,0)"), {1}, {4}, 0,
          upload(std::vector<int>{1, 2, 5, 3}));
  {
    fresh();
    CUlaunchAttribute attribute{};
    attribute.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    attribute.value.integer = 1;
    const CUlaunchConfig config{1, 1, 1, 32, 1, 1, 0, nullptr, &attribute, 1};
    CUdeviceptr out = allocate(128);
    void* parameters[] = {&out, nullptr};
    expect("programmatic launch", CUDA_ERROR_LAUNCH_FAILED,
           cuLaunchKernelEx(&config, function(module, "planted_no_dependency_wait"), parameters, nullptr),
           {"missing grid dependency wait", "planted_no_dependency_wait"});
  }
  {
    fresh();
    CUlaunchAttribute attribute{};
    attribute.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    attribute.value.integer = 1;
    const CUlaunchConfig config{1, 1, 1, 32, 1, 1, 0, nullptr, &attribute, 1};
    CUdeviceptr x = upload(std::vector<float>(32, 1)), out = allocate(128);
    void* parameters[] = {&x, &out, nullptr};
    void* back[] = {&out, &x, nullptr};
    CUfunction read = function(module, "planted_early_read");
    check(cuLaunchKernelEx(&config, read, parameters, nullptr) == CUDA_SUCCESS, "early read of what was copied");
    check(cuLaunchKernel(read, 1, 1, 1, 32, 1, 1, 0, nullptr, back, nullptr) == CUDA_SUCCESS, "read by a launch that is never early");
    expect("early read", CUDA_ERROR_LAUNCH_FAILED, cuLaunchKernelEx(&config, read, parameters, nullptr),
           {"before the grid dependency wait", "planted_early_read", "may still be writing"});
    fresh();
    out = allocate(128);
    void* target[] = {&out, nullptr};
    expect("early write", CUDA_ERROR_LAUNCH_FAILED,
           cuLaunchKernelEx(&config, function(module, "planted_early_write"), target, nullptr),
           {"write of 4 bytes before the grid dependency wait", "planted_early_write"});
  }
}

void launchBugs() {
  constexpr CUresult invalid = CUDA_ERROR_INVALID_VALUE;
  PLANTED(planted_bounded, invalid, WORDS("block (1025,1,1)", "1024 threads"), {1}, {1025}, 0, allocate(4));
  PLANTED(planted_write_before, invalid, WORDS("block (1,1,65)"), {1}, (dim3{1, 1, 65}), 0, allocate(4));
  PLANTED(planted_write_before, invalid, WORDS("grid (1,65536,1)"), (dim3{1, 65536, 1}), {1}, 0, allocate(4));
  PLANTED(planted_write_before, invalid, WORDS("a dimension is 0"), {0}, {1}, 0, allocate(4));
  PLANTED(planted_bounded, invalid, WORDS("launch bound is 128"), {1}, {256}, 0, allocate(4));
  PLANTED(planted_dynamic_past_end, invalid, WORDS("65536 bytes of dynamic shared memory", "49152"), {1}, {32}, 65536, allocate(4));
  fresh();
  check(cuFuncSetAttribute(function(module, "planted_bounded"), CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 228 * 1024) == invalid,
        "more dynamic shared memory than there is");
  NEED(cuFuncSetAttribute(function(module, "planted_bounded"), CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 227 * 1024));
  const CUdeviceptr room = allocate(512);
  check(run("planted_bounded", {1}, {128}, 227 * 1024, room) == CUDA_SUCCESS, "227 KB when opted in");

  // Parameters: too few, of other sizes, and a number where a pointer belongs.
  fresh();
  CUfunction f = function(module, "planted_read");
  CUdeviceptr x = allocate(4);
  void* two[] = {&x, &x, nullptr};
  expect("two of three parameters", invalid, cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 0, nullptr, two, nullptr),
         {"wrong parameters", "it takes 3", "index 2"});
  char buffer[16] = {};
  std::size_t bytes = sizeof buffer;
  void* extra[] = {reinterpret_cast<void*>(1), buffer, reinterpret_cast<void*>(2), &bytes, nullptr};
  expect("a short parameter buffer", invalid, cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, extra),
         {"wrong parameters", "20 bytes", "the buffer has 16 bytes"});
  expect("no parameters", invalid, cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr), {"it takes 3, none"});
  std::size_t offset = 0, size = 0;
  check(cuFuncGetParamInfo(f, 2, &offset, &size) == CUDA_SUCCESS && offset == 16 && size == 4, "parameter layout");
  check(cuFuncGetParamInfo(f, 3, &offset, &size) == invalid, "there is no fourth parameter");
  PLANTED(planted_read, CUDA_ERROR_ILLEGAL_ADDRESS, WORDS("wrong parameters", "number 0 is a pointer"), {1}, {1}, 0, 7L, allocate(4), 0);
}

void callBugs() {
  constexpr CUresult invalid = CUDA_ERROR_INVALID_VALUE;
  fresh();
  const CUdeviceptr p = allocate(40);
  char data[64] = {};
  expect("copy past the end", invalid, cuMemcpyHtoD_v2(p, data, 41), {"copy to the device of 41 bytes", "not within one live allocation"});
  expect("copy of what was never allocated", invalid, cuMemcpyDtoH_v2(data, p + 4096, 4), {"copy from the device"});
  expect("fill past the end", invalid, cuMemsetD32Async(p, 0, 11, nullptr), {"fill of 44 bytes"});
  NEED(cuMemFree_v2(p));
  expect("double free", invalid, cuMemFree_v2(p), {"freed before"});
  expect("free of a stranger", invalid, cuMemFree_v2(p + 8), {"never returned"});
  CUdeviceptr big;
  check(cuMemAlloc_v2(&big, 1ull << 40) == CUDA_ERROR_OUT_OF_MEMORY, "more memory than there is");
  CUmodule m;
  expect("PTX", CUDA_ERROR_INVALID_IMAGE, cuModuleLoadData(&m, ".version 8.0\n.target sm_90\n"), {"not an ELF file"});
  std::vector<char> other(64);
  std::memcpy(other.data(), "\x50\xed\x55\xba", 4);
  expect("fatbin", CUDA_ERROR_NO_BINARY_FOR_GPU, cuModuleLoadData(&m, other.data()), {"fatbin"});
  std::memcpy(other.data(), "\x7f" "ELF\x02", 5);
  other[18] = static_cast<char>(190);  // a cubin's machine
  expect("cubin", CUDA_ERROR_NO_BINARY_FOR_GPU, cuModuleLoadData(&m, other.data()), {"another machine"});
  CUfunction f;
  check(cuModuleGetFunction(&f, module, "no_such_kernel") == CUDA_ERROR_NOT_FOUND, "unknown kernel");
}

}  // namespace

int main(int, char** arguments) {
  setenv("MUNINN_EMULATED_QUIET", "1", 1);
  setenv("MUNINN_EMULATED_TIMEOUT", "3", 1);
  modulePath = arguments[1];
  open(modulePath);
  memoryBugs();
  sharedMemoryBugs();
  asyncBugs();
  productBugs();
  meetingBugs();
  launchBugs();
  callBugs();
  return summary("planted");
}

// What the counters say of kernels that are known to the last sector.
#include "driver.h"

using namespace test;

extern "C" {
void muninnEmulatedCount(unsigned blocks, int alone);
const char* muninnEmulatedCounts();
void muninnEmulatedClaim(int multiprocessors, std::size_t bytes);
}

namespace {

CUmodule module;

// The launch's counts, as text.
template <class... Ps>
std::string counts(const char* name, dim3 grid, dim3 block, unsigned shared, unsigned sampled, bool alone, Ps... ps) {
  muninnEmulatedCount(sampled, alone);
  NEED(launch(function(module, name), grid, block, shared, ps...));
  NEED(cuCtxSynchronize());
  muninnEmulatedCount(0, 0);
  return muninnEmulatedCounts();
}

void has(const std::string& text, const std::string& part) { check(text.find(part) != std::string::npos, "no " + part + " in " + text); }

CUdeviceptr zeros(std::size_t bytes) { return upload(std::vector<char>(bytes, 0)); }

}  // namespace

int main(int, char** arguments) {
  module = open(arguments[1]);
  const CUdeviceptr weights = zeros(1 << 20), out = zeros(1 << 16);
  {
    const auto t = counts("counted_once", {4}, {64}, 0, 8, false, weights, out);
    has(t, "\"blocks\":4,\"sampled\":4,\"alone\":false,\"warps\":8");
    has(t, "{\"name\":\"weights\",\"loads\":{\"requests\":8,\"bytes\":4096,\"sectors\":128,\"lines\":32}");
    has(t, "\"sectors_read\":128,\"sectors_written\":0");
    has(t, "{\"name\":\"out\",\"loads\":{\"requests\":0,\"bytes\":0,\"sectors\":0,\"lines\":0},\"stores\":{\"requests\":8,\"bytes\":1024,\"sectors\":32,\"lines\":8}");
    has(t, "\"most_read\":1024,\"read\":4096");
  }
  has(counts("counted_strided", {1}, {32}, 0, 1, false, weights, out),
      "\"loads\":{\"requests\":1,\"bytes\":128,\"sectors\":32,\"lines\":8}");
  {
    const auto t = counts("counted_twice", {1}, {32}, 0, 1, false, weights, out);
    has(t, "\"loads\":{\"requests\":2,\"bytes\":256,\"sectors\":8,\"lines\":2}");
    has(t, "\"sectors_read\":4");
  }
  has(counts("counted_eight_ahead", {1}, {256}, 8 * 256 * 16, 1, false, weights, out, 40),
      "\"waits\":{\"count\":33,\"before\":32768,\"most\":32768,\"after\":28672}");
  has(counts("counted_one_ahead", {1}, {256}, 256 * 16, 1, false, weights, out, 40), "\"before\":4096,\"most\":4096,\"after\":0");
  {
    const auto t = counts("counted_bulk", {1}, {32}, 6144, 1, false, weights, out);
    has(t, "\"copies\":{\"requests\":2,\"bytes\":6144,\"sectors\":192,\"lines\":48}");
    has(t, "\"sectors_read\":192");
    has(t, "\"waits\":{\"count\":1,\"before\":6144,\"most\":6144,\"after\":3072}");
    has(t, "\"async_copies\":2,");
    has(t, "\"read\":6144");
  }
  {
    const auto t = counts("counted_transpose", {1}, {32}, 32 * 33 * 4, 1, false, weights, out, 32);
    has(t, "\"wavefronts\":1056,\"least\":64,\"conflicts\":[{\"at\":\"counters.cu:");
    has(t, "\"requests\":32,\"wavefronts\":1024,\"least\":32}");
    has(t, "\"barriers\":1,");
  }
  has(counts("counted_transpose", {1}, {32}, 32 * 33 * 4, 1, false, weights, out, 33), "\"wavefronts\":64,\"least\":64,\"conflicts\":[]");
  has(counts("counted_column", {1}, {32}, 0, 1, false, out), "\"stores\":{\"requests\":1,\"bytes\":64,\"sectors\":32,\"lines\":8}");
  has(counts("counted_row", {1}, {32}, 0, 1, false, out), "\"stores\":{\"requests\":1,\"bytes\":64,\"sectors\":2,\"lines\":1}");
  {
    struct { long long unused; CUdeviceptr sums, arrived; } work{0, zeros(1 << 16), zeros(64)};
    const auto whole = counts("counted_partials", {16}, {32}, 0, 16, false, work, out);
    has(whole, "{\"name\":\"work+8\",\"loads\":{\"requests\":16,\"bytes\":2048,\"sectors\":64,\"lines\":16},"
               "\"stores\":{\"requests\":16,\"bytes\":2048,\"sectors\":64,\"lines\":16}");
    has(whole, "\"fences\":512,\"atomics\":16,");
    // Nobody comes last among half of the blocks, and who arrived is forgotten: again and again.
    for (int i = 0; i < 3; i++) {
      const auto half = counts("counted_partials", {16}, {32}, 0, 8, true, work, out);
      has(half, "\"sampled\":8,\"alone\":true");
      has(half, "{\"name\":\"work+8\",\"loads\":{\"requests\":0,");
    }
    check(download<int>(work.arrived, 1)[0] == 0, "what atomics changed is put back");
  }
  {
    NEED(launch(function(module, "counted_row"), {1}, {32}, 0, out));
    NEED(cuCtxSynchronize());
    check(std::string(muninnEmulatedCounts()) == "[]", "nothing is counted that nobody asked for");
  }
  {
    int count;
    muninnEmulatedClaim(132, 0);
    NEED(cuDeviceGetAttribute(&count, 16, 0));
    check(count == 132, "multiprocessors are as claimed");
    muninnEmulatedClaim(0, 0);
    NEED(cuDeviceGetAttribute(&count, 16, 0));
    check(count != 132, "and as they were");
  }
  return summary("counters");
}

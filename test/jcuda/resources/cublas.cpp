// A cuBLAS 12 for tests: the few functions that are called of the many that JCublas is linked to. It computes a product
// (product.h) and checks what it is given; numbers are stated here once more, apart from the Java side, as the C
// interface has them. Whatever it dislikes is answered with INVALID_VALUE, and kept in words for the test.
#include <set>
#include <sstream>
#include <string>

#include "product.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int SUCCESS = 0, INVALID_VALUE = 7;
constexpr int R_32F = 0, R_16BF = 14, COMPUTE_32F = 68, GEMM_DEFAULT = -1, OP_N = 0, OP_T = 1;

struct Handle {
  void* stream = nullptr;
  std::uint64_t workspace = 0;
  std::size_t workspaceBytes = 0;
};

std::string driver, calls, complaints, text, failing;
int failure = 0;
std::set<Handle*> living;

int complain(const std::string& complaint) {
  complaints += complaint + "\n";
  return INVALID_VALUE;
}

#define REQUIRE(condition, what) \
  if (!(condition)) return complain(std::string(__func__) + ": " + (what) + " wanted")

int called(const char* function) { return failing == function ? failure : SUCCESS; }

}  // namespace

// What a test tells it, and asks of it.
EXPORT void stub_driver(const char* path) { driver = path; }
EXPORT void stub_fail(const char* function, int code) { failing = function, failure = code; }
EXPORT int stub_living() { return static_cast<int>(living.size()); }

// The products since this was last asked, a line each, and what was wrong with them.
EXPORT const char* stub_calls() {
  text = calls + complaints;
  calls.clear();
  complaints.clear();
  return text.c_str();
}

EXPORT int cublasCreate_v2(Handle** out) {
  if (const int status = called("cublasCreate")) return status;
  living.insert(*out = new Handle);
  return SUCCESS;
}

EXPORT int cublasDestroy_v2(Handle* handle) {
  REQUIRE(living.erase(handle) == 1, "a living handle");
  delete handle;
  return SUCCESS;
}

EXPORT int cublasGetVersion_v2(Handle* handle, int* version) {
  REQUIRE(living.count(handle), "a living handle");
  *version = 120604;
  return SUCCESS;
}

EXPORT int cublasSetStream_v2(Handle* handle, void* stream) {
  REQUIRE(living.count(handle) && stream, "a living handle and a stream");
  *handle = {stream, 0, 0};
  return SUCCESS;
}

EXPORT int cublasSetWorkspace_v2(Handle* handle, std::uint64_t workspace, std::size_t bytes) {
  REQUIRE(living.count(handle) && workspace && workspace % 256 == 0, "a living handle and an aligned address");
  handle->workspace = workspace;
  handle->workspaceBytes = bytes;
  return SUCCESS;
}

EXPORT int cublasGemmEx(Handle* handle, int transA, int transB, int m, int n, int k, const float* alpha, std::uint64_t a,
                        int typeA, int pitchA, std::uint64_t b, int typeB, int pitchB, const float* beta, std::uint64_t c,
                        int typeC, int pitchC, int compute, int algorithm) {
  if (const int status = called("cublasGemmEx")) return status;
  REQUIRE(living.count(handle), "a living handle");
  REQUIRE(handle->workspaceBytes == 32 << 20, "32 MiB of workspace");
  REQUIRE(transA == OP_T && transB == OP_N, "A transposed and B not");
  REQUIRE(typeA == R_16BF && typeB == R_16BF && (typeC == R_32F || typeC == R_16BF) && compute == COMPUTE_32F,
          "bfloat16 to float32 or bfloat16");
  REQUIRE(m > 0 && n > 0 && k > 0 && pitchA >= k && pitchB >= k && pitchC == m, "matrices that fit");
  REQUIRE(*alpha == 1 && (*beta == 0 || *beta == 1), "alpha 1, beta 0 or 1");
  REQUIRE((a | b | c) % 16 == 0, "aligned addresses");
  REQUIRE(algorithm == GEMM_DEFAULT, "the default algorithm");
  std::ostringstream line;
  line << "gemm " << n << ' ' << m << ' ' << k << " beta " << *beta << '\n';
  calls += line.str();
  const std::string refusal =
      Product::enqueue(driver.c_str(), n, m, k, b, pitchB, a, pitchA, c, c, typeC == R_16BF, *beta, false, handle->stream);
  REQUIRE(refusal.empty(), refusal);
  return SUCCESS;
}

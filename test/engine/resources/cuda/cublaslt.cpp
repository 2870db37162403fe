// A cuBLASLt for tests: it proposes four ways for every product, computes it (product.h), and checks what it is
// given. Types, layouts and numbers are stated here once more, apart from the bindings, as the C interface
// has them. Whatever it dislikes is answered with INVALID_VALUE, and kept in words for the test.
//
// OLD leaves out what version 11 did not have.
#include <cstdint>
#include <cstring>
#include <set>
#include <sstream>
#include <string>

#include "product.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int SUCCESS = 0, INVALID_VALUE = 7, NOT_SUPPORTED = 15;
constexpr int R_32F = 0, R_16BF = 14, COMPUTE_32F = 68;
constexpr int WAYS = 4;

std::string driver, complaints, calls, failing, text;
int failure = 0;
int fast = 0;         // the way that takes no extra time
int refused = -1;     // the way that does not run although it is proposed
int unfit = -1;       // the way that is listed, but not as a success
std::size_t version = 120604, cuda = 12060;
std::set<const void*> living;

struct Layout {
  int type;
  std::uint64_t rows, columns;
  std::int64_t pitch;
};

struct Desc {
  int compute, scale;
  int transA = 0, transB = 0;
};

struct Preference {
  std::uint64_t workspaceBytes = 0;
  std::uint32_t alignment[4] = {256, 256, 256, 256};
};

struct Algorithm {
  std::uint64_t way, m, n, k, rest[4];
};

struct Result {
  Algorithm algorithm;
  std::size_t workspaceBytes;
  int state;
  float waves;
  int reserved[4];
};
static_assert(sizeof(Algorithm) == 64 && sizeof(Result) == 96);

int complain(const std::string& complaint) {
  complaints += complaint + "\n";
  return INVALID_VALUE;
}

#define REQUIRE(condition, what) \
  if (!(condition)) return complain(std::string(__func__) + ": " + (what) + " wanted")

int called(const char* function) { return failing == function ? failure : SUCCESS; }

template <class T>
int create(T** out, const T& value) {
  *out = new T(value);
  living.insert(*out);
  return SUCCESS;
}

template <class T>
int destroy(T* object) {
  REQUIRE(living.erase(object) == 1, "a living object");
  delete object;
  return SUCCESS;
}

}  // namespace

// What a test tells it, and asks of it.
EXPORT void stub_driver(const char* path) { driver = path; }
EXPORT void stub_version(int library, int runtime) { version = library, cuda = runtime; }
EXPORT void stub_fail(const char* function, int code) { failing = function, failure = code; }
EXPORT void stub_ways(int fastWay, int refusedWay, int unfitWay) { fast = fastWay, refused = refusedWay, unfit = unfitWay; }
EXPORT int stub_living() { return static_cast<int>(living.size()); }

// The products and heuristics since this was last asked, a line each, and what was wrong with them.
EXPORT const char* stub_calls() {
  text = calls + complaints;
  calls.clear();
  complaints.clear();
  return text.c_str();
}

EXPORT std::size_t cublasLtGetVersion() { return version; }
EXPORT std::size_t cublasLtGetCudartVersion() { return cuda; }
#ifndef OLD
EXPORT const char* cublasLtGetStatusName(int status) {
  return status == 3    ? "CUBLAS_STATUS_ALLOC_FAILED"
         : status == 7  ? "CUBLAS_STATUS_INVALID_VALUE"
         : status == 8  ? "CUBLAS_STATUS_ARCH_MISMATCH"
         : status == 15 ? "CUBLAS_STATUS_NOT_SUPPORTED"
                        : nullptr;
}
#endif

EXPORT int cublasLtCreate(int** out) {
  if (const int status = called(__func__)) return status;
  return create(out, 0);
}
EXPORT int cublasLtDestroy(int* handle) { return destroy(handle); }

EXPORT int cublasLtMatmulDescCreate(Desc** out, int compute, int scale) { return create(out, Desc{compute, scale}); }
EXPORT int cublasLtMatmulDescDestroy(Desc* desc) { return destroy(desc); }
EXPORT int cublasLtMatmulDescSetAttribute(Desc* desc, int attribute, const void* value, std::size_t bytes) {
  REQUIRE(living.count(desc), "a living descriptor");
  REQUIRE((attribute == 3 || attribute == 4) && bytes == 4, "transa or transb, 4 bytes");
  std::memcpy(attribute == 3 ? &desc->transA : &desc->transB, value, bytes);
  return SUCCESS;
}

EXPORT int cublasLtMatrixLayoutCreate(Layout** out, int type, std::uint64_t rows, std::uint64_t columns, std::int64_t pitch) {
  REQUIRE(rows > 0 && columns > 0 && pitch >= std::int64_t(rows), "a matrix in columns");
  return create(out, Layout{type, rows, columns, pitch});
}
EXPORT int cublasLtMatrixLayoutDestroy(Layout* layout) { return destroy(layout); }

EXPORT int cublasLtMatmulPreferenceCreate(Preference** out) { return create(out, Preference{}); }
EXPORT int cublasLtMatmulPreferenceDestroy(Preference* preference) { return destroy(preference); }
EXPORT int cublasLtMatmulPreferenceSetAttribute(Preference* preference, int attribute, const void* value, std::size_t bytes) {
  REQUIRE(living.count(preference), "a living preference");
  if (attribute == 1) {
    REQUIRE(bytes == 8, "8 bytes");
    std::memcpy(&preference->workspaceBytes, value, bytes);
    return SUCCESS;
  }
  REQUIRE(attribute >= 5 && attribute <= 8 && bytes == 4, "a minimum alignment, 4 bytes");
  std::memcpy(&preference->alignment[attribute - 5], value, bytes);
  return SUCCESS;
}

EXPORT int cublasLtMatmulAlgoGetHeuristic(int* handle, Desc* desc, Layout* a, Layout* b, Layout* c, Layout* d,
                                          Preference* preference, int wanted, Result* results, int* count) {
  if (const int status = called(__func__)) return status;
  for (const void* object : {(void*)handle, (void*)desc, (void*)a, (void*)b, (void*)c, (void*)d, (void*)preference}) {
    REQUIRE(living.count(object), "living objects");
  }
  REQUIRE(desc->compute == COMPUTE_32F && desc->scale == R_32F, "sums in float32");
  REQUIRE(desc->transA == 1 && desc->transB == 0, "A transposed and B not");
  REQUIRE(a->type == R_16BF && b->type == R_16BF && c->type == d->type && (d->type == R_32F || d->type == R_16BF),
          "bfloat16 to float32 or bfloat16");
  REQUIRE(c == d && a->rows == b->rows && a->columns == d->rows && b->columns == d->columns, "matrices that fit");
  REQUIRE(preference->workspaceBytes == 32 << 20, "32 MiB of workspace");
  for (const std::uint32_t alignment : preference->alignment) REQUIRE(alignment == 16, "an alignment of 16");
  std::ostringstream line;
  line << "heuristic " << d->columns << ' ' << d->rows << ' ' << a->rows << " pitches " << b->pitch << ' ' << a->pitch
       << ' ' << d->pitch << (d->type == R_16BF ? " rounded" : "") << " of " << wanted << '\n';
  calls += line.str();
  *count = 0;
  for (int way = 0; way < WAYS && way < wanted; ++way) {
    Result& result = results[(*count)++];
    result = {};
    result.algorithm = {std::uint64_t(way), d->columns, d->rows, a->rows, {}};
    result.state = way == unfit ? NOT_SUPPORTED : SUCCESS;
  }
  return SUCCESS;
}

EXPORT int cublasLtMatmul(int* handle, Desc* desc, const float* alpha, std::uint64_t a, Layout* layoutA, std::uint64_t b,
                          Layout* layoutB, const float* beta, std::uint64_t c, Layout* layoutC, std::uint64_t d,
                          Layout* layoutD, const Algorithm* algorithm, std::uint64_t workspace, std::size_t workspaceBytes,
                          void* stream) {
  if (const int status = called(__func__)) return status;
  for (const void* object : {(void*)handle, (void*)desc, (void*)layoutA, (void*)layoutB, (void*)layoutC, (void*)layoutD}) {
    REQUIRE(living.count(object), "living objects");
  }
  REQUIRE(*alpha == 1 && (*beta == 0 || *beta == 1), "alpha 1, beta 0 or 1");
  REQUIRE((a | b | c | d) % 16 == 0 && layoutC == layoutD, "aligned addresses, one layout");
  REQUIRE(*beta == 1 || c == d, "no addend where nothing is added");
  REQUIRE(algorithm->m == layoutD->columns && algorithm->n == layoutD->rows && algorithm->k == layoutA->rows,
          "an algorithm for this shape");
  REQUIRE(workspace % 256 == 0 && workspaceBytes == 32 << 20, "a workspace");
  if (int(algorithm->way) == refused) return NOT_SUPPORTED;

  std::ostringstream line;
  line << "matmul " << algorithm->m << ' ' << algorithm->n << ' ' << algorithm->k << " way " << algorithm->way << " beta "
       << *beta << (c != d ? " apart" : "") << '\n';
  calls += line.str();

  const std::string refusal = Product::enqueue(driver.c_str(), algorithm->m, algorithm->n, algorithm->k, b, layoutB->pitch, a,
                                               layoutA->pitch, c, d, layoutD->type == R_16BF, *beta, int(algorithm->way) != fast, stream);
  REQUIRE(refusal.empty(), refusal);
  return SUCCESS;
}

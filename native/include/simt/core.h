// What a running CUDA thread sees of the emulated device: who it is, its block's shared memory, and the points
// where it meets other threads. Kernels reach these through the names of CUDA C++ (simt.h); the implementation
// is in native/src. Here a CUDA thread is a fiber, and all threads of a block share one thread of the system.
#pragma once

#include <cstddef>
#include <cstdint>

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};

// Where a kernel's source calls one of the meeting points: reports name it.
#define SIMT_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

// For functions that work on the host's memory on behalf of a kernel.
#define SIMT_UNCHECKED __attribute__((no_sanitize_address, no_sanitize("alignment")))

namespace simt {

constexpr unsigned warpSize = 32;

// A thread of a block, as its kernel sees it.
struct Thread {
  uint3 threadIdx;
  uint3 blockIdx;
  dim3 blockDim;
  dim3 gridDim;
  unsigned linear;  // number within the block, x fastest
  unsigned lane;
};

// The thread that runs; null outside of kernels. It changes with every switch of fibers.
extern thread_local Thread* current __attribute__((tls_model("initial-exec")));

// Waits for every thread of the block; the number of threads whose predicate was true.
int blockBarrier(const char* what, bool predicate, const char* file, int line);

// Waits for the lanes of `mask`; the last to arrive runs `evaluate` for all of them. args[i] is what lane i
// passed, a place on its stack that holds its operands and takes its results.
using Evaluate = void (*)(void* const args[warpSize], unsigned mask);
void collective(const char* what, unsigned mask, void* args, Evaluate evaluate, const char* file, int line);

// Collectives that every warp function is made of, done here so that they cost no checks. A lane reads `source`'s
// value; all bits set where that lane does not take part.
std::uint64_t shuffle(const char* what, unsigned mask, std::uint64_t value, unsigned source, const char* file, int line);
unsigned ballot(const char* what, unsigned mask, bool predicate, const char* file, int line);

// The sum or the greatest of a whole warp, added as a butterfly of shuffles adds.
float reduceWarp(const char* what, float value, bool greatest, const char* file, int line);

// Matrix fragments, in the registers' layout of the PTX manual.
void mmaBf16(const unsigned (&a)[4], const unsigned (&b)[2], const float (&c)[4], float (&d)[4], const char* file, int line);
void ldmatrix(unsigned* registers, unsigned count, bool transposed, const void* row, const char* file, int line);

// The lanes of this warp that exist: a block's last warp may be short.
unsigned warpMembers();

// This block's memory for the static shared variable that is told apart by `site`; the same for all its threads.
void* staticShared(const void* site, std::size_t bytes, std::size_t align);

// This block's dynamic shared memory, as many bytes as the launch asked for.
void* dynamicShared();

// True where p lies in the shared memory of the running block.
bool isShared(const void* p);

// Asynchronous copies into shared memory: nothing arrives before the wait.
void copyAsync(void* shared, const void* global, unsigned bytes, unsigned sourceBytes, const char* file, int line);
void copyAsyncCommit();
void copyAsyncWait(unsigned groupsInFlight);

// Barriers in shared memory that count arrivals and bytes, and the copies that count for them: cp.async.bulk. Copies
// arrive when nobody can go on without them.
void mbarrierInit(std::uint64_t* barrier, int arrivals, const char* file, int line);
void mbarrierArrive(std::uint64_t* barrier, int expectedBytes, const char* file, int line);
void mbarrierWait(std::uint64_t* barrier, int parity, const char* file, int line);
void fenceProxyAsync();
void bulkCopy(void* shared, const void* global, int bytes, std::uint64_t* barrier, const char* file, int line);

void tensorCopy(void* shared, const void* map, int column, int row, std::uint64_t* barrier, const char* file, int line);

// Products of warpgroups, by the descriptors of the PTX manual. d has n / 2 floats, which hold nothing until the wait.
std::uint64_t sharedOffset(const void* p);
void wgmma(float* d, int n, std::uint64_t a, std::uint64_t b, bool accumulate, const char* file, int line);
void wgmmaFence();
void wgmmaCommit();
void wgmmaWait(int groups, const char* file, int line);

// Programmatic dependent launch: griddepcontrol.wait and .launch_dependents.
void gridDependencyWait();
void gridDependencyLaunch();

// Nanoseconds of one clock for all, and the worker that runs the block, which stands for a multiprocessor.
std::uint64_t globalTimer();
unsigned multiprocessor();

// Orders the memory of a thread, for those of other blocks; and what an atomic is before and after.
void fence();
void atomicBegins(void* p, std::size_t bytes);
void atomicEnds();

// Checks an access that the compiler's instrumentation does not see as what it is (an atomic, a wrapped primitive).
void checkRead(const void* p, std::size_t bytes, std::size_t align);
void checkWrite(const void* p, std::size_t bytes, std::size_t align);

// Ends the launch with an error: what a trap or a failed assertion does on a device.
[[noreturn]] void trap(const char* message, const char* file, int line);

}  // namespace simt

// Page tables: which page holds a chunk of 16 positions of one KV slot of one sequence.
#include "tables.cuh"

// pages[index] = page for each of n mappings (index, page); moves 12 bytes each.
// pages [sequences, slots, chunks], mappings [n, 2]
KERNEL(map_pages, int* pages, const long long* mappings, int n) {
  gridDependencyWait();
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) pages[mappings[2 * i]] = static_cast<int>(mappings[2 * i + 1]);
}

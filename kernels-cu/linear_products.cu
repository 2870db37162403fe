// What comes before and after the products of a matrix library, which multiplies plain matrices: operands side by side
// for it, and the epilogues over its products.
#include "epilogues.cuh"

namespace {

using bf16 = __nv_bfloat16;

__device__ float asFloat(float v) { return v; }
__device__ float asFloat(bf16 v) { return __bfloat162float(v); }

// One thread a pair of rows, grid (pairs / blockDim, lanes from firstLane on). products [lanes of the launch, rows], float
// or bfloat16; moves two of them a pair and lane, and what the epilogue moves.
template <class P, class Epilogue>
__device__ void finish(const Lanes& lanes, int firstLane, const P* products, int rows, const Epilogue& epilogue) {
  gridDependencyLaunch();
  gridDependencyWait();
  const int pair = blockIdx.x * blockDim.x + threadIdx.x;
  const int m = firstLane + blockIdx.y;
  if (pair >= epilogue.pairs() || m >= lanes.count()) return;
  const P* const from = products + static_cast<size_t>(blockIdx.y) * rows;
  put(epilogue, lanes, m, pair, asFloat(from[epilogue.first(pair)]), asFloat(from[epilogue.second(pair)]));
}

}  // namespace

// out[i] = [s[row(m)] ; e[row(m)]] for lane m = firstLane + i, 16 bytes a thread, grid (2 · width / 8 / blockDim, lanes);
// s, e [rows, width], width % 8 == 0, out [lanes of the launch, 2 · width]; moves 8 · width bytes a lane.
KERNEL(linear_join_bf16, Lanes lanes, int firstLane, const bf16* s, const bf16* e, int width, bf16* out) {
  TIMELINE;
  gridDependencyLaunch();
  gridDependencyWait();
  const int column = 8 * (blockIdx.x * blockDim.x + threadIdx.x);
  const int m = firstLane + blockIdx.y;
  if (column >= 2 * width || m >= lanes.count()) return;
  const Joined<bf16> joined{s, e, width};
  *reinterpret_cast<uint4*>(out + static_cast<size_t>(blockIdx.y) * 2 * width + column) =
      *reinterpret_cast<const uint4*>(joined.at(joined.row(lanes, m), column));
}

// out[row(m)] = products[i] for lane m = firstLane + i; products [lanes of the launch, rows]
KERNEL(linear_finish_store_bf16, Lanes lanes, int firstLane, const float* products, float* out, int rows) {
  TIMELINE;
  finish(lanes, firstLane, products, rows, Store(rows, out, 1));
}

// products [lanes of the launch, 2 · columns], out [lanes, columns]
KERNEL(linear_finish_swiglu_bf16, Lanes lanes, int firstLane, const bf16* products, bf16* out, int columns) {
  TIMELINE;
  finish(lanes, firstLane, products, 2 * columns, Swiglu<bf16>{columns, out});
}

// products [lanes of the launch, (H + 2K) · D], bfloat16 where they are rounded, else float; the rest as in epilogues.cuh
template <class Kv>
__device__ void finishHeads(const Lanes& lanes, int firstLane, const void* products, int rounded,
                            const QueryKeyValue<Kv>& epilogue) {
  if (rounded) {
    finish(lanes, firstLane, static_cast<const bf16*>(products), epilogue.rows, epilogue);
  } else {
    finish(lanes, firstLane, static_cast<const float*>(products), epilogue.rows, epilogue);
  }
}
KERNEL(linear_finish_qkv_bf16, Lanes lanes, int firstLane, const void* products, int rounded, int queries, const float* bias,
       const float* rope, Sequences sequences, KvCache<bf16> cache, Slot slot, bf16* q) {
  TIMELINE;
  finishHeads(lanes, firstLane, products, rounded, QueryKeyValue<KvCache<bf16>>(queries, bias, rope, sequences, cache, slot, q));
}
KERNEL(linear_finish_qkv_f32, Lanes lanes, int firstLane, const void* products, int rounded, int queries, const float* bias,
       const float* rope, Sequences sequences, KvCache<float> cache, Slot slot, float* q) {
  TIMELINE;
  finishHeads(lanes, firstLane, products, rounded, QueryKeyValue<KvCache<float>>(queries, bias, rope, sequences, cache, slot, q));
}

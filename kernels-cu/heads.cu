// Keys and values appended as scaled bytes: what QueryKeyValue (epilogues.cuh) does, over products that were stored,
// because a row's scale has to be known before any of it is written.
#include "abi.cuh"
#include "epilogues.cuh"

namespace {

constexpr int WARPS = 8;             // heads of a block
constexpr int MOST_PAIRS = 256 / 64;  // of a thread: heads have up to 256 elements

// One warp a head, grid (heads / WARPS, lanes). products [lanes, (H + 2K) · D]; moves 4 · D bytes a lane and head, and what
// is stored; the rest as in epilogues.cuh
template <class Kv>
__device__ void append(const Lanes& lanes, const float* products, int queries, const float* bias, const float* rope,
                       const Sequences& sequences, const Kv& cache, const Slot& slot, typename Kv::Operand* q) {
  gridDependencyLaunch();
  gridDependencyWait();
  const int head = blockIdx.x * WARPS + threadIdx.x / 32, thread = threadIdx.x % 32, m = blockIdx.y;
  const int d = cache.width, queryHeads = queries / d, heads = queryHeads + 2 * cache.heads;
  if (head >= heads || m >= lanes.count()) return;
  const bool turns = head < queryHeads + cache.heads;
  const int position = lanes.position(m);
  const float* const from = products + (static_cast<size_t>(m) * heads + head) * d;

  float2 pairs[MOST_PAIRS];
  unsigned greatest = 0;  // of the magnitudes, as bits
#pragma unroll
  for (int i = 0; i < MOST_PAIRS; i++) {
    const int element = 2 * (thread + 32 * i);
    if (element >= d) continue;
    pairs[i] = *reinterpret_cast<const float2*>(from + element);
    if (turns) {
      pairs[i] = turned(pairs[i].x, pairs[i].y, bias ? bias + head * d + element : nullptr,
                        rope + static_cast<size_t>(position) * d + element);
    }
    greatest = max(greatest, max(__float_as_uint(fabsf(pairs[i].x)), __float_as_uint(fabsf(pairs[i].y))));
  }
  if (head < queryHeads) {
#pragma unroll
    for (int i = 0; i < MOST_PAIRS; i++) {
      const int element = 2 * (thread + 32 * i);
      if (element < d) storePair(q + static_cast<size_t>(m) * queries + head * d + element, pairs[i].x, pairs[i].y);
    }
    return;
  }

  using Code = typename Kv::Code;
  const codes::Scale<Code> scale(__reduce_max_sync(0xffffffffu, greatest));
  const int sequence = lanes.sequence(m), group = lanes.group(m), row = position % PAGE;
  const int page = sequences.slotPages(sequence, slot.of(group))[position / PAGE];
  const int kvHead = (head - queryHeads) % cache.heads;
  unsigned char* const to = turns ? cache.keys(page, kvHead) : cache.values(page, kvHead);
#pragma unroll
  for (int i = 0; i < MOST_PAIRS; i++) {
    const int element = 2 * (thread + 32 * i);
    if (element >= d) continue;
    const unsigned first = Code::encode(pairs[i].x * scale.factor), second = Code::encode(pairs[i].y * scale.factor);
    *reinterpret_cast<unsigned short*>(to + Kv::Rows::at(row, element)) = static_cast<unsigned short>(first | second << 8);
  }
  if (thread != 0) return;
  (turns ? cache.keyScales(page, kvHead) : cache.valueScales(page, kvHead))[row] = scale.scale;
  // one head of the lane's key says how deep its position has been
  if (head == queryHeads && slot.perGroup != 0) {
    int* const reached = sequences.reachedOf(sequence) + position;
    *reached = max(*reached, group);
  }
}

}  // namespace

#define APPEND_KERNEL(NAME, T, CODE)                                                                                   \
  KERNEL(append_##NAME, Lanes lanes, const float* products, int queries, const float* bias, const float* rope,         \
         Sequences sequences, ScaledKv<T, CODE> cache, Slot slot, T* q) {                                         \
    TIMELINE;                                                                                                     \
    append(lanes, products, queries, bias, rope, sequences, cache, slot, q);                                           \
  }

APPEND_KERNEL(fp8_bf16, bf16, codes::E4m3)
APPEND_KERNEL(int8_bf16, bf16, codes::Int8)
APPEND_KERNEL(fp8_f32, float, codes::E4m3)
APPEND_KERNEL(int8_f32, float, codes::Int8)

ABI(heads, ABI_VALUE(WARPS))

// Each primitive as plainly as it can be called; test/primitives.cpp knows what must come out.

#include <async.cuh>

// d = a · b + c; a [16][16] and b [16][8] bfloat16 bits, c and d [16][8]
KERNEL(prim_mma, const unsigned short* a, const unsigned short* b, const float* c, float* d) {
  const int g = threadIdx.x / 4, t = threadIdx.x % 4;
  const auto row = [&](int r, int k) { return a[r * 16 + k] | static_cast<unsigned>(a[r * 16 + k + 1]) << 16; };
  const auto column = [&](int k) { return b[k * 8 + g] | static_cast<unsigned>(b[(k + 1) * 8 + g]) << 16; };
  const uint4 x = make_uint4(row(g, 2 * t), row(g + 8, 2 * t), row(g, 2 * t + 8), row(g + 8, 2 * t + 8));
  const uint2 y = make_uint2(column(2 * t), column(2 * t + 8));
  const float4 z = mma16816(x, y, make_float4(c[g * 8 + 2 * t], c[g * 8 + 2 * t + 1], c[(g + 8) * 8 + 2 * t], c[(g + 8) * 8 + 2 * t + 1]));
  d[g * 8 + 2 * t] = z.x;
  d[g * 8 + 2 * t + 1] = z.y;
  d[(g + 8) * 8 + 2 * t] = z.z;
  d[(g + 8) * 8 + 2 * t + 1] = z.w;
}

// out[form][register][lane] for the six forms of ldmatrix over four matrices, at a pitch of 24 elements
KERNEL(prim_ldmatrix, const unsigned short* matrices, unsigned* out) {
  constexpr int pitch = 24;
  SHARED(unsigned short[32 * pitch], rows);
  for (int i = 0; i < 8; i++) rows[threadIdx.x * pitch + i] = matrices[threadIdx.x * 8 + i];
  __syncwarp();
  const void* row = &rows[threadIdx.x * pitch];
  const auto put = [&](int form, int r, unsigned value) { out[(form * 4 + r) * 32 + threadIdx.x] = value; };
  put(0, 0, ldmatrix1(row));
  put(1, 0, ldmatrix1Transposed(row));
  const uint2 two = ldmatrix2(row), twoT = ldmatrix2Transposed(row);
  put(2, 0, two.x);
  put(2, 1, two.y);
  put(3, 0, twoT.x);
  put(3, 1, twoT.y);
  const uint4 four = ldmatrix4(row), fourT = ldmatrix4Transposed(row);
  put(4, 0, four.x);
  put(4, 1, four.y);
  put(4, 2, four.z);
  put(4, 3, four.w);
  put(5, 0, fourT.x);
  put(5, 1, fourT.y);
  put(5, 2, fourT.z);
  put(5, 3, fourT.w);
}

// out[case][lane]; the second half of the warp shuffles on its own with the mask of the odd cases
KERNEL(prim_shuffles, const int* x, int* out) {
  const int lane = threadIdx.x, v = x[lane];
  out[0 * 32 + lane] = __shfl_sync(~0u, v, 5);
  out[1 * 32 + lane] = __shfl_sync(~0u, v, lane + 3);
  out[2 * 32 + lane] = __shfl_sync(~0u, v, 2, 8);
  out[3 * 32 + lane] = __shfl_up_sync(~0u, v, 3);
  out[4 * 32 + lane] = __shfl_up_sync(~0u, v, 3, 8);
  out[5 * 32 + lane] = __shfl_down_sync(~0u, v, 5);
  out[6 * 32 + lane] = __shfl_down_sync(~0u, v, 5, 16);
  out[7 * 32 + lane] = __shfl_xor_sync(~0u, v, 9);
  const long long wide = static_cast<long long>(v) << 32;
  out[8 * 32 + lane] = static_cast<int>(__shfl_xor_sync(~0u, wide, 1) >> 32);
  const unsigned half = lane < 16 ? 0xffffu : 0xffff0000u;
  // Halves that meet apart, in different branches.
  if (lane < 16) {
    out[9 * 32 + lane] = __shfl_xor_sync(half, v, 1);
  } else {
    int sum = v;
    for (int i = 8; i > 0; i /= 2) sum += __shfl_xor_sync(half, sum, i);
    out[9 * 32 + lane] = sum;
  }
}

// The reductions of device.cuh beside the shuffles that they stand for
KERNEL(prim_warp_reductions, const float* x, float* out) {
  const int lane = threadIdx.x;
  float sum = x[lane], most = x[lane];
  out[0 * 32 + lane] = warpSum(sum);
  out[2 * 32 + lane] = warpMax(most);
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    sum += __shfl_xor_sync(~0u, sum, lanes);
    most = fmaxf(most, __shfl_xor_sync(~0u, most, lanes));
  }
  out[1 * 32 + lane] = sum;
  out[3 * 32 + lane] = most;
}

KERNEL(prim_votes, const int* x, unsigned* out) {
  const int lane = threadIdx.x, v = x[lane];
  out[0 * 32 + lane] = __ballot_sync(~0u, v > 0);
  out[1 * 32 + lane] = __any_sync(~0u, v > 1000);
  out[2 * 32 + lane] = __all_sync(~0u, v > -1000);
  out[3 * 32 + lane] = __reduce_add_sync(~0u, v);
  out[4 * 32 + lane] = __reduce_min_sync(~0u, v);
  out[5 * 32 + lane] = __reduce_max_sync(~0u, v);
  out[6 * 32 + lane] = __reduce_and_sync(~0u, static_cast<unsigned>(v));
  out[7 * 32 + lane] = __reduce_or_sync(~0u, static_cast<unsigned>(v));
  out[8 * 32 + lane] = __reduce_xor_sync(~0u, static_cast<unsigned>(v));
  out[9 * 32 + lane] = __match_any_sync(~0u, v % 3);
  const unsigned even = 0x55555555u;
  if (lane % 2 == 0) {
    out[10 * 32 + lane] = __reduce_add_sync(even, v);
  } else {
    out[10 * 32 + lane] = __ballot_sync(~even, v > 0);
  }
}

// Votes of the block; a block of 70 threads has a short last warp.
KERNEL(prim_block_votes, int* out) {
  const int i = threadIdx.x;
  out[0 * 70 + i] = __syncthreads_count(i % 3 == 0);
  out[1 * 70 + i] = __syncthreads_or(i == 69);
  out[2 * 70 + i] = __syncthreads_and(i != 69);
  out[3 * 70 + i] = __syncthreads_and(i < 70);
  out[4 * 70 + i] = i < 64 ? 0 : __reduce_add_sync(0xffffffffu, 1);
}

KERNEL(prim_atomics, int* ints, unsigned* counters, float* floats, unsigned long long* wide) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(&ints[0], i);
  atomicSub(&ints[1], 1);
  atomicMin(&ints[2], -i);
  atomicMax(&ints[3], i);
  atomicOr(&ints[4], 1 << (i % 31));
  atomicAnd(&ints[5], ~(1 << (i % 31)));
  atomicXor(&ints[6], i);
  atomicInc(&counters[0], 6);
  atomicDec(&counters[1], 6);
  atomicAdd(&floats[0], 0.5f);
  atomicAdd(&wide[0], 1ull << 33);
  // The last to arrive, as kernels merge their parts.
  __threadfence();
  if (atomicAdd(&counters[2], 1u) == gridDim.x * blockDim.x - 1) counters[3]++;
  while (true) {
    const unsigned long long seen = wide[1];
    if (atomicCAS(&wide[1], seen, seen + 3) == seen) break;
  }
  if (i == 0) floats[1] = atomicExch(&floats[2], 9);
}

// Asynchronous copies in two stages; the last row has only half of its bytes.
KERNEL(prim_copies, const float* x, float* out) {
  SHARED(float[2][128], stage);
  const int lane = threadIdx.x;
  copyAsync<16>(&stage[0][4 * lane], x + 4 * lane);
  copyAsyncCommit();
  copyAsync<16>(&stage[1][4 * lane], x + 128 + 4 * lane, lane == 31 ? 8 : 16);
  copyAsyncCommit();
  copyAsyncWait<1>();
  __syncthreads();
  for (int i = lane; i < 128; i += 32) out[i] = stage[0][127 - i];
  copyAsyncWait<0>();
  __syncthreads();
  for (int i = lane; i < 128; i += 32) out[128 + i] = stage[1][127 - i];
}

// Waits for its predecessor, as a programmatic launch must.
KERNEL(prim_dependent, const float* x, float* out) {
  gridDependencyLaunch();
  gridDependencyWait();
  out[threadIdx.x] = x[threadIdx.x] + 1;
}

// Conversions on pairs and vectors, through the types that kernels use.
KERNEL(prim_conversions, const float4* x, uint2* bf16, float4* back, unsigned* eight) {
  const int i = threadIdx.x;
  const float4 v = x[i];
  const __nv_bfloat162 low = __floats2bfloat162_rn(v.x, v.y), high = __floats2bfloat162_rn(v.z, v.w);
  uint2 packed;
  memcpy(&packed.x, &low, 4);
  memcpy(&packed.y, &high, 4);
  bf16[i] = packed;
  const float2 a = __bfloat1622float2(low), b = __bfloat1622float2(high);
  back[i] = make_float4(a.x, a.y, b.x, b.y);
  eight[i] = __nv_cvt_float_to_fp8(v.x, __NV_SATFINITE, __NV_E4M3) | __half_as_ushort(__float2half_rn(v.y)) << 16;
}

KERNEL(prim_bits, unsigned* out) {
  out[0] = __popc(0xf0f0u);
  out[1] = __clz(1);
  out[2] = __ffs(8);
  out[3] = __brev(1u);
  out[4] = __byte_perm(0x33221100u, 0x77665544u, 0x7410);
  out[5] = __umulhi(0x80000000u, 6u);
  out[6] = __float_as_uint(__uint_as_float(0x3f800000u));
  out[7] = min(3, max(1, 7));
  out[8] = __float_as_uint(fmaxf(__int_as_float(0x7fffffff), 2.0f));
  out[9] = __float_as_uint(rsqrtf(4.0f));
}

// A thread that copies 6 times 128 floats to two places in turn, and a warp that reads each backwards.
KERNEL(prim_bulk, const float* x, float* out) {
  SHARED(float[2][128], stage);
  SHARED(Mbarrier[2], full);
  SHARED(Mbarrier[2], empty);
  if (threadIdx.x == 0) {
    for (int i = 0; i < 2; i++) {
      mbarrierInit(&full[i], 1);
      mbarrierInit(&empty[i], 32);
    }
    fenceProxyAsync();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int round = 0; round < 6; round++) {
      const int place = round % 2;
      mbarrierWait(&empty[place], (round / 2 + 1) % 2);
      mbarrierArriveExpect(&full[place], 512);
      bulkCopy(stage[place], x + 128 * round, 256, &full[place]);
      bulkCopyStreaming(stage[place] + 64, x + 128 * round + 64, 256, &full[place], streamingPolicy());
    }
  } else if (threadIdx.x >= 32) {
    for (int round = 0; round < 6; round++) {
      const int place = round % 2;
      mbarrierWait(&full[place], round / 2 % 2);
      for (int i = threadIdx.x - 32; i < 128; i += 32) out[128 * round + i] = stage[place][127 - i];
      mbarrierArrive(&empty[place]);
    }
  }
}

// out = a · b transposed over two blocks of 64 of the depth; a [60][72] and b [170][72] bfloat16 by their maps, out
// [64][176], zeros where there is none; dynamic shared memory of 30 KB.
KERNEL(prim_wgmma, const __grid_constant__ TensorMap a, const __grid_constant__ TensorMap b, float* out) {
  DYNAMIC_SHARED(unsigned char, tile);
  SHARED(Mbarrier, come);
  unsigned char* const tileB = tile + 64 * 128;
  if (threadIdx.x == 0) {
    mbarrierInit(&come, 1);
    fenceProxyAsync();
  }
  __syncthreads();
  float d[88];
  for (int block = 0; block < 2; block++) {
    if (threadIdx.x == 0) {
      mbarrierArriveExpect(&come, (64 + 176) * 128);
      tensorCopy(tile, a, 64 * block, 0, &come);
      tensorCopy(tileB, b, 64 * block, 0, &come);
      tensorCopy(tileB + 88 * 128, b, 64 * block, 88, &come);
    }
    mbarrierWait(&come, block);
    wgmmaFence();
    for (int k = 0; k < 4; k++) {
      wgmma64x176x16(d, wgmmaDescriptor(tile) + 2 * k, wgmmaDescriptor(tileB) + 2 * k, block + k);
    }
    wgmmaCommit();
    wgmmaWait<0>();
    __syncthreads();
  }
  const int row = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4, column = threadIdx.x % 4 * 2;
  for (int i = 0; i < 88; i++) out[(row + i % 4 / 2 * 8) * 176 + i / 4 * 8 + column + i % 2] = d[i];
}

// The same once, of a descriptor's own kinds: a and b fill rows of `width` bytes, swizzled so; 0: core matrices of 8 rows
// of 16 bytes, those further along the depth 128 bytes on. a[r][k] = r + k / 16, b[n][k] = n == k.
KERNEL(prim_wgmma_swizzles, int width, unsigned long long kind, float* out) {
  DYNAMIC_SHARED(unsigned char, tile);
  SHARED(Mbarrier, come);
  if (threadIdx.x == 0) mbarrierInit(&come, 1);
  __syncthreads();
  const int eight = 8 * (width ? width : 32);  // bytes of 8 rows
  for (int row = threadIdx.x; row < 64 + 176; row += 128) {
    for (int k = 0; k < 16; k++) {
      int at = row / 8 * eight + (width ? row % 8 * width + 2 * k : row % 8 * 16 + k / 8 * 128 + k % 8 * 2);
      if (width) at ^= (at >> 7 & (width / 16 - 1)) << 4;
      const float value = row < 64 ? row + k / 16.0f : row - 64 == k ? 1.0f : 0.0f;
      *reinterpret_cast<__nv_bfloat16*>(tile + at) = __float2bfloat16(value);
    }
  }
  fenceProxyAsync();
  __syncthreads();
  const unsigned long long fields = kind << 62 | static_cast<unsigned long long>(eight >> 4) << 32 | 128 >> 4 << 16;
  const auto descriptor = [&](int row) { return fields | (wgmmaDescriptor(tile + row / 8 * eight) & 0x3fff); };
  float d[88];
  wgmmaFence();
  wgmma64x176x16(d, descriptor(0), descriptor(64), 0);
  wgmmaCommit();
  wgmmaWait<0>();
  const int row = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4, column = threadIdx.x % 4 * 2;
  for (int i = 0; i < 88; i++) out[(row + i % 4 / 2 * 8) * 176 + i / 4 * 8 + column + i % 2] = d[i];
}

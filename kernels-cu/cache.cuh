// Keys and values in pages of 16 positions, in any format: where they lie, and what attention and whoever appends them
// must know of that (kernels.cuda: CudaKvCache). These structs travel by value as kernel parameters.
#pragma once

#include "codes.cuh"
#include "tables.cuh"

// How the rows of a page's keys, or of its values, lie: cut into blocks of 32 elements, the last one filled up, and in a
// block row after row, so that what a warp of a product stores of a row is whole sectors. A row's units of 16 bytes are
// turned within the block, so that eight rows' units of one column, which a warp loads from shared memory at once, meet all
// banks.
template <int BYTES>  // of an element
struct PageRows {
  static constexpr unsigned BLOCK = 32;         // elements; no sign, so that dividing is shifting
  static constexpr unsigned UNIT = 16 / BYTES;  // elements of 16 bytes
  static constexpr unsigned UNITS = BLOCK / UNIT;

  // What the rows take, in elements.
  static __device__ int size(unsigned width) { return (width + BLOCK - 1) / BLOCK * BLOCK * PAGE; }
  // Where an element of a row is.
  static __device__ int at(unsigned row, unsigned element) {
    const unsigned unit = element % BLOCK / UNIT ^ row * UNITS / 8 % UNITS;
    return element / BLOCK * BLOCK * PAGE + row * BLOCK + unit * UNIT + element % UNIT;
  }
};

// Pages of [heads][keys [PAGE, width] | values [PAGE, width]], so that one head's part of a page is contiguous. Elements
// are numbers by themselves, of type T, which products take as they are.
template <class T>
struct KvCache {
  using Operand = T;
  using Element = T;
  using Rows = PageRows<sizeof(T)>;
  static constexpr bool SCALED = false;

  T* pages;
  int heads;
  int width;

  // Elements of a head's keys in a page, or of its values.
  __device__ int part() const { return Rows::size(width); }
  __device__ T* keys(int page, int head) const { return pages + (static_cast<long long>(page) * heads + head) * 2 * part(); }
  __device__ T* values(int page, int head) const { return keys(page, head) + part(); }

  // Two neighbouring elements of a position's key, or of its value.
  __device__ void store(bool value, int page, int head, int position, int element, float first, float second) const {
    storePair((value ? values(page, head) : keys(page, head)) + Rows::at(position % PAGE, element), first, second);
  }
};

// The same of a byte an element, with a float scale for each head of a position, [keys [PAGE] | values [PAGE]] behind the
// elements of a head. A scale is written with its row, once: it does not depend on the page's other positions.
template <class T, class Code_>
struct ScaledKv {
  using Operand = T;
  using Code = Code_;
  using Element = unsigned char;
  using Rows = PageRows<1>;
  static constexpr bool SCALED = true;

  Element* pages;
  int heads;
  int width;

  __device__ int part() const { return Rows::size(width); }
  __device__ Element* keys(int page, int head) const {
    return pages + (static_cast<long long>(page) * heads + head) * 2 * (part() + PAGE * static_cast<int>(sizeof(float)));
  }
  __device__ Element* values(int page, int head) const { return keys(page, head) + part(); }
  __device__ float* keyScales(int page, int head) const {
    return reinterpret_cast<float*>(keys(page, head) + 2 * part());
  }
  // The same of keys that were found, those of values behind them.
  __device__ const float* scalesOf(const Element* keys) const {
    return reinterpret_cast<const float*>(keys + 2 * part());
  }
  __device__ float* valueScales(int page, int head) const { return keyScales(page, head) + PAGE; }
};

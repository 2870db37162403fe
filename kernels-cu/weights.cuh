// Weights as products and the embedding read them: eight neighbours of a row at a time, whatever they are stored as. A
// struct a format, which travels by value as a kernel parameter (kernels.cuda.CudaWeights); what reads weights is
// written over any of them.
#pragma once

#include "rows.cuh"

// Eight elements as products take them, of type T.
template <class T>
struct alignas(16) Eight;

template <>
struct alignas(16) Eight<bf16> {
  uint4 v;

  __device__ float4 low() const { return load4(reinterpret_cast<const bf16*>(&v)); }
  __device__ float4 high() const { return load4(reinterpret_cast<const bf16*>(&v) + 4); }
};

template <>
struct alignas(16) Eight<float> {
  float4 first, second;

  __device__ float4 low() const { return first; }
  __device__ float4 high() const { return second; }
};

// Elements that are numbers by themselves, which products take as they are. Of another format Stored has fewer bytes,
// and load8 makes them numbers by what stands beside them for the row and column of the first.
template <class T>
struct PlainWeights {
  using Operand = T;
  using Stored = Eight<T>;  // eight elements as they lie in memory

  const T* data;  // [rows, columns]
  int columns;    // a multiple of 8

  __device__ const Stored* at(int row, int column) const {
    return reinterpret_cast<const Stored*>(data + static_cast<size_t>(row) * columns + column);
  }
  __device__ Eight<T> load8(const Stored& stored, int, int) const { return stored; }
};

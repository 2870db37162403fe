// What linear products read, and what becomes of them: shared by the kernels that multiply (linear.cu, linear_f32.cu)
// and by those that finish the products of a matrix library (linear_products.cu). T is the device's element type.
//
// An epilogue takes products in pairs: pair p is of the rows first(p) and second(p) of W. They are neighbours, which is
// what a rotation turns and what is stored at once; or a gate and its up, so that SwiGLU needs no other thread's sums.
#pragma once

#include "maths.cuh"
#include "tables.cuh"

// Operands in table order: x [lanes, columns].
template <class T>
struct Rows {
  const T* x;
  int columns;

  __device__ int row(const Lanes&, int m) const { return m; }
  __device__ const T* at(int row, int column) const { return x + static_cast<size_t>(row) * columns + column; }
};

// State and input embedding side by side, as the adapter reads them, which nobody has to write down: s, e [rows, width].
template <class T>
struct Joined {
  const T* s;
  const T* e;
  int width;

  __device__ int row(const Lanes& lanes, int m) const { return lanes.row(m); }
  __device__ const T* at(int row, int column) const {
    const size_t begin = static_cast<size_t>(row) * width;
    return column < width ? s + begin + column : e + begin + (column - width);
  }
};

// Pairs of neighbouring rows; of an odd number the last is a pair with itself.
struct Neighbours {
  int rows;

  __device__ int pairs() const { return (rows + 1) / 2; }
  __device__ int first(int p) const { return 2 * p; }
  __device__ int second(int p) const { return min(2 * p + 1, rows - 1); }
};

// out[m] = W · x[m], or out[row(m)] where it is by row; out [lanes, rows]
struct Store : Neighbours {
  float* out;
  int byRow;

  __device__ Store(int rows, float* out, int byRow) : Neighbours{rows}, out(out), byRow(byRow) {}

  __device__ void operator()(const Lanes& lanes, int m, int p, float first, float second) const {
    float* const to = out + static_cast<size_t>(byRow ? lanes.row(m) : m) * rows + 2 * p;
    if (rows % 2 == 0) {
      storePair(to, first, second);
    } else {  // every other row of such a matrix begins where no pair may
      to[0] = first;
      if (2 * p + 1 < rows) to[1] = second;
    }
  }
};

// out[m] = W · x[m] + residual[m]; residual, out [lanes, rows], which may be one buffer; rows even
struct Add : Neighbours {
  const float* residual;
  float* out;

  __device__ Add(int rows, const float* residual, float* out) : Neighbours{rows}, residual(residual), out(out) {}

  __device__ void operator()(const Lanes&, int m, int p, float first, float second) const {
    const size_t at = static_cast<size_t>(m) * rows + 2 * p;
    const float2 r = *reinterpret_cast<const float2*>(residual + at);
    storePair(out + at, first + r.x, second + r.y);
  }
};

// out[m] = silu(gate) · up with [gate; up] = W · x[m]; out [lanes, columns], W of 2 · columns rows
template <class T>
struct Swiglu {
  int columns;
  T* out;

  __device__ int pairs() const { return columns; }
  __device__ int first(int p) const { return p; }
  __device__ int second(int p) const { return columns + p; }
  __device__ void operator()(const Lanes&, int m, int p, float gate, float up) const {
    out[static_cast<size_t>(m) * columns + p] = static_cast<T>(maths::swiglu(gate, up));
  }
};

// A pair of a query or key: bias, or null, then a complex product with the position's angle.
inline __device__ float2 turned(float first, float second, const float* bias, const float* angle) {
  const float2 b = bias ? *reinterpret_cast<const float2*>(bias) : make_float2(0, 0);
  const float2 turn = *reinterpret_cast<const float2*>(angle);
  const float x = first + b.x;
  const float y = second + b.y;
  return make_float2(x * turn.x - y * turn.y, y * turn.x + x * turn.y);
}

// [q; k; v] = W · x[m], of H, K and K heads of D; bias [H · D + K · D], or null, added to q and k, which are then rotated
// by their position's angles, rope [positions, D] cosine and sine of each pair; q [lanes, H · D]; k and v to the lane's
// page. queries: H · D
template <class Kv>
struct QueryKeyValue : Neighbours {
  using T = typename Kv::Operand;
  int queries;
  const float* bias;
  const float* rope;
  Sequences sequences;
  Kv cache;
  Slot slot;
  T* q;

  __device__ QueryKeyValue(int queries, const float* bias, const float* rope, Sequences sequences, Kv cache,
                           Slot slot, T* q)
      : Neighbours{queries + 2 * cache.heads * cache.width},
        queries(queries),
        bias(bias),
        rope(rope),
        sequences(sequences),
        cache(cache),
        slot(slot),
        q(q) {}

  __device__ void operator()(const Lanes& lanes, int m, int p, float first, float second) const {
    const int keys = cache.heads * cache.width;
    const int part = 2 * p < queries ? 0 : 2 * p < queries + keys ? 1 : 2;  // query, key, value
    const int i = 2 * p - (part == 0 ? 0 : queries + (part - 1) * keys);
    const int head = i / cache.width;
    const int element = i - head * cache.width;
    const int position = lanes.position(m);
    if (part < 2) {
      const float2 turn = turned(first, second, bias ? bias + 2 * p : nullptr,
                                 rope + static_cast<size_t>(position) * cache.width + element);
      first = turn.x;
      second = turn.y;
    }
    if (part == 0) {
      storePair(q + static_cast<size_t>(m) * queries + i, first, second);
      return;
    }
    const int sequence = lanes.sequence(m);
    const int group = lanes.group(m);
    const int page = sequences.slotPages(sequence, slot.of(group))[position / PAGE];
    if (part == 1) {
      cache.storeKey(page, head, position, element, first, second);
      // one pair of the lane's key says how deep its position has been
      if (i == 0 && slot.perGroup != 0) {
        int* const reached = sequences.reachedOf(sequence) + position;
        *reached = max(*reached, group);
      }
    } else {
      cache.storeValue(page, head, position, element, first, second);
    }
  }
};

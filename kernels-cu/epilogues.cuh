// What linear products read, and what becomes of them: shared by the kernels that multiply (linear.cu, linear_f32.cu)
// and by those that finish the products of a matrix library (linear_products.cu). T is the device's element type.
//
// An epilogue takes products in pairs: pair p is of the rows first(p) and second(p) of W. They are neighbours, which is
// what a rotation turns and what is stored at once; or a gate and its up, so that SwiGLU needs no other thread's sums.
// What it must know comes in three parts, so that a kernel of many lanes fetches each but once, and early:
//
//   pair(p)                            of a pair of rows, whatever the lane
//   lane(lanes, m)                     of a lane, whatever the pair: a struct that a block keeps in shared memory
//   beside(pair, lane)                 what is read for both, to be asked for ahead
//   put(pair, lane, beside, x, y)      does it with the pair's two products
#pragma once

#include "cache.cuh"
#include "maths.cuh"

// Operands in table order: x [lanes, columns].
template <class T>
struct Rows {
  static constexpr bool EVEN = true;  // whether lanes' rows follow each other

  const T* x;
  int columns;

  __device__ int row(const Lanes&, int m) const { return m; }
  __device__ size_t apart() const { return columns; }
  __device__ const T* at(int row, int column) const { return x + static_cast<size_t>(row) * columns + column; }
};

// State and input embedding side by side, as the adapter reads them, which nobody has to write down: s, e [rows, width].
template <class T>
struct Joined {
  static constexpr bool EVEN = false;

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
  static constexpr bool APART = false;  // whether the rows of a pair are

  int rows;

  __device__ int pairs() const { return static_cast<unsigned>(hereOnly(rows) + 1) / 2; }
  __device__ int first(int p) const { return 2 * p; }
  __device__ int second(int p) const { return min(2 * p + 1, rows - 1); }
};

// out[m] = W · x[m], or out[row(m)] where it is by row; out [lanes, rows]
struct Store : Neighbours {
  struct Pair {
    int row;
  };
  struct Lane {
    int row;
  };
  struct Beside {};

  float* out;
  int byRow;

  __device__ Store(int rows, float* out, int byRow) : Neighbours{rows}, out(out), byRow(byRow) {}

  __device__ Pair pair(int p) const { return {2 * p}; }
  __device__ Lane lane(const Lanes& lanes, int m) const { return {byRow ? lanes.row(m) : m}; }
  __device__ Beside beside(const Pair&, const Lane&) const { return {}; }
  __device__ void put(const Pair& pair, const Lane& lane, const Beside&, float first, float second) const {
    float* const to = out + static_cast<size_t>(lane.row) * rows + pair.row;
    if (rows % 2 == 0) {
      storePair(to, first, second);
    } else {  // every other row of such a matrix begins where no pair may
      to[0] = first;
      if (pair.row + 1 < rows) to[1] = second;
    }
  }
};

// out[m] = W · x[m] + residual[m]; residual, out [lanes, rows], which may be one buffer; rows even
struct Add : Neighbours {
  struct Pair {
    int row;
  };
  struct Lane {
    int m;
  };
  using Beside = float2;  // of the residual

  const float* residual;
  float* out;

  __device__ Add(int rows, const float* residual, float* out) : Neighbours{rows}, residual(residual), out(out) {}

  __device__ Pair pair(int p) const { return {2 * p}; }
  __device__ Lane lane(const Lanes&, int m) const { return {m}; }
  __device__ Beside beside(const Pair& pair, const Lane& lane) const {
    return *reinterpret_cast<const float2*>(residual + at(pair, lane));
  }
  __device__ void put(const Pair& pair, const Lane& lane, const Beside& r, float first, float second) const {
    storePair(out + at(pair, lane), first + r.x, second + r.y);
  }

 private:
  __device__ size_t at(const Pair& pair, const Lane& lane) const { return static_cast<size_t>(lane.m) * rows + pair.row; }
};

// out[m] = silu(gate) · up with [gate; up] = W · x[m]; out [lanes, columns], W of 2 · columns rows
template <class T>
struct Swiglu {
  static constexpr bool APART = true;

  struct Pair {
    int column;
  };
  struct Lane {
    int m;
  };
  struct Beside {};

  int columns;
  T* out;

  __device__ int pairs() const { return columns; }
  __device__ int first(int p) const { return p; }
  __device__ int second(int p) const { return columns + p; }

  __device__ Pair pair(int p) const { return {p}; }
  __device__ Lane lane(const Lanes&, int m) const { return {m}; }
  __device__ Beside beside(const Pair&, const Lane&) const { return {}; }
  __device__ void put(const Pair& pair, const Lane& lane, const Beside&, float gate, float up) const {
    out[static_cast<size_t>(lane.m) * columns + pair.column] = static_cast<T>(maths::swiglu(gate, up));
  }
};

// A pair of a query or key, with its bias, turned by its position's angle: a complex product.
inline __device__ float2 turned(float first, float second, float2 bias, float2 angle) {
  const float x = first + bias.x;
  const float y = second + bias.y;
  return make_float2(x * angle.x - y * angle.y, y * angle.x + x * angle.y);
}
// The same with a bias, or null, and an angle in memory.
inline __device__ float2 turned(float first, float second, const float* bias, const float* angle) {
  return turned(first, second, bias ? *reinterpret_cast<const float2*>(bias) : make_float2(0, 0),
                *reinterpret_cast<const float2*>(angle));
}

// [q; k; v] = W · x[m], of H, K and K heads of D; bias [H · D + K · D], or null, added to q and k, which are then rotated
// by their position's angles, rope [positions, D] cosine and sine of each pair; q [lanes, H · D]; k and v to the lane's
// page. queries: H · D
template <class Kv>
struct QueryKeyValue : Neighbours {
  using T = typename Kv::Operand;
  enum Part { QUERY, KEY, VALUE };
  struct Pair {
    int part, head, element;  // of a head of the part
    float2 bias;
  };
  struct alignas(16) Lane {
    int m, position, page;
    int* reached;  // how deep the position has been, where it has depths; null: where not
    int group;
  };
  using Beside = float2;  // the angle

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

  __device__ Pair pair(int p) const {
    const int keys = cache.heads * cache.width;
    const Part part = 2 * p < queries ? QUERY : 2 * p < queries + keys ? KEY : VALUE;
    const int i = 2 * p - (part == QUERY ? 0 : part == KEY ? queries : queries + keys);
    const int head = i / cache.width;
    const bool biased = part != VALUE && bias;
    return {part, head, i - head * cache.width,
            biased ? *reinterpret_cast<const float2*>(bias + 2 * p) : make_float2(0, 0)};
  }
  __device__ Lane lane(const Lanes& lanes, int m) const {
    const int sequence = lanes.sequence(m), position = lanes.position(m), group = lanes.group(m);
    return {m, position, sequences.slotPages(sequence, slot.of(group))[position / PAGE],
            slot.perGroup ? sequences.reachedOf(sequence) + position : nullptr, group};
  }
  __device__ Beside beside(const Pair& pair, const Lane& lane) const {
    if (pair.part == VALUE) return make_float2(0, 0);
    return *reinterpret_cast<const float2*>(rope + static_cast<size_t>(lane.position) * cache.width + pair.element);
  }
  __device__ void put(const Pair& pair, const Lane& lane, const Beside& angle, float first, float second) const {
    if (pair.part == VALUE) {
      cache.store(true, lane.page, pair.head, lane.position, pair.element, first, second);
      return;
    }
    const float2 both = turned(first, second, pair.bias, angle);
    if (pair.part == QUERY) {
      storePair(q + static_cast<size_t>(lane.m) * queries + pair.head * cache.width + pair.element, both.x, both.y);
      return;
    }
    cache.store(false, lane.page, pair.head, lane.position, pair.element, both.x, both.y);
    // one pair of the lane's key says how deep its position has been
    if (pair.head == 0 && pair.element == 0 && lane.reached) *lane.reached = max(*lane.reached, lane.group);
  }
};

// An epilogue of one pair and lane.
template <class Epilogue>
__device__ void put(const Epilogue& epilogue, const Lanes& lanes, int m, int p, float first, float second) {
  const auto pair = epilogue.pair(p);
  const auto lane = epilogue.lane(lanes, m);
  epilogue.put(pair, lane, epilogue.beside(pair, lane), first, second);
}

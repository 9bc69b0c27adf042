// Dropout whose mask is a function of a seed, a stream and the element's place: nothing is drawn in order, so nothing is
// kept for the backward pass, and a pass that is computed again sees the same mask.
#pragma once
#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>

#include "rows.h"
#include "vector-math.h"

namespace orpo {

/// 64 bits well mixed (splitmix64, public domain, Sebastiano Vigna).
inline uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// Which elements of [rows, columns] are kept, and what they are multiplied by.
struct Dropout {
  double rate;  // share of elements dropped; 0: none
  int64_t seed;

  bool active() const { return rate > 0; }

  /// `of` another layer: its own mask under the same seed.
  uint64_t key(int64_t stream, int64_t row) const {
    return mixed(mixed(mixed(static_cast<uint64_t>(seed)) + static_cast<uint64_t>(stream)) + static_cast<uint64_t>(row));
  }
  uint32_t threshold() const { return static_cast<uint32_t>(std::lround(rate * 4294967295.0)); }

  /// Calls `body(row, column, factor)` for every element: factor 0 where it is dropped, else 1 / (1 - rate).
  template <typename Body>
  void over(int64_t rows, int64_t columns, int64_t stream, Body&& body) const {
    const uint32_t least = threshold();
    const float kept = static_cast<float>(1.0 / (1.0 - rate));
    overRows(rows, columns, [&](int64_t row) {
      const uint64_t own = key(stream, row);
      const uint32_t low = static_cast<uint32_t>(own), high = static_cast<uint32_t>(own >> 32);
#pragma omp simd
      for (int64_t i = 0; i < columns; ++i) {
        // lowbias32 (Chris Wellons, public domain) between the two halves of the row's key
        uint32_t bits = static_cast<uint32_t>(i) ^ low;
        bits = (bits ^ (bits >> 16)) * 0x7feb352du;
        bits = (bits ^ (bits >> 15)) * 0x846ca68bu;
        bits = (bits ^ (bits >> 16)) ^ high;
        body(row, i, bits < least ? 0.0f : kept);
      }
    });
  }
};

/// Calls `body` with a zero of float32, bfloat16 or float64.
template <typename Body>
void overReals(at::ScalarType dtype, Body&& body) {
  if (dtype == at::kDouble) body(double{});
  else overFloats(dtype, body);
}

inline double load(double value) { return value; }
inline void store(double& target, double value) { target = value; }

/// rows * mask [N, D] in a tensor of its own.
inline at::Tensor dropped(const at::Tensor& rows, const Dropout& dropout, int64_t stream) {
  at::Tensor result = at::empty_like(rows, at::MemoryFormat::Contiguous);
  overReals(rows.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T* in = rows.const_data_ptr<T>();
    T* out = result.mutable_data_ptr<T>();
    const int64_t columns = rows.size(1);
    dropout.over(rows.size(0), columns, stream, [&](int64_t row, int64_t i, float factor) {
      store(out[row * columns + i], load(in[row * columns + i]) * factor);
    });
  });
  return result;
}

/// sum += rows * mask, both [N, D].
inline void addDropped(at::Tensor& sum, const at::Tensor& rows, const Dropout& dropout, int64_t stream) {
  overReals(rows.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T* in = rows.const_data_ptr<T>();
    T* out = sum.mutable_data_ptr<T>();
    const int64_t columns = rows.size(1);
    dropout.over(rows.size(0), columns, stream, [&](int64_t row, int64_t i, float factor) {
      const int64_t at = row * columns + i;
      store(out[at], load(out[at]) + load(in[at]) * factor);
    });
  });
}

}  // namespace orpo

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

  /// Calls `body(begin, count, factors)` for runs of elements of all rows: factors are 0 where one is dropped, else
  /// 1 / (1 - rate).
  template <typename Body>
  void over(int64_t rows, int64_t columns, int64_t stream, Body&& body) const {
    constexpr int64_t kRun = 256;
    const uint32_t least = threshold();
    const float kept = static_cast<float>(1.0 / (1.0 - rate));
    overRows(rows, columns, [&](int64_t row) {
      const uint64_t own = key(stream, row);
      float factors[kRun];
      for (int64_t begin = 0; begin < columns; begin += kRun) {
        const int64_t end = std::min(columns, begin + kRun);
        const uint32_t first = static_cast<uint32_t>(begin);
        const int count = static_cast<int>(end - begin);
        fill(factors, count, first, own, least, kept);
        body(row * columns + begin, count, static_cast<const float*>(factors));
      }
    });
  }

 private:
  /// The factors of `count` elements from `first` on of the row with this key.
  static void fill(float* factors, int count, uint32_t first, uint64_t key, uint32_t least, float kept) {
    const uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
#pragma omp simd
    for (int i = 0; i < count; ++i) {
      // lowbias32 (Chris Wellons, public domain) between the two halves of the key
      uint32_t bits = (first + static_cast<uint32_t>(i)) ^ low;
      bits = (bits ^ (bits >> 16)) * 0x7feb352du;
      bits = (bits ^ (bits >> 15)) * 0x846ca68bu;
      bits = (bits ^ (bits >> 16)) ^ high;
      factors[i] = bits < least ? 0.0f : kept;
    }
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

/// Calls `body(to, from, factor)` for each element of `target` and `rows`, both [N, D], with what the mask multiplies it by.
template <typename Body>
void underMask(at::Tensor& target, const at::Tensor& rows, const Dropout& dropout, int64_t stream, Body&& body) {
  overReals(rows.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T* in = rows.const_data_ptr<T>();
    T* out = target.mutable_data_ptr<T>();
    dropout.over(rows.size(0), rows.size(1), stream, [&](int64_t begin, int count, const float* factors) {
      const T* from = in + begin;
      T* to = out + begin;
#pragma omp simd
      for (int i = 0; i < count; ++i) body(to[i], load(from[i]), factors[i]);
    });
  });
}

/// rows * mask [N, D] in a tensor of its own.
inline at::Tensor dropped(const at::Tensor& rows, const Dropout& dropout, int64_t stream) {
  at::Tensor result = at::empty_like(rows, at::MemoryFormat::Contiguous);
  underMask(result, rows, dropout, stream, [](auto& to, auto from, float factor) { store(to, from * factor); });
  return result;
}

/// sum += rows * mask, both [N, D].
inline void addDropped(at::Tensor& sum, const at::Tensor& rows, const Dropout& dropout, int64_t stream) {
  underMask(sum, rows, dropout, stream, [](auto& to, auto from, float factor) { store(to, load(to) + from * factor); });
}

}  // namespace orpo

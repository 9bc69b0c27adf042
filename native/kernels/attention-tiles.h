// The matrices attention multiplies, in tiles of few shapes, so that operands lie in the cache and oneDNN, where it makes a
// kernel for each shape, makes few.
#pragma once
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "bfloat16-product.h"
#include "forest-layout.h"
#include "vector-math.h"

namespace orpo {

constexpr int64_t kRowStep = 8;     // tokens of a block are padded to a multiple of it
constexpr int64_t kWidthStep = 16;  // and the elements of a head

/// Whether bfloat16 products are ours: where the CPU has the instruction, but no matrix unit that oneDNN would use.
inline bool ownProduct() {
#if defined(__AVX512BF16__)
  static const bool own = !at::native::cpublas::could_pack(at::kBFloat16);
  return own;
#else
  return false;
#endif
}

/// Whether oneDNN multiplies bfloat16 here and reads the right operand in pairs of rows, wider than one of its blocks too.
/// Tried, as libtorch promises nothing about the layout.
inline bool libraryReadsPairs() {
  if (!at::native::cpublas::could_pack(at::kBFloat16)) return false;
  constexpr int64_t m = 8, n = 112, k = 32;
  std::vector<at::BFloat16> a(m * k), b(k * n);
  std::vector<float> c(m * n), expected(m * n);
  for (int64_t i = 0; i < m * k; ++i) a[i] = static_cast<float>(i % 7 - 3);
  for (int64_t row = 0; row < k; ++row)
    for (int64_t column = 0; column < n; ++column) {
      const auto value = static_cast<float>((row * 5 + column * 3) % 11 - 5);
      b[(row / 2 * n + column) * 2 + row % 2] = value;
      for (int64_t i = 0; i < m; ++i) expected[i * n + column] += static_cast<float>(a[i * k + row]) * value;
    }
  at::native::cpublas::brgemm(m, n, k, k, n, n, false, a.data(), b.data(), c.data(), true);
  at::native::cpublas::brgemm_release(true);
  return c == expected;
}

/// Whether the right operand of a product holds its rows in pairs, [k / 2, n, 2], as instructions for bfloat16 read it.
template <typename T>
bool inPairs() {
  if constexpr (std::is_same_v<T, float>) return false;
  static const bool pairs = ownProduct() || libraryReadsPairs();
  return pairs;
}

/// c [m, n] float = a [m, k] b [k, n], or adds it to c; b in pairs where `inPairs`; m is a multiple of kRowStep, n and k of
/// kWidthStep.
template <typename T>
void multiply(int64_t m, int64_t n, int64_t k, const T* a, const T* b, float* c, bool add = false) {
#if defined(__AVX512BF16__)
  if constexpr (std::is_same_v<T, at::BFloat16>)
    if (ownProduct()) return bfloat16Product(m, n, k, a, b, c, add);
#endif
  at::native::cpublas::brgemm(m, n, k, k, n, n, add, a, b, c, inPairs<T>());
}

/// A matrix [rows, n] of floats, rows even, as a right operand: itself, or laid into `to`.
inline const float* asRight(const float* from, float*, int64_t, int64_t) { return from; }
inline const at::BFloat16* asRight(const float* from, at::BFloat16* to, int64_t rows, int64_t n) {
  if (!inPairs<at::BFloat16>()) {
#pragma omp simd
    for (int64_t i = 0; i < rows * n; ++i) store(to[i], from[i]);
    return to;
  }
  for (int64_t row = 0; row < rows; row += 2) {
    const float *even = from + row * n, *odd = even + n;
    at::BFloat16* pairs = to + row * n;
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) {
      store(pairs[2 * i], even[i]);
      store(pairs[2 * i + 1], odd[i]);
    }
  }
  return to;
}

/// The same as a left operand.
inline const float* asLeft(const float* from, float*, int64_t) { return from; }
inline const at::BFloat16* asLeft(const float* from, at::BFloat16* to, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) store(to[i], from[i]);
  return to;
}

/// One head of [N, heads, K]: the K numbers of token t lie at `data + t * stride`.
template <typename T>
struct Head {
  T* data;
  int64_t stride;
  int64_t size;

  T* row(int64_t token) const { return data + token * stride; }
  /// K, padded.
  int64_t width() const { return (size + kWidthStep - 1) / kWidthStep * kWidthStep; }
};

/// Calls `lay(tile, first token, count)` for each tile of a tree's keys, which hold `size` numbers each and are zero before.
template <typename T, typename Lay>
void overZeroTiles(std::vector<T>& tiles, const Tree& tree, int64_t size, Lay&& lay) {
  tiles.assign(tree.tiles() * size, T(0.0f));
  T* tile = tiles.data();
  tree.overTiles([&](int64_t begin, int64_t count) {
    lay(tile, begin, count);
    tile += size;
  });
}

/// The keys or values of a tree as right operands [width, kTileKeys]: what queries are multiplied by.
template <typename T>
void layColumns(std::vector<T>& tiles, const Tree& tree, const Head<const T>& head) {
  // two elements of a key stay neighbours where rows lie in pairs
  const int64_t together = inPairs<T>() ? 2 : 1;
  overZeroTiles(tiles, tree, head.width() * kTileKeys, [&](T* tile, int64_t begin, int64_t count) {
    for (int64_t key = 0; key < count; ++key) {
      const T* from = head.row(begin + key);
      for (int64_t i = 0; i < head.size; ++i)
        tile[i / together * together * kTileKeys + key * together + i % together] = from[i];
    }
  });
}

/// The same as right operands [kTileKeys, width]: what weights are multiplied by.
template <typename T>
void layRows(std::vector<T>& tiles, const Tree& tree, const Head<const T>& head) {
  const int64_t width = head.width(), together = inPairs<T>() ? 2 : 1;
  overZeroTiles(tiles, tree, width * kTileKeys, [&](T* tile, int64_t begin, int64_t count) {
    for (int64_t key = 0; key < count; ++key) {
      const T* from = head.row(begin + key);
      T* to = tile + key / together * together * width + key % together;
      for (int64_t i = 0; i < head.size; ++i) to[i * together] = from[i];
    }
  });
}

/// Stores tiles [width, kTileKeys] of floats.
template <typename T>
void putTiles(const std::vector<float>& tiles, const Tree& tree, const Head<T>& head) {
  const float* tile = tiles.data();
  tree.overTiles([&](int64_t begin, int64_t count) {
    for (int64_t key = 0; key < count; ++key) {
      T* to = head.row(begin + key);
      for (int64_t i = 0; i < head.size; ++i) store(to[i], tile[i * kTileKeys + key]);
    }
    tile += head.width() * kTileKeys;
  });
}

}  // namespace orpo

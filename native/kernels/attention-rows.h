// Queries of attention as rows of blocks, and what happens to their scores between two products.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attention-tiles.h"
#include "forest-layout.h"
#include "vector-math.h"

namespace orpo {

/// The query heads of [N, H, K] that share a key head; row r of tokens from `begin` on is head r % count of token r / count.
template <typename T>
struct HeadGroup {
  T* data;  // of token 0's first head
  int64_t stride;
  int64_t size;
  int64_t count;

  T* row(int64_t begin, int64_t row) const { return data + (begin + row / count) * stride + row % count * size; }
};

/// A block as seen by a group of heads.
struct BlockRows {
  const Block& block;
  int64_t group;

  int64_t count() const { return block.tokens * group; }
  /// With those that pad it.
  int64_t padded() const { return (block.tokens + kRowStep - 1) / kRowStep * kRowStep * group; }
  /// Keys of the block's i-th tile that a row sees.
  int64_t visible(int64_t row, int64_t i) const { return block.visible(row / group, i); }
};

/// The rows of a block as a left operand [rows, width], padded with zeros.
template <typename T>
void takeRows(std::vector<T>& to, const BlockRows& rows, const HeadGroup<const T>& heads, int64_t width) {
  to.assign(rows.padded() * width, T(0.0f));
  for (int64_t row = 0; row < rows.count(); ++row)
    std::copy_n(heads.row(rows.block.begin(), row), heads.size, to.data() + row * width);
}

/// [rows, width] -> [width, rows].
template <typename T>
void transpose(std::vector<T>& to, const std::vector<T>& from, int64_t width) {
  const int64_t rows = static_cast<int64_t>(from.size()) / width;
  to.resize(from.size());
  for (int64_t i = 0; i < width; ++i)
    for (int64_t row = 0; row < rows; ++row) to[i * rows + row] = from[row * width + i];
}

/// Stores the rows [rows, width] of a block, each times its share.
template <typename T, typename Share>
void putRows(const std::vector<float>& from, const BlockRows& rows, const HeadGroup<T>& heads, int64_t width, Share&& share) {
  for (int64_t row = 0; row < rows.count(); ++row) {
    T* to = heads.row(rows.block.begin(), row);
    const float* values = from.data() + row * width;
    const float factor = share(row);
#pragma omp simd
    for (int64_t i = 0; i < heads.size; ++i) store(to[i], factor * values[i]);
  }
}

template <typename T>
float dot(const T* a, const T* b, int64_t size) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < size; ++i) sum += load(a[i]) * load(b[i]);
  return sum;
}

/// The largest scaled score that a row of scores [tiles, rows, kTileKeys] sees.
inline float largestSeen(const float* scores, const BlockRows& rows, int64_t row, float scale) {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  float largest = kNone;
  for (int64_t i = 0; i < rows.block.tiles(); ++i) {
    const float* s = scores + (i * rows.padded() + row) * kTileKeys;
    const int64_t seen = rows.visible(row, i);
#pragma omp simd reduction(max : largest)
    for (int64_t key = 0; key < kTileKeys; ++key) {
      const float score = key < seen ? scale * s[key] : kNone;
      largest = score > largest ? score : largest;
    }
  }
  return largest;
}

/// Scores -> exp(scale score - largest) where the row sees them, else zero. Their sum.
inline float exponentials(float* scores, const BlockRows& rows, int64_t row, float scale, float largest) {
  float sum = 0;
  for (int64_t i = 0; i < rows.block.tiles(); ++i) {
    float* s = scores + (i * rows.padded() + row) * kTileKeys;
    const int64_t seen = rows.visible(row, i);
#pragma omp simd reduction(+ : sum)
    for (int64_t key = 0; key < kTileKeys; ++key) {
      const float weight = fastExp(scale * s[key] - largest);
      s[key] = key < seen ? weight : 0.0f;
      sum += s[key];
    }
  }
  return sum;
}

/// Of the block's i-th tile: scores [rows, kTileKeys] -> probabilities, and pulls, which come as dO V^T, -> slopes of the
/// scores, scale P (dO V^T - rowsum(dO * O)). Zero where a row does not see and in rows that pad.
inline void slopesOf(float* scores, float* pulls, const BlockRows& rows, int64_t i, float scale, const float* logSumExp,
                     const float* means) {
  for (int64_t row = 0; row < rows.padded(); ++row) {
    float *p = scores + row * kTileKeys, *d = pulls + row * kTileKeys;
    const int64_t seen = row < rows.count() ? rows.visible(row, i) : 0;
    const float total = logSumExp[row], mean = means[row];
#pragma omp simd
    for (int64_t key = 0; key < kTileKeys; ++key) {
      const float weight = key < seen ? fastExp(scale * p[key] - total) : 0.0f;
      p[key] = weight;
      d[key] = scale * weight * (d[key] - mean);
    }
  }
}

}  // namespace orpo

// How quantised weights lie in memory here, and what the kernels that read them share.
//
// GGUF keeps a matrix row by row in blocks of 32 weights around one scale. Here sixteen rows lie side by side, so that a
// vector register holds the same place of all of them: a slab is the same block of sixteen rows,
//
//   scales [16] half | minimums [16] half (Q4_1 alone) | codes [j][row][4], j over groups of four bytes of a row's block
//
// A byte i of a row's block holds weight i (Q8_0, as code + 128), or weight i low and weight i + 16 high (Q4_0, Q4_1).
// Rows beyond the matrix are zeros. Nothing but the order of bytes changes: the width in memory is the file's.
#pragma once
#include <cstdint>

namespace orpo {

constexpr int64_t kSide = 16;   // rows of a slab
constexpr int64_t kBlock = 32;  // weights of a block

/// weight = scale * (code - offset) + minimum
struct BlockFormat {
  int bits;
  int offset;
  bool minimums;

  int64_t codeBytes() const { return kBlock * bits / 8; }
  int64_t headBytes() const { return minimums ? 4 : 2; }
  /// Bytes of a block of one row, in the file.
  int64_t blockBytes() const { return headBytes() + codeBytes(); }
  int64_t slabBytes() const { return kSide * blockBytes(); }
  int64_t codesAt() const { return kSide * headBytes(); }
};

/// A matrix [rows, columns] in slabs.
struct SlabMatrix {
  BlockFormat format;
  const uint8_t* data;
  int64_t rows, columns;

  int64_t blocks() const { return columns / kBlock; }
  int64_t sides() const { return (rows + kSide - 1) / kSide; }
  const uint8_t* slab(int64_t side, int64_t block) const {
    return data + (side * blocks() + block) * format.slabBytes();
  }
};

}  // namespace orpo

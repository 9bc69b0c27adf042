// The inner loops of orpo::quantised_linear, one a family of instructions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "quantised-blocks.h"

namespace orpo {

/// Rows of activations as whole numbers of 16 bits: value = scale * code, one scale a block of 32.
struct Activations {
  int64_t rows, blocks;
  /// 32 codes a block, or their upper 32 bytes and then their lower ones: code = 256 * upper + lower, both signed.
  std::vector<int16_t> codes;
  std::vector<float> scales;
  std::vector<int32_t> sums;

  const int16_t* at(int64_t row, int64_t block) const { return codes.data() + (row * blocks + block) * kBlock; }
  float scale(int64_t row, int64_t block) const { return scales[static_cast<size_t>(row * blocks + block)]; }
  int32_t sum(int64_t row, int64_t block) const { return sums[static_cast<size_t>(row * blocks + block)]; }
};

/// Products of all rows of activations with sixteen rows of weights, those of `side`, into `out[row * stride + lane]`;
/// lanes beyond the matrix hold nothing of meaning and are written too.
using SideProducts = void (*)(const SlabMatrix& weights, int64_t side, const Activations& input, float* out,
                              int64_t stride);

/// A family of instructions this machine has, the widest first.
struct Products {
  const char* name;
  /// Whether codes lie as upper and lower bytes.
  bool splitCodes;
  SideProducts run;
  /// The same for `side` and the one behind it, where that is faster than one by one.
  SideProducts runTwo;
};

#if defined(__x86_64__)
bool hasAvx512Vnni();
void avx512Products(const SlabMatrix&, int64_t, const Activations&, float*, int64_t);
void avx512TwoProducts(const SlabMatrix&, int64_t, const Activations&, float*, int64_t);
bool hasAvx2();
void avx2Products(const SlabMatrix&, int64_t, const Activations&, float*, int64_t);
#endif

}  // namespace orpo

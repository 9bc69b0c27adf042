// Products of quantised weights with AVX2: codes of 16 bits on both sides, sums of two products at a time.
#include "quantised-products.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define ORPO_AVX2 __attribute__((target("avx2,fma,f16c")))

namespace orpo {

namespace {

/// Rows of activations that share the unpacking of a slab.
constexpr int kRowsAtOnce = 4;

ORPO_AVX2 inline __m256 halves256(const uint8_t* at) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
}

/// Weights 4 j to 4 j + 3 of four rows from `quarter` on, as 16 bits: `high` takes the upper halves256 of the bytes.
template <int bits>
ORPO_AVX2 inline __m256i quarterOf(const uint8_t* codes, int j, int quarter, bool high) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + 64 * j + 16 * quarter));
  if constexpr (bits == 8) return _mm256_cvtepu8_epi16(bytes);
  const __m128i shifted = high ? _mm_srli_epi16(bytes, 4) : bytes;
  return _mm256_cvtepu8_epi16(_mm_and_si128(shifted, _mm_set1_epi8(15)));
}

/// Eight sums from sixteen halves256 of sums: those of rows 0 to 3 and of rows 4 to 7, two neighbours each.
ORPO_AVX2 inline __m256i joined(__m256i first, __m256i second) {
  return _mm256_permute4x64_epi64(_mm256_hadd_epi32(first, second), 0b11011000);
}

template <int bits, bool minimums, int rows>
ORPO_AVX2 inline void tile(const SlabMatrix& matrix, int64_t side, const Activations& input, int64_t first, float* out,
                           int64_t stride) {
  constexpr int kOffset = bits == 8 ? 128 : minimums ? 0 : 8;
  // half a side at a time: eight rows fill a register of sums
  for (int half = 0; half < 2; ++half) {
    __m256 sums[rows];
    for (int r = 0; r < rows; ++r) sums[r] = _mm256_setzero_ps();
    const uint8_t* slab = matrix.slab(side, 0);
    for (int64_t block = 0; block < input.blocks; ++block, slab += matrix.format.slabBytes()) {
      const uint8_t* codes = slab + matrix.format.codesAt();
      __m256i low[rows], high[rows];
      for (int r = 0; r < rows; ++r) low[r] = high[r] = _mm256_setzero_si256();
#pragma GCC unroll 8
      for (int j = 0; j < 8; ++j) {
        const bool upper = bits == 4 && j >= 4;
        const int at = bits == 4 ? j % 4 : j;
        const __m256i left = quarterOf<bits>(codes, at, 2 * half, upper);
        const __m256i right = quarterOf<bits>(codes, at, 2 * half + 1, upper);
        for (int r = 0; r < rows; ++r) {
          const int64_t* four = reinterpret_cast<const int64_t*>(input.at(first + r, block));
          const __m256i a = _mm256_set1_epi64x(four[j]);
          low[r] = _mm256_add_epi32(low[r], _mm256_madd_epi16(left, a));
          high[r] = _mm256_add_epi32(high[r], _mm256_madd_epi16(right, a));
        }
      }
      const __m256 scales = halves256(slab + 16 * half);
      __m256 least;
      if constexpr (minimums) least = halves256(slab + 2 * kSide + 16 * half);
      for (int r = 0; r < rows; ++r) {
        const int32_t total = input.sum(first + r, block);
        const float scale = input.scale(first + r, block);
        const __m256i whole = _mm256_add_epi32(joined(low[r], high[r]), _mm256_set1_epi32(-kOffset * total));
        sums[r] = _mm256_fmadd_ps(_mm256_mul_ps(scales, _mm256_set1_ps(scale)), _mm256_cvtepi32_ps(whole), sums[r]);
        if constexpr (minimums)
          sums[r] = _mm256_fmadd_ps(least, _mm256_set1_ps(scale * static_cast<float>(total)), sums[r]);
      }
    }
    for (int r = 0; r < rows; ++r) _mm256_storeu_ps(out + (first + r) * stride + 8 * half, sums[r]);
  }
}

template <int bits, bool minimums>
ORPO_AVX2 void tiles(const SlabMatrix& matrix, int64_t side, const Activations& input, float* out, int64_t stride) {
  int64_t row = 0;
  for (; row + kRowsAtOnce <= input.rows; row += kRowsAtOnce) tile<bits, minimums, kRowsAtOnce>(matrix, side, input, row, out, stride);
  for (; row < input.rows; ++row) tile<bits, minimums, 1>(matrix, side, input, row, out, stride);
}

}  // namespace

bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

void avx2Products(const SlabMatrix& matrix, int64_t side, const Activations& input, float* out, int64_t stride) {
  if (matrix.format.bits == 8) tiles<8, false>(matrix, side, input, out, stride);
  else if (matrix.format.minimums) tiles<4, true>(matrix, side, input, out, stride);
  else tiles<4, false>(matrix, side, input, out, stride);
}

}  // namespace orpo
#endif

// Products of quantised weights with AVX-512 and its sums of four byte products (VNNI).
#include "quantised-products.h"

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 takes the registers that its own intrinsics leave undefined on purpose for a mistake
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#define ORPO_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c,fma")))

namespace orpo {

namespace {

ORPO_AVX512 inline __m512 halves512(const uint8_t* at) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
}

/// Weights 4 j to 4 j + 3 of each row of a slab, as bytes.
template <int bits>
ORPO_AVX512 inline __m512i weightsOf(const uint8_t* codes, int j) {
  if constexpr (bits == 8) return _mm512_loadu_si512(codes + 64 * j);
  const __m512i both = _mm512_loadu_si512(codes + 64 * (j % 4));
  return _mm512_and_si512(j < 4 ? both : _mm512_srli_epi16(both, 4), _mm512_set1_epi8(15));
}

/// Rows of activations from `first` on, times the rows of weights of `sides` neighbours. The sums of all rows and sides
/// grow side by side: one sum of products waits for the one before it for several cycles, in which the others are made.
template <int bits, bool minimums, int sides, int rows>
ORPO_AVX512 inline void tile(const SlabMatrix& matrix, int64_t side, const Activations& input, int64_t first,
                             float* out, int64_t stride) {
  constexpr int kOffset = bits == 8 ? 128 : minimums ? 0 : 8;
  __m512 sums[rows][sides];
  for (auto& row : sums)
    for (auto& sum : row) sum = _mm512_setzero_ps();
  for (int64_t block = 0; block < input.blocks; ++block) {
    const uint8_t* slabs[sides];
    for (int s = 0; s < sides; ++s) slabs[s] = matrix.slab(side + s, block);
    __m512i upper[rows][sides], lower[rows][sides];
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      for (auto& sum : upper[r]) sum = _mm512_setzero_si512();
      for (auto& sum : lower[r]) sum = _mm512_set1_epi32(-kOffset * input.sum(first + r, block));
    }
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) {
      __m512i weights[sides];
#pragma GCC unroll 2
      for (int s = 0; s < sides; ++s) weights[s] = weightsOf<bits>(slabs[s] + matrix.format.codesAt(), j);
#pragma GCC unroll 8
      for (int r = 0; r < rows; ++r) {
        const int32_t* codes = reinterpret_cast<const int32_t*>(input.at(first + r, block));
        const __m512i high = _mm512_set1_epi32(codes[j]), low = _mm512_set1_epi32(codes[8 + j]);
#pragma GCC unroll 2
        for (int s = 0; s < sides; ++s) {
          upper[r][s] = _mm512_dpbusd_epi32(upper[r][s], weights[s], high);
          lower[r][s] = _mm512_dpbusd_epi32(lower[r][s], weights[s], low);
        }
      }
    }
#pragma GCC unroll 2
    for (int s = 0; s < sides; ++s) {
      const __m512 scales = halves512(slabs[s]);
      __m512 least;
      if constexpr (minimums) least = halves512(slabs[s] + 2 * kSide);
#pragma GCC unroll 8
      for (int r = 0; r < rows; ++r) {
        const float scale = input.scale(first + r, block);
        const __m512i whole = _mm512_add_epi32(_mm512_slli_epi32(upper[r][s], 8), lower[r][s]);
        const __m512 factor = _mm512_mul_ps(scales, _mm512_set1_ps(scale));
        sums[r][s] = _mm512_fmadd_ps(factor, _mm512_cvtepi32_ps(whole), sums[r][s]);
        if constexpr (minimums) {
          const float total = scale * static_cast<float>(input.sum(first + r, block));
          sums[r][s] = _mm512_fmadd_ps(least, _mm512_set1_ps(total), sums[r][s]);
        }
      }
    }
  }
  for (int r = 0; r < rows; ++r)
    for (int s = 0; s < sides; ++s) _mm512_storeu_ps(out + (first + r) * stride + s * kSide, sums[r][s]);
}

/// As many rows at a time as leave their sums in registers: they share the unpacking of a slab.
template <int bits, bool minimums, int sides>
ORPO_AVX512 void tiles(const SlabMatrix& matrix, int64_t side, const Activations& input, float* out, int64_t stride) {
  constexpr int kRows = 8 / sides;
  int64_t row = 0;
  for (; row + kRows <= input.rows; row += kRows)
    tile<bits, minimums, sides, kRows>(matrix, side, input, row, out, stride);
  for (; row + 2 <= input.rows; row += 2) tile<bits, minimums, sides, 2>(matrix, side, input, row, out, stride);
  if (row < input.rows) tile<bits, minimums, sides, 1>(matrix, side, input, row, out, stride);
}

template <int sides>
void formats(const SlabMatrix& matrix, int64_t side, const Activations& input, float* out, int64_t stride) {
  if (matrix.format.bits == 8) tiles<8, false, sides>(matrix, side, input, out, stride);
  else if (matrix.format.minimums) tiles<4, true, sides>(matrix, side, input, out, stride);
  else tiles<4, false, sides>(matrix, side, input, out, stride);
}

}  // namespace

bool hasAvx512Vnni() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}

void avx512Products(const SlabMatrix& matrix, int64_t side, const Activations& input, float* out, int64_t stride) {
  formats<1>(matrix, side, input, out, stride);
}

void avx512TwoProducts(const SlabMatrix& matrix, int64_t side, const Activations& input, float* out, int64_t stride) {
  formats<2>(matrix, side, input, out, stride);
}

}  // namespace orpo
#endif

// Products of small bfloat16 matrices summed in float, for CPUs that multiply pairs of bfloat16 but have no matrix unit.
#pragma once
#include <c10/util/BFloat16.h>

#if defined(__AVX512BF16__)
#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace orpo {

/// kRows rows of c, kVectors times 16 of its n columns; the sums stay in registers.
template <int kRows, int kVectors>
inline void productPanel(int64_t n, int64_t k, const c10::BFloat16* a, const c10::BFloat16* b, float* c, bool add) {
  __m512 sums[kRows][kVectors];
  for (int row = 0; row < kRows; ++row)
    for (int v = 0; v < kVectors; ++v)
      sums[row][v] = add ? _mm512_loadu_ps(c + row * n + v * 16) : _mm512_setzero_ps();
  for (int64_t pair = 0; pair < k / 2; ++pair) {
    __m512bh right[kVectors];
    for (int v = 0; v < kVectors; ++v)
      right[v] = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + (pair * n + v * 16) * 2));
    for (int row = 0; row < kRows; ++row) {
      int32_t both;
      std::memcpy(&both, a + row * k + pair * 2, sizeof both);
      const auto left = reinterpret_cast<__m512bh>(_mm512_set1_epi32(both));
      for (int v = 0; v < kVectors; ++v) sums[row][v] = _mm512_dpbf16_ps(sums[row][v], left, right[v]);
    }
  }
  for (int row = 0; row < kRows; ++row)
    for (int v = 0; v < kVectors; ++v) _mm512_storeu_ps(c + row * n + v * 16, sums[row][v]);
}

/// c [m, n] = a [m, k] b, or adds it to c; b lies in pairs of rows, [k / 2, n, 2]. m is a multiple of 8, n of 16, k even.
inline void bfloat16Product(int64_t m, int64_t n, int64_t k, const c10::BFloat16* a, const c10::BFloat16* b, float* c,
                            bool add) {
  const auto columns = [&](int64_t from, auto panel, int64_t rows) {
    for (int64_t row = 0; row < m; row += rows) panel(n, k, a + row * k, b + from * 2, c + row * n + from, add);
  };
  int64_t from = 0;
  for (; from + 64 <= n; from += 64) columns(from, productPanel<4, 4>, 4);
  if (n - from == 48) columns(from, productPanel<4, 3>, 4);
  if (n - from == 32) columns(from, productPanel<8, 2>, 8);
  if (n - from == 16) columns(from, productPanel<8, 1>, 8);
}

}  // namespace orpo
#endif

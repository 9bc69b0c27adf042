// Elementary functions in plain C++ that a compiler turns into vector code for whatever the machine has.
#pragma once
#include <c10/util/BFloat16.h>

#include <bit>
#include <cstdint>

namespace orpo {

/// exp(x) to about 2 units in the last place: 2^n times a polynomial (Cephes), n the nearest integer to x / ln 2.
/// Below -87.3 it stays at 1.2e-38 instead of fading through the subnormal numbers; NaN stays NaN.
inline float fastExp(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it drops the fraction
  x = x < -87.33654f ? -87.33654f : x;
  x = x > 88.37626f ? 88.37626f : x;
  const float n = (x * 1.44269504088896341f + kRound) - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float mantissa = p * r * r + r + 1.0f;
  return mantissa * std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
}

inline float sigmoid(float x) { return 1.0f / (1.0f + fastExp(-x)); }

inline float tanhOf(float x) { return 2.0f / (1.0f + fastExp(-2.0f * x)) - 1.0f; }

/// A stored number as float, and back. bfloat16 is the upper half of a float; storing rounds to nearest, ties to even.
inline float load(float value) { return value; }
inline float load(c10::BFloat16 value) { return std::bit_cast<float>(static_cast<uint32_t>(value.x) << 16); }
inline void store(float& target, float value) { target = value; }
inline void store(c10::BFloat16& target, float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  target.x = static_cast<uint16_t>(value != value ? 0x7fc0u : rounded >> 16);
}

}  // namespace orpo

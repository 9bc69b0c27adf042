// Elementary functions in plain C++ that a compiler turns into vector code for whatever the machine has.
#pragma once
#include <c10/util/BFloat16.h>

#include <bit>
#include <cstdint>

namespace orpo {

/// x held within [-87.33654, 87.33654]; NaN stays NaN. Whole numbers are compared, the magnitude's bits: for floats that may
/// be NaN compilers take no minimum, and the code around them comes out two to three times as slow.
inline float withinExp(float x) {
  constexpr int32_t kLargest = 0x42aeac4f;  // 87.33654
  constexpr int32_t kInfinity = 0x7f800000;
  constexpr int32_t kSign = INT32_MIN;
  const int32_t bits = std::bit_cast<int32_t>(x);
  const int32_t magnitude = bits & ~kSign;
  int32_t held = magnitude < kLargest ? magnitude : kLargest;
  held = magnitude > kInfinity ? magnitude : held;
  return std::bit_cast<float>(held | (bits & kSign));
}

/// exp(x) to about 2 units in the last place: 2^n times a polynomial (Cephes), n the nearest integer to x / ln 2.
/// From 87.3 on either way it stays at 8.5e37 and 1.2e-38; NaN stays NaN.
inline float fastExp(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it drops the fraction
  x = withinExp(x);
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

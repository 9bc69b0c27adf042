// A float32 weight in two halves of its bits: a bfloat16 number that products read, and what rounding to it took away.
#pragma once
#include <bit>
#include <cstdint>

namespace orpo {

struct Halves {
  uint16_t upper;
  int16_t rest;
};

inline float joinHalves(uint16_t upper, int16_t rest) {
  return std::bit_cast<float>((static_cast<uint32_t>(upper) << 16) + static_cast<uint32_t>(rest));
}

/// The upper half is rounded to nearest, ties to even. A tie that is rounded down takes away one more than 16 bits hold:
/// there the number moves by a unit in its last place. NaN stays NaN.
inline Halves splitHalves(float weight) {
  const uint32_t bits = std::bit_cast<uint32_t>(weight);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const uint32_t upper = (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded;
  const int32_t lost = static_cast<int32_t>(bits - (upper << 16));
  return {static_cast<uint16_t>(upper), static_cast<int16_t>(lost > 0x7fff ? 0x7fff : lost)};
}

}  // namespace orpo

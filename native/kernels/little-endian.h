// Numbers out of the bytes of a file.
#pragma once
#include <c10/util/Half.h>

#include <cstdint>

namespace orpo {

inline float halfAt(const uint8_t* bytes) {
  return c10::Half(static_cast<uint16_t>(bytes[0] | bytes[1] << 8), c10::Half::from_bits());
}

inline uint32_t wordAt(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8 | static_cast<uint32_t>(bytes[2]) << 16 |
         static_cast<uint32_t>(bytes[3]) << 24;
}

}  // namespace orpo

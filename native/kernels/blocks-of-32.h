// Blocks of 32 weights around one scale (`_0`), or one scale and one minimum (`_1`), both in half precision, as ggml lays
// them out. A product of a scale and a code is exact in float32; adding the minimum rounds once.
#pragma once
#include <cstdint>

#include "little-endian.h"

namespace orpo {

/// d * (q - 8): byte i holds the 4 bits of weight i low and of weight i + 16 high.
struct Q4_0 {
  static constexpr int64_t kWeights = 32, kBytes = 18;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block);
    for (int i = 0; i < 16; ++i) {
      const int q = block[2 + i];
      out[i] = d * static_cast<float>((q & 15) - 8);
      out[i + 16] = d * static_cast<float>((q >> 4) - 8);
    }
  }
};

/// d * q + m, with 4 bits as in Q4_0.
struct Q4_1 {
  static constexpr int64_t kWeights = 32, kBytes = 20;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block), m = halfAt(block + 2);
    for (int i = 0; i < 16; ++i) {
      const int q = block[4 + i];
      out[i] = d * static_cast<float>(q & 15) + m;
      out[i + 16] = d * static_cast<float>(q >> 4) + m;
    }
  }
};

/// d * (q - 16): four bits as in Q4_0, the fifth of all weights in 32 bits before them.
struct Q5_0 {
  static constexpr int64_t kWeights = 32, kBytes = 22;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block);
    const uint32_t fifth = wordAt(block + 2);
    for (int i = 0; i < 16; ++i) {
      const int q = block[6 + i];
      out[i] = d * static_cast<float>(((q & 15) | static_cast<int>((fifth >> i) & 1) << 4) - 16);
      out[i + 16] = d * static_cast<float>(((q >> 4) | static_cast<int>((fifth >> (i + 16)) & 1) << 4) - 16);
    }
  }
};

/// d * q + m, with 5 bits as in Q5_0.
struct Q5_1 {
  static constexpr int64_t kWeights = 32, kBytes = 24;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block), m = halfAt(block + 2);
    const uint32_t fifth = wordAt(block + 4);
    for (int i = 0; i < 16; ++i) {
      const int q = block[8 + i];
      out[i] = d * static_cast<float>((q & 15) | static_cast<int>((fifth >> i) & 1) << 4) + m;
      out[i + 16] = d * static_cast<float>((q >> 4) | static_cast<int>((fifth >> (i + 16)) & 1) << 4) + m;
    }
  }
};

/// d * q, with q a signed byte.
struct Q8_0 {
  static constexpr int64_t kWeights = 32, kBytes = 34;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block);
    for (int i = 0; i < 32; ++i) out[i] = d * static_cast<float>(static_cast<int8_t>(block[2 + i]));
  }
};

}  // namespace orpo

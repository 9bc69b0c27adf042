// Super-blocks of 256 weights, as ggml lays them out: the scales (and minimums) of the groups in it are small whole numbers
// times one half-precision number. Products are exact in float32; taking the minimum away rounds once.
#pragma once
#include <cstdint>

#include "little-endian.h"

namespace orpo {

/// 16 groups of 16: d * s * q - dmin * m, with q of 2 bits, s and m of 4.
struct Q2_K {
  static constexpr int64_t kWeights = 256, kBytes = 84;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block + 80), dmin = halfAt(block + 82);
    for (int group = 0; group < 16; ++group) {
      const float scale = d * static_cast<float>(block[group] & 15);
      const float minimum = dmin * static_cast<float>(block[group] >> 4);
      // groups 0 to 7 share the first 32 bytes, two groups a bit pair
      const uint8_t* codes = block + 16 + (group >> 3) * 32 + (group & 1) * 16;
      const int shift = group & 6;
      for (int i = 0; i < 16; ++i)
        out[group * 16 + i] = scale * static_cast<float>((codes[i] >> shift) & 3) - minimum;
    }
  }
};

/// 16 groups of 16: d * s * q, with s of 6 signed bits and q from -4 to 3, whose third bit lies apart.
struct Q3_K {
  static constexpr int64_t kWeights = 256, kBytes = 110;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block + 108);
    for (int group = 0; group < 16; ++group) {
      const int low = (block[96 + (group & 7)] >> (group < 8 ? 0 : 4)) & 15;
      const int high = (block[104 + (group & 3)] >> ((group >> 2) * 2)) & 3;
      const float scale = d * static_cast<float>((low | high << 4) - 32);
      const uint8_t* codes = block + 32 + (group >> 3) * 32 + (group & 1) * 16;
      const uint8_t* thirds = block + (group & 1) * 16;
      const int shift = group & 6, bit = group >> 1;
      for (int i = 0; i < 16; ++i) {
        // a bit that is not set takes 4 away
        const int below = (((thirds[i] >> bit) & 1) ^ 1) << 2;
        out[group * 16 + i] = scale * static_cast<float>(((codes[i] >> shift) & 3) - below);
      }
    }
  }
};

/// Scale and minimum of a group of Q4_K and Q5_K, six bits each in twelve bytes: groups 4 to 7 keep the upper two of them in
/// the bytes of groups 0 to 3.
struct GroupScale {
  float scale, minimum;
  GroupScale(const uint8_t* packed, int group) {
    const int s = group < 4 ? packed[group] & 63 : (packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4;
    const int m = group < 4 ? packed[group + 4] & 63 : (packed[group + 4] >> 4) | (packed[group] >> 6) << 4;
    scale = static_cast<float>(s);
    minimum = static_cast<float>(m);
  }
};

/// 8 groups of 32: d * s * q - dmin * m, with q of 4 bits, s and m of 6.
struct Q4_K {
  static constexpr int64_t kWeights = 256, kBytes = 144;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block), dmin = halfAt(block + 2);
    for (int group = 0; group < 8; ++group) {
      const GroupScale own(block + 4, group);
      const float scale = d * own.scale, minimum = dmin * own.minimum;
      const uint8_t* codes = block + 16 + (group >> 1) * 32;
      const int shift = (group & 1) * 4;
      for (int i = 0; i < 32; ++i)
        out[group * 32 + i] = scale * static_cast<float>((codes[i] >> shift) & 15) - minimum;
    }
  }
};

/// As Q4_K, with the fifth bit of each weight in 32 bytes after the scales.
struct Q5_K {
  static constexpr int64_t kWeights = 256, kBytes = 176;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block), dmin = halfAt(block + 2);
    for (int group = 0; group < 8; ++group) {
      const GroupScale own(block + 4, group);
      const float scale = d * own.scale, minimum = dmin * own.minimum;
      const uint8_t* codes = block + 48 + (group >> 1) * 32;
      const int shift = (group & 1) * 4;
      for (int i = 0; i < 32; ++i) {
        const int fifth = ((block[16 + i] >> group) & 1) << 4;
        out[group * 32 + i] = scale * static_cast<float>(((codes[i] >> shift) & 15) | fifth) - minimum;
      }
    }
  }
};

/// 16 groups of 16: d * s * (q - 32), with q of 6 bits and s a signed byte.
struct Q6_K {
  static constexpr int64_t kWeights = 256, kBytes = 210;
  static void unpack(const uint8_t* block, float* out) {
    const float d = halfAt(block + 208);
    for (int group = 0; group < 16; ++group) {
      const float scale = d * static_cast<float>(static_cast<int8_t>(block[192 + group]));
      // in each half of 128 weights: low bits in 64 bytes, two nibbles each; high bits in 32 bytes, four pairs each
      const int side = group >> 3, quarter = (group & 7) >> 1, within = (group & 1) * 16;
      const uint8_t* low = block + side * 64 + (quarter & 1) * 32 + within;
      const uint8_t* high = block + 128 + side * 32 + within;
      const int lowShift = (quarter >> 1) * 4, highShift = quarter * 2;
      for (int i = 0; i < 16; ++i) {
        const int q = ((low[i] >> lowShift) & 15) | ((high[i] >> highShift) & 3) << 4;
        out[group * 16 + i] = scale * static_cast<float>(q - 32);
      }
    }
  }
};

}  // namespace orpo

// A tensor of packed weights as a matrix in slabs.
#pragma once
#include <ATen/ATen.h>

#include <string>

#include "quantised-blocks.h"

namespace orpo {

inline BlockFormat blockFormat(const std::string& name) {
  if (name == "Q4_0") return {4, 8, false};
  if (name == "Q4_1") return {4, 0, true};
  TORCH_CHECK(name == "Q8_0", "blocks of the format ", name, " are not known here");
  return {8, 128, false};
}

/// `packed` is [sides, blocks, bytes of a slab], as orpo::quantised_pack makes it; these bytes tell the format.
inline SlabMatrix slabMatrix(const at::Tensor& packed, int64_t rows) {
  TORCH_CHECK(packed.is_cpu() && packed.scalar_type() == at::kByte && packed.dim() == 3 && packed.is_contiguous(),
              "packed weights are bytes [sides, blocks, bytes of a slab] on the CPU, not ", packed.scalar_type(), " ",
              packed.sizes());
  BlockFormat format = blockFormat("Q8_0");
  for (const char* name : {"Q4_0", "Q4_1"})
    if (packed.size(2) == blockFormat(name).slabBytes()) format = blockFormat(name);
  TORCH_CHECK(packed.size(2) == format.slabBytes(), "slabs of ", packed.size(2), " bytes are of no known format");
  const SlabMatrix matrix{format, packed.const_data_ptr<uint8_t>(), rows, packed.size(1) * kBlock};
  TORCH_CHECK(matrix.sides() == packed.size(0), "the packed weights hold ", packed.size(0), " times ", kSide,
              " rows, not ", rows);
  return matrix;
}

}  // namespace orpo

// orpo::dequantise: whole blocks of a GGUF format -> their weights, in the order of the file.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <string>

#include "blocks-of-32.h"
#include "rows.h"
#include "super-blocks.h"
#include "vector-math.h"

namespace orpo {

namespace {

template <typename Format>
at::Tensor unpackBlocks(const at::Tensor& bytes, at::ScalarType dtype) {
  TORCH_CHECK(bytes.numel() % Format::kBytes == 0, bytes.numel(), " bytes are not whole blocks of ", Format::kBytes);
  const int64_t blocks = bytes.numel() / Format::kBytes;
  at::Tensor out = at::empty({blocks * Format::kWeights}, bytes.options().dtype(dtype));
  const uint8_t* from = bytes.const_data_ptr<uint8_t>();
  overFloats(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* to = out.mutable_data_ptr<T>();
    overRows(blocks, Format::kWeights, [&](int64_t block) {
      float weights[Format::kWeights];
      Format::unpack(from + block * Format::kBytes, weights);
      T* target = to + block * Format::kWeights;
      for (int64_t i = 0; i < Format::kWeights; ++i) store(target[i], weights[i]);
    });
  });
  return out;
}

/// bytes [blocks * bytes of a block] uint8 -> [blocks * weights of a block] float32 or bfloat16.
at::Tensor dequantise(const at::Tensor& bytes, const std::string& kind, at::ScalarType dtype) {
  TORCH_CHECK(bytes.is_cpu() && bytes.scalar_type() == at::kByte && bytes.is_contiguous(),
              "blocks are contiguous bytes on the CPU");
  TORCH_CHECK(dtype == at::kFloat || dtype == at::kBFloat16, "weights come in float32 or bfloat16, not ", dtype);
  if (kind == "Q4_0") return unpackBlocks<Q4_0>(bytes, dtype);
  if (kind == "Q4_1") return unpackBlocks<Q4_1>(bytes, dtype);
  if (kind == "Q5_0") return unpackBlocks<Q5_0>(bytes, dtype);
  if (kind == "Q5_1") return unpackBlocks<Q5_1>(bytes, dtype);
  if (kind == "Q8_0") return unpackBlocks<Q8_0>(bytes, dtype);
  if (kind == "Q2_K") return unpackBlocks<Q2_K>(bytes, dtype);
  if (kind == "Q3_K") return unpackBlocks<Q3_K>(bytes, dtype);
  if (kind == "Q4_K") return unpackBlocks<Q4_K>(bytes, dtype);
  if (kind == "Q5_K") return unpackBlocks<Q5_K>(bytes, dtype);
  TORCH_CHECK(kind == "Q6_K", "blocks of the format ", kind, " are not known here");
  return unpackBlocks<Q6_K>(bytes, dtype);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def("dequantise(Tensor bytes, str kind, *, ScalarType dtype) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("dequantise", &dequantise); }

}  // namespace orpo

// orpo::quantised_linear: y = x W^T with W in its file's blocks of 4 or 8 bits. Activations become whole numbers of 16
// bits, one scale a block of 32 as in the weights, so that a block's product is a sum of whole numbers, exact, times both
// scales: off by 2^-16 of the block's largest at most, where 8 bits would change what greedy decoding says.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "little-endian.h"
#include "quantised-matrix.h"
#include "quantised-products.h"
#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

constexpr int64_t kProductGrain = int64_t{1} << 18;  // products that are worth a thread
constexpr float kMostCode = 127 * 256 + 127;  // the largest code whose upper byte, rounded, is still one

/// Any machine: plain C++ over codes of 16 bits.
void plainProducts(const SlabMatrix& weights, int64_t side, const Activations& input, float* out, int64_t stride) {
  const BlockFormat& format = weights.format;
  for (int64_t row = 0; row < input.rows; ++row) {
    float sums[kSide] = {};
    for (int64_t block = 0; block < input.blocks; ++block) {
      const uint8_t* slab = weights.slab(side, block);
      const uint8_t* codes = slab + format.codesAt();
      const int16_t* a = input.at(row, block);
      const float scale = input.scale(row, block);
      const int32_t total = input.sum(row, block);
      for (int64_t lane = 0; lane < kSide; ++lane) {
        int32_t sum = -format.offset * total;
        for (int64_t i = 0; i < format.codeBytes(); ++i) {
          const int code = codes[(i / 4) * kSide * 4 + lane * 4 + i % 4];
          if (format.bits == 8) sum += code * a[i];
          else sum += (code & 15) * a[i] + (code >> 4) * a[i + 16];
        }
        sums[lane] += halfAt(slab + 2 * lane) * scale * static_cast<float>(sum);
        if (format.minimums)
          sums[lane] += halfAt(slab + 2 * kSide + 2 * lane) * scale * static_cast<float>(total);
      }
    }
    std::copy_n(sums, kSide, out + row * stride);
  }
}

/// The widest of the machine's families, or the named one, for tests.
Products productsNamed(const std::string& name) {
#if defined(__x86_64__)
  if ((name.empty() || name == "avx512") && hasAvx512Vnni()) return {"avx512", true, avx512Products, avx512TwoProducts};
  if ((name.empty() || name == "avx2") && hasAvx2()) return {"avx2", false, avx2Products, nullptr};
#endif
  TORCH_CHECK(name.empty() || name == "plain", "this machine has no instructions named ", name);
  return {"plain", false, plainProducts, nullptr};
}

template <typename T>
void quantiseBlock(const T* x, bool split, int16_t* codes, float& scale, int32_t& sum) {
  float values[kBlock];
  float largest = 0;
  for (int64_t i = 0; i < kBlock; ++i) {
    values[i] = load(x[i]);
    largest = std::max(largest, std::abs(values[i]));
  }
  scale = largest / kMostCode;
  // a block of zeros has codes of zero; what is not finite stays so through its scale
  const float share = scale > 0 ? 1.0f / scale : 0.0f;
  int16_t rounded[kBlock];
  sum = 0;
  for (int64_t i = 0; i < kBlock; ++i) {
    const float code = std::nearbyint(values[i] * share);
    rounded[i] = static_cast<int16_t>(code >= -kMostCode && code <= kMostCode ? code : 0.0f);
    sum += rounded[i];
  }
  for (int64_t i = 0; i < kBlock; ++i)
    if (!(std::abs(values[i]) <= 3.402823466e38f)) scale = std::abs(values[i]) * 0.0f;  // NaN: infinity times zero
  if (!split) {
    std::copy_n(rounded, kBlock, codes);
    return;
  }
  int8_t* bytes = reinterpret_cast<int8_t*>(codes);
  for (int64_t i = 0; i < kBlock; ++i) {
    const int8_t lower = static_cast<int8_t>(rounded[i] & 0xff);
    bytes[i] = static_cast<int8_t>((rounded[i] - lower) >> 8);
    bytes[i + kBlock] = lower;
  }
}

template <typename T>
Activations quantise(const T* x, int64_t rows, int64_t columns, bool split) {
  Activations result{rows, columns / kBlock, {}, {}, {}};
  const int64_t blocks = rows * result.blocks;
  result.codes.resize(static_cast<size_t>(blocks * kBlock));
  result.scales.resize(static_cast<size_t>(blocks));
  result.sums.resize(static_cast<size_t>(blocks));
  overRows(blocks, kBlock, [&](int64_t block) {
    quantiseBlock(x + block * kBlock, split, result.codes.data() + block * kBlock,
                  result.scales[static_cast<size_t>(block)], result.sums[static_cast<size_t>(block)]);
  });
  return result;
}

/// `y` [rows, columns of y] = products of all sides, computed in float32.
template <typename T>
void multiply(const SlabMatrix& weights, const Activations& input, const Products& products, T* y) {
  constexpr int64_t kStride = 2 * kSide;
  const int64_t work = kSide * weights.columns * input.rows;
  at::parallel_for(0, weights.sides(), std::max<int64_t>(1, kProductGrain / work), [&](int64_t begin, int64_t end) {
    std::vector<float> tile(static_cast<size_t>(input.rows * kStride));
    for (int64_t side = begin; side < end;) {
      const bool two = products.runTwo != nullptr && input.rows > 1 && side + 2 <= end;
      (two ? products.runTwo : products.run)(weights, side, input, tile.data(), kStride);
      const int64_t first = side * kSide, lanes = std::min(two ? 2 * kSide : kSide, weights.rows - first);
      for (int64_t row = 0; row < input.rows; ++row)
        for (int64_t lane = 0; lane < lanes; ++lane)
          store(y[row * weights.rows + first + lane], tile[static_cast<size_t>(row * kStride + lane)]);
      side += two ? 2 : 1;
    }
  });
}

/// input [N, columns]; for each matrix its packed weights and its rows -> [N, rows] in the input's dtype. Matrices
/// that read the same input are multiplied in one call. `instructions` names a family, for tests.
std::vector<at::Tensor> quantisedLinear(const at::Tensor& input, at::TensorList packed, at::IntArrayRef rows,
                                        std::string_view instructions) {
  TORCH_CHECK(input.dim() == 2, "the input is ", input.sizes(), ", not [N, columns]");
  TORCH_CHECK(packed.size() == rows.size(), "a count of rows a matrix is needed");
  requireFloats({input});
  TORCH_CHECK(!(at::GradMode::is_enabled() && input.requires_grad()), "no gradient passes through packed weights");
  const at::Tensor x = input.contiguous();
  const Products products = productsNamed(std::string(instructions));
  std::vector<SlabMatrix> matrices;
  for (size_t i = 0; i < packed.size(); ++i) {
    matrices.push_back(slabMatrix(packed[i], rows[i]));
    TORCH_CHECK(matrices.back().columns == x.size(1), "the input has ", x.size(1), " columns, the weights ",
                matrices.back().columns);
  }
  std::vector<at::Tensor> results;
  overFloats(x.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const Activations codes = quantise(x.const_data_ptr<T>(), x.size(0), x.size(1), products.splitCodes);
    for (const SlabMatrix& matrix : matrices) {
      at::Tensor y = at::empty({x.size(0), matrix.rows}, x.options());
      multiply(matrix, codes, products, y.mutable_data_ptr<T>());
      results.push_back(std::move(y));
    }
  });
  return results;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def(
      "quantised_linear(Tensor input, Tensor[] packed, int[] rows, *, str instructions=\"\") -> Tensor[]");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("quantised_linear", &quantisedLinear); }

}  // namespace orpo

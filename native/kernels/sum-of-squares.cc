// orpo::sum_of_squares: of all numbers of some tensors, each read once. Stretches of fixed length are summed in float32, and
// their sums in float64 in the order they lie in: the result depends on neither threads nor how far the numbers are apart.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

constexpr int64_t kStretch = 1024;
constexpr int64_t kShare = 64 * kStretch;  // of one thread

template <typename T>
double squaresOf(const T* numbers, int64_t count) {
  double total = 0;
  for (int64_t at = 0; at < count; at += kStretch) {
    const int64_t length = std::min(kStretch, count - at);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < length; ++i) sum += load(numbers[at + i]) * load(numbers[at + i]);
    total += sum;
  }
  return total;
}

/// Tensors of float32 or bfloat16, each as it is -> [] float64.
at::Tensor sumOfSquares(at::TensorList tensors) {
  double total = 0;
  for (const at::Tensor& tensor : tensors) {
    requireFloats({tensor});
    const at::Tensor dense = tensor.contiguous();
    const int64_t count = dense.numel();
    std::vector<double> shares((count + kShare - 1) / kShare);
    overFloats(dense.scalar_type(), [&](auto zero) {
      const auto* numbers = dense.const_data_ptr<decltype(zero)>();
      at::parallel_for(0, static_cast<int64_t>(shares.size()), 1, [&](int64_t from, int64_t to) {
        for (int64_t share = from; share < to; ++share)
          shares[share] = squaresOf(numbers + share * kShare, std::min(kShare, count - share * kShare));
      });
    });
    total = std::accumulate(shares.begin(), shares.end(), total);
  }
  return at::scalar_tensor(total, at::TensorOptions().dtype(at::kDouble));
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) { library.def("sum_of_squares(Tensor[] tensors) -> Tensor"); }

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("sum_of_squares", &sumOfSquares); }

}  // namespace orpo

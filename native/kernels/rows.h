// What the row kernels share: their dtypes, and rows spread over libtorch's threads.
#pragma once
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <initializer_list>

namespace orpo {

/// Calls `body(row)` for every row; each thread gets at least some ten thousand elements.
template <typename Body>
void overRows(int64_t rows, int64_t elementsPerRow, Body&& body) {
  constexpr int64_t kGrain = 16384;
  at::parallel_for(0, rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, elementsPerRow)),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t row = begin; row < end; ++row) body(row);
                   });
}

/// Calls `body` with a zero of the C++ type that stands for `dtype`: float32 or bfloat16.
template <typename Body>
void overFloats(at::ScalarType dtype, Body&& body) {
  if (dtype == at::kFloat) body(float{});
  else body(at::BFloat16{});
}

/// The kernels read memory themselves: CPU tensors, all float32 or all bfloat16.
inline void requireFloats(std::initializer_list<at::Tensor> tensors) {
  const at::ScalarType dtype = tensors.begin()->scalar_type();
  for (const at::Tensor& tensor : tensors) {
    TORCH_CHECK(tensor.is_cpu(), "this kernel works on the CPU, the tensor is on ", tensor.device());
    TORCH_CHECK(dtype == at::kFloat || dtype == at::kBFloat16, "this kernel works in float32 or bfloat16, not ", dtype);
    TORCH_CHECK(tensor.scalar_type() == dtype, "the tensors must be of one dtype: ", dtype, " and ", tensor.scalar_type());
  }
}

}  // namespace orpo

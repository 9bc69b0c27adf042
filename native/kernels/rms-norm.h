// The norm as other operators see it.
#pragma once
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace orpo {

/// Keeps its input, its weight and one over the root mean square of each row.
struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            double epsilon, bool offset);
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients);
};

/// The norm's result from what it keeps.
at::Tensor normaliseAgain(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& scales, bool offset);

}  // namespace orpo

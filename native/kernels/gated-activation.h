// The gate as other operators see it.
#pragma once
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace orpo {

/// Keeps both its inputs.
struct GatedActivation : torch::autograd::Function<GatedActivation> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& gate, const at::Tensor& up,
                            bool gelu);
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients);
};

/// act(gate) * up.
at::Tensor gateAgain(const at::Tensor& gate, const at::Tensor& up, bool gelu);

}  // namespace orpo

// How rows came about that cost less to make again than to keep: an operator whose backward pass needs its input keeps
// what a norm or a gate keeps anyway, instead of their result.
#pragma once
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "gated-activation.h"
#include "rms-norm.h"

namespace orpo {

struct Recipe {
  enum Kind : int64_t { kKept, kNorm, kGate };

  Kind kind = kKept;
  /// What the rows are made of: themselves when they are kept.
  torch::autograd::variable_list parts;
  bool flag = false;  // the norm's offset, the gate's gelu

  /// The rows, bit for bit.
  at::Tensor make() const {
    switch (kind) {
      case kNorm:
        return normaliseAgain(parts[0], parts[1], parts[2], flag);
      case kGate:
        return gateAgain(parts[0], parts[1], flag);
      default:
        return parts[0];
    }
  }

  /// What the backward pass of the operator that made `rows` will read, if that is one of the two.
  static Recipe of(const at::Tensor& rows) {
    torch::autograd::Node* maker = rows.grad_fn().get();
    if (auto* norm = dynamic_cast<torch::autograd::CppNode<RmsNorm>*>(maker))
      return {kNorm, norm->ctx_.get_saved_variables(), norm->ctx_.saved_data["offset"].toBool()};
    if (auto* gate = dynamic_cast<torch::autograd::CppNode<GatedActivation>*>(maker))
      return {kGate, gate->ctx_.get_saved_variables(), gate->ctx_.saved_data["gelu"].toBool()};
    return {kKept, {rows}, false};
  }
};

}  // namespace orpo

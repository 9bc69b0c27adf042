// orpo::gated_activation: act(gate) * up, the middle of a gated MLP (arXiv 2002.05202), without the tensor act(gate).
#include "gated-activation.h"

#include <torch/library.h>

#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct ValueAndSlope {
  float value;
  float slope;
};

struct Silu {
  static float value(float x) { return x * sigmoid(x); }
  static ValueAndSlope both(float x) {
    const float s = sigmoid(x);
    return {x * s, s * (1.0f + x * (1.0f - s))};
  }
};

/// gelu with tanh: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
struct GeluTanh {
  static constexpr float kRoot = 0.7978845608028654f;
  static constexpr float kCube = 0.044715f;
  static float value(float x) { return 0.5f * x * (1.0f + tanhOf(kRoot * (x + kCube * x * x * x))); }
  static ValueAndSlope both(float x) {
    const float t = tanhOf(kRoot * (x + kCube * x * x * x));
    const float inner = kRoot * (1.0f + 3.0f * kCube * x * x);
    return {0.5f * x * (1.0f + t), 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * inner};
  }
};

template <typename T, typename Act>
void forwardRows(const T* gate, int64_t gateStride, const T* up, int64_t upStride, T* out, int64_t rows, int64_t size) {
  overRows(rows, size, [&](int64_t row) {
    const T* g = gate + row * gateStride;
    const T* u = up + row * upStride;
    T* y = out + row * size;
#pragma omp simd
    for (int64_t i = 0; i < size; ++i) store(y[i], Act::value(load(g[i])) * load(u[i]));
  });
}

template <typename T, typename Act>
void backwardRows(const T* gate, int64_t gateStride, const T* up, int64_t upStride, const T* dy, T* dGate, T* dUp,
                  int64_t rows, int64_t size) {
  overRows(rows, size, [&](int64_t row) {
    const T* g = gate + row * gateStride;
    const T* u = up + row * upStride;
    const T* d = dy + row * size;
    T* dg = dGate + row * size;
    T* du = dUp + row * size;
#pragma omp simd
    for (int64_t i = 0; i < size; ++i) {
      const ValueAndSlope act = Act::both(load(g[i]));
      store(dg[i], load(d[i]) * load(u[i]) * act.slope);
      store(du[i], load(d[i]) * act.value);
    }
  });
}

template <typename Body>
void overActivations(bool gelu, Body&& body) {
  if (gelu) body(GeluTanh{});
  else body(Silu{});
}

}  // namespace

at::Tensor gateAgain(const at::Tensor& gate, const at::Tensor& up, bool gelu) {
  at::Tensor out = at::empty(gate.sizes(), gate.options());
  overFloats(gate.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    overActivations(gelu, [&](auto act) {
      forwardRows<T, decltype(act)>(gate.const_data_ptr<T>(), gate.stride(0), up.const_data_ptr<T>(), up.stride(0),
                                    out.mutable_data_ptr<T>(), gate.size(0), gate.size(1));
    });
  });
  return out;
}

at::Tensor GatedActivation::forward(AutogradContext* context, const at::Tensor& gate, const at::Tensor& up, bool gelu) {
  context->save_for_backward({gate, up});
  context->saved_data["gelu"] = gelu;
  return gateAgain(gate, up, gelu);
}

variable_list GatedActivation::backward(AutogradContext* context, variable_list gradients) {
  const auto saved = context->get_saved_variables();
  const at::Tensor &gate = saved[0], &up = saved[1];
  const at::Tensor dy = gradients[0].contiguous();
  at::Tensor dGate = at::empty(gate.sizes(), gate.options());
  at::Tensor dUp = at::empty(up.sizes(), up.options());
  overFloats(gate.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    overActivations(context->saved_data["gelu"].toBool(), [&](auto act) {
      backwardRows<T, decltype(act)>(gate.const_data_ptr<T>(), gate.stride(0), up.const_data_ptr<T>(), up.stride(0),
                                     dy.const_data_ptr<T>(), dGate.mutable_data_ptr<T>(), dUp.mutable_data_ptr<T>(),
                                     gate.size(0), gate.size(1));
    });
  });
  return {dGate, dUp, {}};
}

namespace {

at::Tensor contiguousRows(const at::Tensor& rows) { return rows.stride(1) == 1 ? rows : rows.contiguous(); }

/// gate and up [N, I] -> silu(gate) * up, or with `gelu` the tanh form of gelu.
at::Tensor gatedActivation(const at::Tensor& gate, const at::Tensor& up, bool gelu) {
  TORCH_CHECK(gate.dim() == 2 && gate.sizes() == up.sizes(), "gate is ", gate.sizes(), ", up ", up.sizes(),
              ": both must be [N, I]");
  requireFloats({gate, up});
  return GatedActivation::apply(contiguousRows(gate), contiguousRows(up), gelu);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def("gated_activation(Tensor gate, Tensor up, bool gelu=False) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("gated_activation", &gatedActivation); }

}  // namespace orpo

// orpo::rotary: rotates the first R elements of each head by its position (arXiv 2104.09864), element i with i + R/2.
//
//   y_i = x_i cos_i - x_{i+R/2} sin_i,   y_{i+R/2} = x_{i+R/2} cos_i + x_i sin_i;   the rest of a head passes through
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// `direction` is 1, or -1 to turn back. Heads lie `size` apart in `x`, its rows `stride`.
template <typename T>
void rotateRows(const T* x, int64_t stride, const T* cos, const T* sin, T* y, int64_t rows, int64_t heads, int64_t size,
                int64_t rotated, float direction) {
  const int64_t half = rotated / 2;
  overRows(rows, heads * size, [&](int64_t row) {
    const T* c = cos + row * rotated;
    const T* s = sin + row * rotated;
    for (int64_t head = 0; head < heads; ++head) {
      const T* in = x + row * stride + head * size;
      T* out = y + (row * heads + head) * size;
#pragma omp simd
      for (int64_t i = 0; i < half; ++i) {
        const float low = load(in[i]), high = load(in[i + half]);
        const float turn = load(s[i]) * direction;
        store(out[i], low * load(c[i]) - high * turn);
        store(out[i + half], high * load(c[i]) + low * turn);
      }
      for (int64_t i = rotated; i < size; ++i) out[i] = in[i];
    }
  });
}

at::Tensor rotate(const at::Tensor& input, const at::Tensor& cos, const at::Tensor& sin, float direction) {
  const int64_t heads = input.size(1), size = input.size(2);
  const bool packed = input.stride(2) == 1 && input.stride(1) == size;
  const at::Tensor x = packed ? input : input.contiguous();
  at::Tensor y = at::empty(x.sizes(), x.options());
  overFloats(x.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    rotateRows(x.const_data_ptr<T>(), x.stride(0), cos.const_data_ptr<T>(), sin.const_data_ptr<T>(),
               y.mutable_data_ptr<T>(), x.size(0), heads, size, cos.size(-1), direction);
  });
  return y;
}

struct Rotary : torch::autograd::Function<Rotary> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& cos,
                            const at::Tensor& sin) {
    context->save_for_backward({cos, sin});
    return rotate(input, cos, sin, 1);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {rotate(gradients[0], saved[0], saved[1], -1), {}, {}};
  }
};

/// input [N, H, K], cos and sin [N, 1, R] with equal halves, R <= K -> [N, H, K].
at::Tensor rotary(const at::Tensor& input, const at::Tensor& cos, const at::Tensor& sin) {
  TORCH_CHECK(input.dim() == 3 && cos.dim() == 3 && cos.size(1) == 1 && cos.size(0) == input.size(0),
              "the input is ", input.sizes(), ", the tables ", cos.sizes(), ": one row of the tables a token is needed");
  TORCH_CHECK(cos.sizes() == sin.sizes() && cos.size(2) <= input.size(2) && cos.size(2) % 2 == 0,
              "the tables rotate ", cos.size(2), " of ", input.size(2), " elements");
  requireFloats({input, cos, sin});
  return Rotary::apply(input, cos.contiguous(), sin.contiguous());
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) { library.def("rotary(Tensor input, Tensor cos, Tensor sin) -> Tensor"); }

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("rotary", &rotary); }

}  // namespace orpo

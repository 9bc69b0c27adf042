// orpo::rms_norm: y = x / rms(x) * w (arXiv 1910.07467), or * (1 + w) as Gemma does; one read and one write of the rows.
#include "rms-norm.h"

#include <torch/library.h>

#include <cmath>

#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kBlockRows = 64;  // rows whose weight gradients are summed together, whatever the thread count

/// x / rms(x) rounded to T before the weight, as the reference models compute it; Gemma multiplies in float32.
template <typename T>
float normalised(T x, float scale, bool offset) {
  const float plain = load(x) * scale;
  if (offset) return plain;
  T rounded;
  store(rounded, plain);
  return load(rounded);
}

template <typename T>
void scaleRow(const T* in, const T* w, T* out, float scale, int64_t size, bool offset) {
  const float one = offset ? 1.0f : 0.0f;
#pragma omp simd
  for (int64_t i = 0; i < size; ++i) store(out[i], normalised(in[i], scale, offset) * (load(w[i]) + one));
}

template <typename T>
void forwardRows(const T* x, const T* w, T* y, float* scales, int64_t rows, int64_t size, double epsilon, bool offset) {
  overRows(rows, size, [&](int64_t row) {
    const T* in = x + row * size;
    T* out = y + row * size;
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int64_t i = 0; i < size; ++i) squares += load(in[i]) * load(in[i]);
    const float scale = 1.0f / std::sqrt(squares / static_cast<float>(size) + static_cast<float>(epsilon));
    scales[row] = scale;
    scaleRow(in, w, out, scale, size, offset);
  });
}

/// dx = s (g - x s^2 mean(g x)) with g = dy w; adds dy x s to `weightGradient` of the row's block when there is one.
template <typename T>
void backwardRows(const T* x, const T* w, const T* dy, const float* scales, T* dx, float* weightGradient, int64_t rows,
                  int64_t size, bool offset) {
  const int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  overRows(blocks, size * kBlockRows, [&](int64_t block) {
    float* sums = weightGradient == nullptr ? nullptr : weightGradient + block * size;
    const int64_t end = std::min(rows, (block + 1) * kBlockRows);
    const float one = offset ? 1.0f : 0.0f;
    for (int64_t row = block * kBlockRows; row < end; ++row) {
      const T* in = x + row * size;
      const T* up = dy + row * size;
      T* out = dx + row * size;
      const float scale = scales[row];
      float products = 0;
#pragma omp simd reduction(+ : products)
      for (int64_t i = 0; i < size; ++i) products += load(up[i]) * (load(w[i]) + one) * load(in[i]);
      const float pull = products * scale * scale / static_cast<float>(size);
#pragma omp simd
      for (int64_t i = 0; i < size; ++i)
        store(out[i], scale * (load(up[i]) * (load(w[i]) + one) - load(in[i]) * pull));
      if (sums == nullptr) continue;
#pragma omp simd
      for (int64_t i = 0; i < size; ++i) sums[i] += load(up[i]) * load(in[i]) * scale;
    }
  });
}

}  // namespace

at::Tensor RmsNorm::forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight, double epsilon,
                          bool offset) {
  const at::Tensor x = input.contiguous();
  const at::Tensor w = weight.contiguous();
  const int64_t size = x.size(-1);
  const int64_t rows = x.numel() / size;
  at::Tensor y = at::empty_like(x);
  at::Tensor scales = at::empty({rows}, x.options().dtype(at::kFloat));
  overFloats(x.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    forwardRows(x.const_data_ptr<T>(), w.const_data_ptr<T>(), y.mutable_data_ptr<T>(),
                scales.mutable_data_ptr<float>(), rows, size, epsilon, offset);
  });
  context->save_for_backward({x, w, scales});
  context->saved_data["offset"] = offset;
  context->saved_data["trainsWeight"] = weight.requires_grad();
  return y;
}

variable_list RmsNorm::backward(AutogradContext* context, variable_list gradients) {
  const auto saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &w = saved[1], &scales = saved[2];
  const at::Tensor dy = gradients[0].contiguous();
  const int64_t size = x.size(-1);
  const int64_t rows = x.numel() / size;
  at::Tensor dx = at::empty_like(x);
  at::Tensor sums;
  if (context->saved_data["trainsWeight"].toBool())
    sums = at::zeros({(rows + kBlockRows - 1) / kBlockRows, size}, scales.options());
  overFloats(x.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    backwardRows(x.const_data_ptr<T>(), w.const_data_ptr<T>(), dy.const_data_ptr<T>(), scales.const_data_ptr<float>(),
                 dx.mutable_data_ptr<T>(), sums.defined() ? sums.mutable_data_ptr<float>() : nullptr, rows, size,
                 context->saved_data["offset"].toBool());
  });
  return {dx, sums.defined() ? sums.sum(0).to(w.scalar_type()) : at::Tensor(), {}, {}};
}

at::Tensor normaliseAgain(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& scales, bool offset) {
  const int64_t size = input.size(-1);
  at::Tensor y = at::empty_like(input);
  overFloats(input.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T *in = input.const_data_ptr<T>(), *w = weight.const_data_ptr<T>();
    const float* scale = scales.const_data_ptr<float>();
    T* out = y.mutable_data_ptr<T>();
    overRows(scales.numel(), size, [&](int64_t row) {
      scaleRow(in + row * size, w, out + row * size, scale[row], size, offset);
    });
  });
  return y;
}

namespace {

/// input [..., D], weight [D] of the same dtype -> [..., D].
at::Tensor rmsNorm(const at::Tensor& input, const at::Tensor& weight, double epsilon, bool offset) {
  TORCH_CHECK(input.dim() > 0 && weight.dim() == 1 && input.size(-1) == weight.size(0), "the input is ", input.sizes(),
              ", the weight ", weight.sizes(), ": their last dimensions must agree");
  requireFloats({input, weight});
  return RmsNorm::apply(input, weight, epsilon, offset);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def("rms_norm(Tensor input, Tensor weight, float epsilon, bool offset=False) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("rms_norm", &rmsNorm); }

}  // namespace orpo

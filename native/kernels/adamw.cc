// orpo::adamw_: one parameter's AdamW update (arXiv 1711.05101), every number read and written once. A bfloat16 parameter
// has the rest of its float32 master beside it: the 16 bits that rounding took away.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <bit>
#include <cmath>

#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

constexpr int64_t kPiece = 4096;  // numbers whose masters are put together and taken apart in the cache

struct Update {
  float learningRate, decay, beta1, beta2, epsilon, correction1, correction2, factor;
};

/// Moves `count` float32 weights and their moments. In the order of torch's own fused operator.
template <typename G>
void move(float* weights, const G* gradient, float* first, float* second, int64_t count, const Update& update) {
  const float stepSize = update.learningRate / update.correction1;
  const float spread = std::sqrt(update.correction2);
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float g = load(gradient[i]) * update.factor;
    const float m = first[i] + (1.0f - update.beta1) * (g - first[i]);
    const float v = second[i] * update.beta2 + (1.0f - update.beta2) * g * g;
    first[i] = m;
    second[i] = v;
    weights[i] = weights[i] * update.decay - stepSize * m / (std::sqrt(v) / spread + update.epsilon);
  }
}

/// The upper half, rounded to nearest (ties to even), and what that took away; joined they are the number again.
void join(const uint16_t* upper, const int16_t* rest, float* weights, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i)
    weights[i] = std::bit_cast<float>((static_cast<uint32_t>(upper[i]) << 16) + static_cast<uint32_t>(rest[i]));
}

/// A tie that is rounded down takes away one more than 16 bits hold: there the number moves by a unit in its last place.
void split(const float* weights, uint16_t* upper, int16_t* rest, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(weights[i]);
    const uint32_t high = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    const int32_t lost = static_cast<int32_t>(bits - (high << 16));
    upper[i] = static_cast<uint16_t>(high);
    rest[i] = static_cast<int16_t>(lost > 0x7fff ? 0x7fff : lost);
  }
}

template <typename G>
void updateAll(const at::Tensor& value, const std::optional<at::Tensor>& rest, const at::Tensor& gradient,
               const at::Tensor& first, const at::Tensor& second, const Update& update) {
  const G* g = gradient.const_data_ptr<G>();
  float* m = first.mutable_data_ptr<float>();
  float* v = second.mutable_data_ptr<float>();
  at::parallel_for(0, (value.numel() + kPiece - 1) / kPiece, 4, [&](int64_t from, int64_t to) {
    float joined[kPiece];
    for (int64_t piece = from; piece < to; ++piece) {
      const int64_t at = piece * kPiece;
      const int64_t count = std::min(kPiece, value.numel() - at);
      if (!rest.has_value()) {
        move(value.mutable_data_ptr<float>() + at, g + at, m + at, v + at, count, update);
        continue;
      }
      auto* upper = reinterpret_cast<uint16_t*>(value.mutable_data_ptr<at::BFloat16>()) + at;
      int16_t* lower = rest->mutable_data_ptr<int16_t>() + at;
      join(upper, lower, joined, count);
      move(joined, g + at, m + at, v + at, count, update);
      split(joined, upper, lower, count);
    }
  });
}

/// value [...] float32, or bfloat16 with rest [...] int16; gradient [...] in float32 or bfloat16, taken `factor` times; first
/// and second [...] float32; count [] float32: updates so far, raised by one. All of one shape, changed in place.
void adamw(at::Tensor value, const std::optional<at::Tensor>& rest, const at::Tensor& gradient, at::Tensor first,
           at::Tensor second, at::Tensor count, double lr, double beta1, double beta2, double weightDecay, double eps,
           double factor) {
  requireFloats({value});
  requireFloats({gradient});
  TORCH_CHECK(first.scalar_type() == at::kFloat && second.scalar_type() == at::kFloat && count.scalar_type() == at::kFloat,
              "the moments and the count must be float32");
  TORCH_CHECK(rest.has_value() == (value.scalar_type() == at::kBFloat16),
              "a bfloat16 value has the rest of its master beside it, a float32 one has none");
  TORCH_CHECK(!rest.has_value() || rest->scalar_type() == at::kShort, "the rest must be int16");
  for (const at::Tensor& tensor : {value, gradient, first, second, rest.value_or(value)}) {
    TORCH_CHECK(tensor.is_cpu(), "this kernel works on the CPU, the tensor is on ", tensor.device());
    TORCH_CHECK(tensor.sizes() == value.sizes(), "the value is ", value.sizes(), ", another tensor ", tensor.sizes());
    TORCH_CHECK(tensor.is_same(gradient) || tensor.is_contiguous(), "what is changed in place must be contiguous");
  }
  TORCH_CHECK(count.is_cpu() && count.numel() == 1, "the count must be one number on the CPU");
  const double steps = static_cast<double>(*count.mutable_data_ptr<float>() += 1.0f);
  const Update update{static_cast<float>(lr),
                      static_cast<float>(1 - lr * weightDecay),
                      static_cast<float>(beta1),
                      static_cast<float>(beta2),
                      static_cast<float>(eps),
                      static_cast<float>(1 - std::pow(beta1, steps)),
                      static_cast<float>(1 - std::pow(beta2, steps)),
                      static_cast<float>(factor)};
  const at::Tensor dense = gradient.contiguous();
  overFloats(gradient.scalar_type(), [&](auto zero) {
    updateAll<decltype(zero)>(value, rest, dense, first, second, update);
  });
  value.unsafeGetTensorImpl()->bump_version();
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def(
      "adamw_(Tensor(a!) value, Tensor(b!)? rest, Tensor gradient, Tensor(c!) first, Tensor(d!) second, Tensor(e!) count, *, "
      "float lr, float beta1, float beta2, float weight_decay, float eps, float factor=1.) -> ()");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("adamw_", &adamw); }

}  // namespace orpo

// orpo::adamw_: the AdamW update (arXiv 1711.05101) of many parameters, every number read and written once. A bfloat16
// parameter has the rest of its float32 master beside it: the 16 bits that rounding took away.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <cmath>
#include <vector>

#include "float-halves.h"
#include "pieces.h"
#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

/// Handed over by value: behind a pointer it might be what a store to the moments changes, and is read anew every time.
struct Update {
  float stepSize, decay, beta1, beta2, epsilon, spread, factor;
};

/// Where one float32 weight goes, and its moments with it. In the order of torch's own fused operator.
inline float movedWeight(float weight, float gradient, float& first, float& second, const Update& update) {
  const float g = gradient * update.factor;
  const float m = first + (1.0f - update.beta1) * (g - first);
  const float v = second * update.beta2 + (1.0f - update.beta2) * g * g;
  first = m;
  second = v;
  return weight * update.decay - update.stepSize * m / (std::sqrt(v) / update.spread + update.epsilon);
}

template <typename G>
void move(float* weights, const G* gradient, float* first, float* second, int64_t count, const Update update) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) weights[i] = movedWeight(weights[i], load(gradient[i]), first[i], second[i], update);
}

/// The same of weights in two halves.
template <typename G>
void moveHalves(uint16_t* upper, int16_t* rest, const G* gradient, float* first, float* second, int64_t count,
                const Update update) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float joined = joinHalves(upper[i], rest[i]);
    const Halves moved = splitHalves(movedWeight(joined, load(gradient[i]), first[i], second[i], update));
    upper[i] = moved.upper;
    rest[i] = moved.rest;
  }
}

/// One parameter: what is changed in place, the gradient as one stretch of memory, and how far it goes.
struct Moved {
  at::Tensor value, rest, gradient, first, second;  // without a rest the value is float32
  Update update;
};

template <typename G>
void movePiece(const Moved& moved, int64_t at, int64_t count) {
  const G* gradient = moved.gradient.const_data_ptr<G>() + at;
  float* first = moved.first.mutable_data_ptr<float>() + at;
  float* second = moved.second.mutable_data_ptr<float>() + at;
  if (!moved.rest.defined()) {
    move(moved.value.mutable_data_ptr<float>() + at, gradient, first, second, count, moved.update);
    return;
  }
  auto* upper = reinterpret_cast<uint16_t*>(moved.value.mutable_data_ptr<at::BFloat16>()) + at;
  int16_t* rest = moved.rest.mutable_data_ptr<int16_t>() + at;
  moveHalves(upper, rest, gradient, first, second, count, moved.update);
}

void requireUpdatable(const Moved& moved, const at::Tensor& count) {
  const auto& [value, rest, gradient, first, second, update] = moved;
  requireFloats({value});
  requireFloats({gradient});
  TORCH_CHECK(first.scalar_type() == at::kFloat && second.scalar_type() == at::kFloat && count.scalar_type() == at::kFloat,
              "the moments and the count must be float32");
  TORCH_CHECK(rest.defined() == (value.scalar_type() == at::kBFloat16),
              "a bfloat16 value has the rest of its master beside it, a float32 one has none");
  TORCH_CHECK(!rest.defined() || rest.scalar_type() == at::kShort, "the rest must be int16");
  for (const at::Tensor& tensor : {value, gradient, first, second, rest.defined() ? rest : value}) {
    TORCH_CHECK(tensor.is_cpu(), "this kernel works on the CPU, the tensor is on ", tensor.device());
    TORCH_CHECK(tensor.sizes() == value.sizes(), "the value is ", value.sizes(), ", another tensor ", tensor.sizes());
    TORCH_CHECK(tensor.is_contiguous(), "what is changed in place must be contiguous");
  }
  TORCH_CHECK(count.is_cpu() && count.numel() == 1, "the count must be one number on the CPU");
}

/// Of each parameter: value [...] float32, or bfloat16 with rest [...] int16; gradient [...] in float32 or bfloat16, taken
/// `factor` times; first and second [...] float32; count [] float32: updates so far, raised by one. All of a parameter's are
/// of one shape, changed in place.
void adamw(at::TensorList values, const c10::List<std::optional<at::Tensor>>& rests, at::TensorList gradients,
           at::TensorList first, at::TensorList second, at::TensorList counts, double lr, double beta1, double beta2,
           double weightDecay, double eps, double factor) {
  for (const size_t length : {rests.size(), gradients.size(), first.size(), second.size(), counts.size()})
    TORCH_CHECK(length == values.size(), "there are ", values.size(), " values, of another tensor ", length);
  std::vector<Moved> all;
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::optional<at::Tensor> rest = rests.get(i);
    all.push_back({values[i], rest ? *rest : at::Tensor(), gradients[i].contiguous(), first[i], second[i], {}});
    lengths.push_back(values[i].numel());
    requireUpdatable(all.back(), counts[i]);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    const double steps = static_cast<double>(*counts[i].mutable_data_ptr<float>() += 1.0f);
    all[i].update = {static_cast<float>(lr) / static_cast<float>(1 - std::pow(beta1, steps)),
                     static_cast<float>(1 - lr * weightDecay),
                     static_cast<float>(beta1),
                     static_cast<float>(beta2),
                     static_cast<float>(eps),
                     std::sqrt(static_cast<float>(1 - std::pow(beta2, steps))),
                     static_cast<float>(factor)};
  }
  overPieces(lengths, [&](size_t tensor, int64_t at, int64_t count) {
    overFloats(all[tensor].gradient.scalar_type(),
               [&](auto zero) { movePiece<decltype(zero)>(all[tensor], at, count); });
  });
  for (const Moved& moved : all) moved.value.unsafeGetTensorImpl()->bump_version();
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def(
      "adamw_(Tensor(a!)[] values, Tensor(b!)?[] rests, Tensor[] gradients, Tensor(c!)[] first, Tensor(d!)[] second, "
      "Tensor(e!)[] counts, *, float lr, float beta1, float beta2, float weight_decay, float eps, float factor=1.) -> ()");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("adamw_", &adamw); }

}  // namespace orpo

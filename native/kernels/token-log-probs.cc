// orpo::token_log_probs: log p(target | hidden) for each needed token without ever holding [tokens, vocabulary].
//
//   z = hidden W^T (+ bias), optionally z <- cap * tanh(z / cap);  logp = z[target] - logsumexp(z)
//
// For a loss that sees only the log-probs, dL/dz_t = w_t g_t with g_t = onehot(target_t) - softmax(z_t) and one scalar
// w_t a row, which is known only when the whole loss is. It factors out of both products of the backward pass:
//
//   d hidden_t = w_t (g_t W),   dW = sum_t g_t^T (w_t hidden_t)
//
// With a frozen head g_t W is computed at once in the forward pass, chunk by chunk: two products in all. With a trained
// head g is kept while it is small (three products), else the logits are made again (four).
//
// On the CPU a row of float32 or bfloat16 logits is read and written once; other dtypes and devices take libtorch's operators
// for the rows of a chunk.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <cmath>
#include <limits>

#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Head {
  at::Tensor weight;               // [V, D]
  std::optional<at::Tensor> bias;  // [V]
  double softcap;                  // 0: none
};

float capped(float z, float cap) { return cap > 0 ? cap * tanhOf(z / cap) : z; }

/// d capped(z) / dz from z.
float slope(float z, float cap) {
  const float t = tanhOf(z / cap);
  return 1.0f - t * t;
}

/// One row of logits [V] -> its log-sum-exp. Sums of 4,096 in float, those in double.
template <typename T>
float logSumExpOf(const T* z, int64_t size, float cap) {
  constexpr int64_t kRun = 4096;
  float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
  for (int64_t i = 0; i < size; ++i) largest = load(z[i]) > largest ? load(z[i]) : largest;
  const float top = capped(largest, cap);
  double total = 0;
  for (int64_t begin = 0; begin < size; begin += kRun) {
    const int64_t end = std::min(size, begin + kRun);
    float sum = 0;
    if (cap > 0) {
#pragma omp simd reduction(+ : sum)
      for (int64_t i = begin; i < end; ++i) sum += fastExp(capped(load(z[i]), cap) - top);
    } else {
#pragma omp simd reduction(+ : sum)
      for (int64_t i = begin; i < end; ++i) sum += fastExp(load(z[i]) - top);
    }
    total += sum;
  }
  return top + static_cast<float>(std::log(total));
}

/// Overwrites a row of logits with g = (onehot - softmax) times the cap's slope.
template <typename T>
void turnIntoGradient(T* z, int64_t size, float cap, float logSumExp, int64_t target) {
  const float wanted = load(z[target]);
  const float atTarget = 1.0f - fastExp(capped(wanted, cap) - logSumExp);
  if (cap > 0) {
#pragma omp simd
    for (int64_t i = 0; i < size; ++i) {
      const float logit = load(z[i]);
      store(z[i], -fastExp(capped(logit, cap) - logSumExp) * slope(logit, cap));
    }
    store(z[target], atTarget * slope(wanted, cap));
  } else {
#pragma omp simd
    for (int64_t i = 0; i < size; ++i) store(z[i], -fastExp(load(z[i]) - logSumExp));
    store(z[target], atTarget);
  }
}

/// The dtype sums are made in.
at::ScalarType wideOf(at::ScalarType dtype) { return dtype == at::kDouble ? at::kDouble : at::kFloat; }

bool goesByRows(const at::Tensor& logits) {
  return logits.is_cpu() && (logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kBFloat16);
}

/// As `readRows`, in libtorch's operators.
void readRowsTogether(at::Tensor& logits, double softcap, const at::Tensor& targets, at::Tensor& logProbs, bool gradient) {
  at::Tensor scores = logits.to(wideOf(logits.scalar_type()));
  if (softcap > 0) scores = scores.div(softcap).tanh_().mul_(softcap);
  const at::Tensor places = targets.unsqueeze(1);
  const at::Tensor total = scores.logsumexp(1, true);
  logProbs.copy_(scores.gather(1, places).sub_(total).squeeze(1));
  if (!gradient) return;
  at::Tensor g = scores.sub(total).exp_().neg_();
  g.scatter_add_(1, places, at::ones_like(places, g.options()));
  if (softcap > 0) g.mul_(scores.div_(softcap).square_().neg_().add_(1));
  logits.copy_(g);
}

/// Log-probs of the targets of rows of `logits` [m, V]. Leaves g in them when `gradient` is wanted.
void readRows(at::Tensor& logits, double softcap, const at::Tensor& targets, at::Tensor& logProbs, bool gradient) {
  const int64_t size = logits.size(1);
  const int64_t* wanted = targets.const_data_ptr<int64_t>();
  float* out = logProbs.mutable_data_ptr<float>();
  const float cap = static_cast<float>(softcap);
  overFloats(logits.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    T* rows = logits.mutable_data_ptr<T>();
    overRows(logits.size(0), size, [&](int64_t row) {
      T* z = rows + row * size;
      const float total = logSumExpOf(z, size, cap);
      out[row] = capped(load(z[wanted[row]]), cap) - total;
      if (gradient) turnIntoGradient(z, size, cap, total, wanted[row]);
    });
  });
}

/// Log-probs of the targets of `hidden`'s rows. Leaves g in `logits` [m, V] when `gradient` is wanted.
void scoreRows(const at::Tensor& hidden, const Head& head, const at::Tensor& targets, at::Tensor logProbs,
               at::Tensor& logits, bool gradient) {
  if (head.bias) at::addmm_out(logits, *head.bias, hidden, head.weight.t());
  else at::mm_out(logits, hidden, head.weight.t());
  (goesByRows(logits) ? readRows : readRowsTogether)(logits, head.softcap, targets, logProbs, gradient);
}

/// Calls `body(begin, count)` for each chunk of rows.
template <typename Body>
void overChunks(int64_t rows, int64_t chunk, Body&& body) {
  for (int64_t begin = 0; begin < rows; begin += chunk) body(begin, std::min(chunk, rows - begin));
}

struct TokenLogProbs : torch::autograd::Function<TokenLogProbs> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const at::Tensor& targets, double softcap,
                            int64_t chunk, int64_t keptBytes, bool recorded) {
    const Head head{weight, bias, softcap};
    const bool trainsHead = recorded && (weight.requires_grad() || (bias && bias->requires_grad()));
    const bool trainsHidden = recorded && hidden.requires_grad();
    const int64_t rows = hidden.size(0), vocabulary = weight.size(0);
    const bool keeps = trainsHead && rows * vocabulary * weight.element_size() <= keptBytes;
    at::Tensor logProbs = at::empty({rows}, hidden.options().dtype(wideOf(hidden.scalar_type())));
    at::Tensor logits = at::empty({keeps ? rows : std::min(rows, chunk), vocabulary}, hidden.options());
    at::Tensor direction;
    if (trainsHidden && !trainsHead) direction = at::empty_like(hidden);
    overChunks(rows, chunk, [&](int64_t begin, int64_t count) {
      at::Tensor part = logits.narrow(0, keeps ? begin : 0, count);
      scoreRows(hidden.narrow(0, begin, count), head, targets.narrow(0, begin, count),
                logProbs.narrow(0, begin, count), part, keeps || direction.defined());
      if (!direction.defined()) return;
      at::Tensor pull = direction.narrow(0, begin, count);
      at::mm_out(pull, part, weight);
    });
    context->saved_data["trainsHead"] = trainsHead;
    context->saved_data["softcap"] = softcap;
    context->saved_data["chunk"] = chunk;
    if (trainsHead)
      context->save_for_backward({hidden, weight, bias.value_or(at::Tensor()), targets, keeps ? logits : at::Tensor()});
    else
      context->save_for_backward({direction});
    return logProbs;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor upstream = gradients[0].unsqueeze(1);  // [M, 1]
    if (!context->saved_data["trainsHead"].toBool()) {
      const at::Tensor& direction = saved[0];
      at::Tensor hiddenGradient;
      if (direction.defined()) hiddenGradient = direction.mul(upstream.to(direction.scalar_type()));
      return {hiddenGradient, {}, {}, {}, {}, {}, {}, {}};
    }
    const at::Tensor &hidden = saved[0], &targets = saved[3], &kept = saved[4];
    const Head head{saved[1], saved[2].defined() ? std::optional<at::Tensor>(saved[2]) : std::nullopt,
                    context->saved_data["softcap"].toDouble()};
    const at::ScalarType dtype = hidden.scalar_type();
    const at::TensorOptions wide = hidden.options().dtype(wideOf(dtype));
    const int64_t chunk = context->saved_data["chunk"].toInt(), rows = hidden.size(0);
    const at::Tensor weighted = hidden.mul(upstream.to(dtype));
    at::Tensor hiddenGradient = at::empty_like(hidden);
    // many chunks are summed wide, so that a narrow dtype loses no digits
    at::Tensor weightGradient;
    if (!kept.defined()) weightGradient = at::zeros(head.weight.sizes(), wide);
    at::Tensor biasGradient = head.bias ? at::zeros_like(*head.bias) : at::Tensor();
    at::Tensor logits;
    if (!kept.defined()) logits = at::empty({std::min(rows, chunk), head.weight.size(0)}, hidden.options());
    overChunks(rows, kept.defined() ? rows : chunk, [&](int64_t begin, int64_t count) {
      at::Tensor g = kept.defined() ? kept : logits.narrow(0, 0, count);
      if (!kept.defined())
        scoreRows(hidden.narrow(0, begin, count), head, targets.narrow(0, begin, count),
                  at::empty({count}, wide), g, true);
      at::Tensor pull = hiddenGradient.narrow(0, begin, count);
      at::mm_out(pull, g, head.weight);
      const at::Tensor part = weighted.narrow(0, begin, count);
      if (kept.defined()) weightGradient = at::mm(g.t(), part);
      else if (dtype == wideOf(dtype)) weightGradient.addmm_(g.t(), part);
      else weightGradient.add_(at::mm(g.t(), part));
      if (head.bias) biasGradient.addmv_(g.t(), upstream.narrow(0, begin, count).squeeze(1).to(dtype));
    });
    return {hiddenGradient.mul_(upstream.to(dtype)), weightGradient.to(dtype), biasGradient, {}, {}, {}, {}, {}};
  }
};

/// hidden [M, D], weight [V, D], bias [V], targets [M] int64 -> log-probs [M], float32 (float64 of float64). With a trained head, up to
/// `keptBytes` of g are kept for the backward pass.
at::Tensor tokenLogProbs(const at::Tensor& hidden, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                         const at::Tensor& targets, double softcap, int64_t chunk, int64_t keptBytes) {
  TORCH_CHECK(hidden.dim() == 2 && weight.dim() == 2 && hidden.size(1) == weight.size(1), "hidden is ", hidden.sizes(),
              ", the head's weight ", weight.sizes(), ": their last dimensions must agree");
  TORCH_CHECK(targets.dim() == 1 && targets.size(0) == hidden.size(0), "one target a row is needed");
  TORCH_CHECK(targets.scalar_type() == at::kLong && targets.device() == hidden.device(),
              "the targets must be int64 and where the hidden states are");
  TORCH_CHECK(chunk > 0, "chunk must be positive");
  for (const at::Tensor& part : {weight, bias.value_or(weight)})
    TORCH_CHECK(hidden.is_floating_point() && part.scalar_type() == hidden.scalar_type(), "hidden is ",
                hidden.scalar_type(), ", the head ", part.scalar_type());
  // a device is not waited for: there the operators check
  if (targets.is_cpu() && targets.numel() > 0)
    TORCH_CHECK(targets.min().item<int64_t>() >= 0 && targets.max().item<int64_t>() < weight.size(0),
                "a target lies outside the vocabulary of ", weight.size(0));
  return TokenLogProbs::apply(hidden.contiguous(), weight, bias, targets.contiguous(), softcap, chunk, keptBytes,
                              at::GradMode::is_enabled());
}

}  // namespace

TORCH_LIBRARY(orpo, library) {
  library.def(
      "token_log_probs(Tensor hidden, Tensor weight, Tensor? bias, Tensor targets, float softcap=0., int chunk=256, "
      "int kept_bytes=0) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("token_log_probs", &tokenLogProbs); }

}  // namespace orpo

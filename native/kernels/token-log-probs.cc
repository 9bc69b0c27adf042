// orpo::token_log_probs: log p(target | hidden) for each needed token without ever holding [tokens, vocabulary].
//
//   z = hidden W^T (+ bias), optionally z <- cap * tanh(z / cap);  logp = z[target] - logsumexp(z)
//
// For a loss that sees only the log-probs, dL/dz_t = w_t (onehot(target_t) - softmax(z_t)) with one scalar w_t a row.
// So with a frozen head the gradient of hidden, up to w_t, is known already in the forward pass: two products in all.
// With a trained head the logits are computed again in the backward pass.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace orpo {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Head {
  at::Tensor weight;                // [V, D]
  std::optional<at::Tensor> bias;   // [V]
  double softcap;                   // 0: none
};

struct Rows {
  at::Tensor logits;      // [m, V] fp32, capped
  at::Tensor logSumExp;   // [m, 1] fp32
};

Rows score(const at::Tensor& hidden, const Head& head) {
  at::Tensor logits = at::linear(hidden, head.weight, head.bias).to(at::kFloat);
  if (head.softcap > 0) logits = logits.div_(head.softcap).tanh_().mul_(head.softcap);
  return {logits, logits.logsumexp(1, true)};
}

/// Turns logits into d logp / d z = onehot - softmax, times the cap's slope. Overwrites them.
at::Tensor logitGradient(Rows& rows, const at::Tensor& targets, double softcap) {
  at::Tensor slope;
  if (softcap > 0) slope = rows.logits.div(softcap).square_().neg_().add_(1);
  at::Tensor gradient = rows.logits.sub_(rows.logSumExp).exp_().neg_();
  gradient.scatter_add_(1, targets, at::ones_like(targets, gradient.options()));
  if (softcap > 0) gradient.mul_(slope);
  return gradient;
}

struct TokenLogProbs : torch::autograd::Function<TokenLogProbs> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const at::Tensor& targets, double softcap,
                            int64_t chunk) {
    const Head head{weight, bias, softcap};
    const bool trainsHead = weight.requires_grad() || (bias && bias->requires_grad());
    const bool trainsHidden = hidden.requires_grad();
    const int64_t rows = hidden.size(0);
    at::Tensor logProbs = at::empty({rows}, hidden.options().dtype(at::kFloat));
    at::Tensor direction;
    if (trainsHidden && !trainsHead) direction = at::empty_like(hidden);
    for (int64_t begin = 0; begin < rows; begin += chunk) {
      const int64_t count = std::min(chunk, rows - begin);
      const at::Tensor wanted = targets.narrow(0, begin, count).unsqueeze(1);
      Rows scored = score(hidden.narrow(0, begin, count), head);
      logProbs.narrow(0, begin, count).copy_(scored.logits.gather(1, wanted).sub_(scored.logSumExp).squeeze(1));
      if (direction.defined())
        direction.narrow(0, begin, count).copy_(at::mm(logitGradient(scored, wanted, softcap).to(weight.scalar_type()), weight));
    }
    context->saved_data["trainsHead"] = trainsHead;
    context->saved_data["softcap"] = softcap;
    context->saved_data["chunk"] = chunk;
    if (trainsHead)
      context->save_for_backward({hidden, weight, bias.value_or(at::Tensor()), targets});
    else
      context->save_for_backward({direction});
    return logProbs;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor upstream = gradients[0].unsqueeze(1);  // [M, 1] fp32
    if (!context->saved_data["trainsHead"].toBool()) {
      const at::Tensor& direction = saved[0];
      at::Tensor hiddenGradient;
      if (direction.defined()) hiddenGradient = direction.mul(upstream.to(direction.scalar_type()));
      return {hiddenGradient, {}, {}, {}, {}, {}};
    }
    const at::Tensor& hidden = saved[0];
    const at::Tensor& targets = saved[3];
    const Head head{saved[1], saved[2].defined() ? std::optional<at::Tensor>(saved[2]) : std::nullopt,
                    context->saved_data["softcap"].toDouble()};
    const int64_t chunk = context->saved_data["chunk"].toInt();
    const int64_t rows = hidden.size(0);
    at::Tensor hiddenGradient = at::empty_like(hidden);
    at::Tensor weightGradient = at::zeros(head.weight.sizes(), head.weight.options().dtype(at::kFloat));
    at::Tensor biasGradient;
    if (head.bias) biasGradient = at::zeros(head.bias->sizes(), head.bias->options().dtype(at::kFloat));
    for (int64_t begin = 0; begin < rows; begin += chunk) {
      const int64_t count = std::min(chunk, rows - begin);
      const at::Tensor slice = hidden.narrow(0, begin, count);
      Rows scored = score(slice, head);
      at::Tensor gradient = logitGradient(scored, targets.narrow(0, begin, count).unsqueeze(1), head.softcap);
      gradient.mul_(upstream.narrow(0, begin, count));
      if (head.bias) biasGradient.add_(gradient.sum(0));
      gradient = gradient.to(head.weight.scalar_type());
      hiddenGradient.narrow(0, begin, count).copy_(at::mm(gradient, head.weight));
      if (weightGradient.scalar_type() == gradient.scalar_type()) weightGradient.addmm_(gradient.t(), slice);
      else weightGradient.add_(at::mm(gradient.t(), slice));
    }
    return {hiddenGradient, weightGradient.to(head.weight.scalar_type()),
            head.bias ? biasGradient.to(head.bias->scalar_type()) : at::Tensor(), {}, {}, {}};
  }
};

/// hidden [M, D], weight [V, D], bias [V], targets [M] int64 -> log-probs [M] fp32.
at::Tensor tokenLogProbs(const at::Tensor& hidden, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                         const at::Tensor& targets, double softcap, int64_t chunk) {
  TORCH_CHECK(hidden.dim() == 2 && weight.dim() == 2 && hidden.size(1) == weight.size(1), "hidden is ", hidden.sizes(),
              ", the head's weight ", weight.sizes(), ": their last dimensions must agree");
  TORCH_CHECK(targets.dim() == 1 && targets.size(0) == hidden.size(0), "one target a row is needed");
  TORCH_CHECK(chunk > 0, "chunk must be positive");
  return TokenLogProbs::apply(hidden, weight, bias, targets, softcap, chunk);
}

}  // namespace

TORCH_LIBRARY(orpo, library) {
  library.def(
      "token_log_probs(Tensor hidden, Tensor weight, Tensor? bias, Tensor targets, float softcap=0., int chunk=256) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("token_log_probs", &tokenLogProbs); }

}  // namespace orpo

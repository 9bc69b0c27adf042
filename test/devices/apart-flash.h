// libtorch's flash attention over sequences of many lengths, which only GPUs have, by its definition: what it demands of its
// inputs and the shapes of what it gives are those of a GPU (flash_api.cpp of libtorch).
#pragma once
#include <ATen/ATen.h>

#include <utility>
#include <vector>

namespace apart {

struct FlashInputs {
  at::Tensor query;        // [Q, H, K]
  at::Tensor key;          // [L, G, K]
  at::Tensor value;        // [L, G, K]
  at::Tensor queryBounds;  // [S + 1] int32
  at::Tensor keyBounds;    // [S + 1] int32
  int64_t mostQueries;
  int64_t mostKeys;
  bool causal;
  double scale;
};

inline void requireFlash(const FlashInputs& in) {
  const auto type = in.query.scalar_type();
  TORCH_CHECK(type == at::kBFloat16 || type == at::kHalf, "flash attention takes float16 and bfloat16, not ", type);
  TORCH_CHECK(in.key.scalar_type() == type && in.value.scalar_type() == type, "inputs differ in dtype");
  TORCH_CHECK(in.query.dim() == 3 && in.key.dim() == 3 && in.value.sizes() == in.key.sizes(), "three dimensions each");
  TORCH_CHECK(in.query.size(2) % 8 == 0 && in.query.size(2) <= 256, "heads of ", in.query.size(2));
  TORCH_CHECK(in.query.size(1) % in.key.size(1) == 0, "key heads divide query heads");
  TORCH_CHECK(in.query.stride(-1) == 1 && in.key.stride(-1) == 1 && in.value.stride(-1) == 1, "heads lie dense");
  for (const at::Tensor& bounds : {in.queryBounds, in.keyBounds})
    TORCH_CHECK(bounds.scalar_type() == at::kInt && bounds.is_contiguous(), "bounds are a row of int32");
  TORCH_CHECK(in.queryBounds.numel() == in.keyBounds.numel(), "as many sequences of queries as of keys");
}

/// Calls `body(queries, keys, scores)` for each sequence, with where they lie and the masked scores [H, n, m].
template <typename Body>
void overFlash(const FlashInputs& in, Body&& body) {
  requireFlash(in);
  const int64_t group = in.query.size(1) / in.key.size(1);
  const int32_t* queries = in.queryBounds.const_data_ptr<int32_t>();
  const int32_t* keys = in.keyBounds.const_data_ptr<int32_t>();
  for (int64_t i = 0; i + 1 < in.queryBounds.numel(); ++i) {
    const at::indexing::Slice rows(queries[i], queries[i + 1]), seen(keys[i], keys[i + 1]);
    const int64_t n = queries[i + 1] - queries[i], m = keys[i + 1] - keys[i];
    TORCH_CHECK(n <= in.mostQueries && m <= in.mostKeys, "a sequence is longer than was said");
    const at::Tensor q = in.query.index({rows}).to(at::kFloat).transpose(0, 1);
    const at::Tensor k = in.key.index({seen}).to(at::kFloat).transpose(0, 1).repeat_interleave(group, 0);
    at::Tensor scores = at::matmul(q, k.transpose(1, 2)).mul(in.scale);
    if (in.causal)
      scores.masked_fill_(at::ones({n, m}, at::kBool).triu(m - n + 1), -std::numeric_limits<float>::infinity());
    body(rows, seen, scores);
  }
}

/// [n, H, K] of some rows in float32, as [H, n, K].
inline at::Tensor headsFirst(const at::Tensor& tensor, const at::indexing::Slice& rows, int64_t group = 1) {
  return tensor.index({rows}).to(at::kFloat).transpose(0, 1).repeat_interleave(group, 0);
}

/// Outputs [Q, H, K] and log-sum-exps [H, Q] fp32.
inline std::pair<at::Tensor, at::Tensor> flashForward(const FlashInputs& in) {
  at::Tensor out = at::empty_like(in.query);
  at::Tensor logSumExp = at::empty({in.query.size(1), in.query.size(0)}, at::kFloat);
  const int64_t group = in.query.size(1) / in.key.size(1);
  overFlash(in, [&](const auto& rows, const auto& seen, const at::Tensor& scores) {
    out.index_put_({rows}, at::matmul(scores.softmax(2), headsFirst(in.value, seen, group)).transpose(0, 1).to(out.scalar_type()));
    logSumExp.index_put_({at::indexing::Slice(), rows}, scores.logsumexp(2));
  });
  return {out, logSumExp};
}

/// Gradients of query, key and value, given any outputs and log-sum-exps.
inline std::vector<at::Tensor> flashBackward(const FlashInputs& in, const at::Tensor& upstream, const at::Tensor& out,
                                             const at::Tensor& logSumExp) {
  TORCH_CHECK(logSumExp.sizes() == at::IntArrayRef({in.query.size(1), in.query.size(0)}), "log-sum-exps are [H, Q]");
  std::vector<at::Tensor> gradients{at::empty_like(in.query), at::empty_like(in.key), at::empty_like(in.value)};
  const int64_t group = in.query.size(1) / in.key.size(1);
  const auto put = [&](int at, const auto& rows, const at::Tensor& heads) {
    const int64_t shared = at == 0 ? 1 : group;
    const at::Tensor sums = heads.unflatten(0, {heads.size(0) / shared, shared}).sum(1);
    gradients[at].index_put_({rows}, sums.transpose(0, 1).to(in.query.scalar_type()));
  };
  overFlash(in, [&](const auto& rows, const auto& seen, const at::Tensor& scores) {
    const at::Tensor logs = logSumExp.index({at::indexing::Slice(), rows}).unsqueeze(2);
    const at::Tensor weights = at::exp(scores - logs), pull = headsFirst(upstream, rows);
    const at::Tensor means = (pull * headsFirst(out, rows)).sum(2, true);
    const at::Tensor slope =
        weights * (at::matmul(pull, headsFirst(in.value, seen, group).transpose(1, 2)) - means) * in.scale;
    put(0, rows, at::matmul(slope, headsFirst(in.key, seen, group)));
    put(1, seen, at::matmul(slope.transpose(1, 2), headsFirst(in.query, rows)));
    put(2, seen, at::matmul(weights.transpose(1, 2), pull));
  });
  return gradients;
}

}  // namespace apart

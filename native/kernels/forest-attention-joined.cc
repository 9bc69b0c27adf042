// orpo::forest_attention_joined: attention over a forest by libtorch's flash attention, which runs on a GPU but knows no
// trees. However many trees there are, two variable-length calls do it:
//
//   own    each segment, a trunk or a branch, over itself, in causal order
//   trunk  all branches of a tree, end to end as one sequence, over their whole trunk
//
// The softmax of a branch's token goes over the keys of both, so its two outputs are joined by their log-sum-exps l:
//
//   out = (1 - w) own + w trunk,  w = sigmoid(l_trunk - l_own),  l = logaddexp(l_own, l_trunk)
//
// Given the joined out and l, the backward pass of each call makes exp(s - l) and rowsum(dO * out), which are the
// probabilities and the means of the softmax over all keys, so the gradients of the calls add up to those of the whole
// (as in ring attention, arXiv 2310.01889).
//
// On the CPU a call is one of flash attention a sequence: slower than orpo::forest_attention, and there to be tested.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <tuple>

namespace orpo {

namespace {

/// The sequences of a call. `queryBounds` and `keyBounds` [S + 1] int32 say where each begins among the queries and the keys
/// of the call, and where the last ends; none is empty.
struct Sequences {
  at::Tensor queryBounds;
  at::Tensor keyBounds;
  int64_t mostQueries;
  int64_t mostKeys;
  bool causal;
};

/// What a call reads: query [Q, H, K], key and value [L, G, K] with G dividing H.
struct AttentionInputs {
  at::Tensor query;
  at::Tensor key;
  at::Tensor value;

  int64_t group() const { return query.size(1) / key.size(1); }
  AttentionInputs select(const at::Tensor& queryRows, const at::Tensor& keyRows) const {
    return {query.index_select(0, queryRows), key.index_select(0, keyRows), value.index_select(0, keyRows)};
  }
};

struct Attended {
  at::Tensor out;        // [Q, H, K]
  at::Tensor logSumExp;  // [H, Q] fp32
};

/// Rows `begin` to `end` of [N, H, K], as [1, H, end - begin, K].
at::Tensor headsOf(const at::Tensor& rows, int64_t begin, int64_t end) {
  return rows.slice(0, begin, end).transpose(0, 1).unsqueeze(0);
}

/// The same for keys and values [N, G, K], each head as often as queries share it.
at::Tensor sharedHeadsOf(const at::Tensor& rows, int64_t begin, int64_t end, int64_t group) {
  const at::Tensor heads = headsOf(rows, begin, end);
  return group == 1 ? heads : heads.repeat_interleave(group, 1);
}

/// Calls `body(first query, end of queries, first key, end of keys)` for each sequence on the CPU, where what a GPU takes on
/// trust is looked at: all rows belong to a sequence, and none is longer than was said.
template <typename Body>
void overSequences(const AttentionInputs& inputs, const Sequences& sequences, Body&& body) {
  const int32_t* queries = sequences.queryBounds.const_data_ptr<int32_t>();
  const int32_t* keys = sequences.keyBounds.const_data_ptr<int32_t>();
  const int64_t count = sequences.queryBounds.numel() - 1;
  TORCH_CHECK(queries[0] == 0 && keys[0] == 0 && queries[count] == inputs.query.size(0) &&
                  keys[count] == inputs.key.size(0),
              "the sequences do not cover ", inputs.query.size(0), " queries and ", inputs.key.size(0), " keys");
  for (int64_t i = 0; i < count; ++i) {
    const int64_t tokens = queries[i + 1] - queries[i], seen = keys[i + 1] - keys[i];
    TORCH_CHECK(tokens > 0 && seen > 0 && tokens <= sequences.mostQueries && seen <= sequences.mostKeys, "sequence ", i,
                " has ", tokens, " queries and ", seen, " keys, not 1 to ", sequences.mostQueries, " and ",
                sequences.mostKeys);
    body(queries[i], queries[i + 1], keys[i], keys[i + 1]);
  }
}

Attended attendOnCpu(const AttentionInputs& inputs, const Sequences& sequences, double scale) {
  const auto& [query, key, value] = inputs;
  Attended whole{at::empty_like(query), at::empty({query.size(1), query.size(0)}, query.options().dtype(at::kFloat))};
  overSequences(inputs, sequences, [&](int64_t begin, int64_t end, int64_t firstKey, int64_t lastKey) {
    const auto [out, logSumExp] = at::_scaled_dot_product_flash_attention_for_cpu(
        headsOf(query, begin, end), sharedHeadsOf(key, firstKey, lastKey, inputs.group()),
        sharedHeadsOf(value, firstKey, lastKey, inputs.group()), 0.0, sequences.causal, {}, scale);
    whole.out.slice(0, begin, end).copy_(out[0].transpose(0, 1));
    whole.logSumExp.slice(1, begin, end).copy_(logSumExp[0]);
  });
  return whole;
}

AttentionInputs attendBackwardOnCpu(const at::Tensor& upstream, const AttentionInputs& inputs, const Attended& attended,
                                    const Sequences& sequences, double scale) {
  const auto& [query, key, value] = inputs;
  AttentionInputs gradients{at::empty_like(query), at::empty_like(key), at::empty_like(value)};
  // [1, H, n, K] -> [n, G, K]
  const auto shared = [&](const at::Tensor& heads) {
    return heads[0].unflatten(0, {key.size(1), inputs.group()}).sum(1).transpose(0, 1);
  };
  overSequences(inputs, sequences, [&](int64_t begin, int64_t end, int64_t firstKey, int64_t lastKey) {
    const auto [ofQuery, ofKey, ofValue] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        headsOf(upstream, begin, end), headsOf(query, begin, end),
        sharedHeadsOf(key, firstKey, lastKey, inputs.group()), sharedHeadsOf(value, firstKey, lastKey, inputs.group()),
        headsOf(attended.out, begin, end), attended.logSumExp.slice(1, begin, end).unsqueeze(0), 0.0,
        sequences.causal, {}, scale);
    gradients.query.slice(0, begin, end).copy_(ofQuery[0].transpose(0, 1));
    gradients.key.slice(0, firstKey, lastKey).copy_(shared(ofKey));
    gradients.value.slice(0, firstKey, lastKey).copy_(shared(ofValue));
  });
  return gradients;
}

/// One call of flash attention over all sequences.
Attended attendSequences(const AttentionInputs& inputs, const Sequences& sequences, double scale) {
  const auto& [query, key, value] = inputs;
  if (query.is_cpu()) return attendOnCpu(inputs, sequences, scale);
  // sequences of one query would take a path of their own, made for decoding, that folds heads into tokens
  const int64_t mostQueries = std::max<int64_t>(sequences.mostQueries, 2);
  const auto result =
      at::_flash_attention_forward(query, key, value, sequences.queryBounds, sequences.keyBounds, mostQueries,
                                   sequences.mostKeys, 0.0, sequences.causal, false, scale);
  const Attended attended{std::get<0>(result), std::get<1>(result)};
  // libtorch for other makers' GPUs, and old ones, pad it to [S, H, longest]
  TORCH_CHECK(attended.logSumExp.sizes() == at::IntArrayRef({query.size(1), query.size(0)}),
              "flash attention gave log-sum-exps of shape ", attended.logSumExp.sizes(), " for queries ",
              query.sizes());
  return attended;
}

/// The gradients of query, key and value where `attended` is over more keys than those of this call.
AttentionInputs attendSequencesBackward(const at::Tensor& upstream, const AttentionInputs& inputs,
                                        const Attended& attended, const Sequences& sequences, double scale) {
  const auto& [query, key, value] = inputs;
  if (query.is_cpu()) return attendBackwardOnCpu(upstream, inputs, attended, sequences, scale);
  // a generator's state, which nothing reads without dropout
  const at::Tensor state = at::empty({2}, query.options().dtype(at::kUInt64));
  const auto [ofQuery, ofKey, ofValue] = at::_flash_attention_backward(
      upstream, query, key, value, attended.out, attended.logSumExp, sequences.queryBounds, sequences.keyBounds,
      sequences.mostQueries, sequences.mostKeys, 0.0, sequences.causal, state, state, scale);
  return {ofQuery, ofKey, ofValue};
}

/// The two calls over a forest. All tensors are on the queries' device.
struct ForestCalls {
  at::Tensor segmentBounds;  // [S + 1] int32: all segments of the row
  at::Tensor branchRows;     // [B] int64: the tokens of branches that have a trunk
  at::Tensor branchBounds;   // [T + 1] int32: each tree's among them
  at::Tensor trunkRows;      // [C] int64: the tokens of their trunks
  at::Tensor trunkBounds;    // [T + 1] int32
  int64_t longestSegment;
  int64_t mostBranchTokens;
  int64_t longestTrunk;

  bool hasBranches() const { return branchRows.numel() > 0; }
  Sequences own() const { return {segmentBounds, segmentBounds, longestSegment, longestSegment, true}; }
  Sequences trunk() const { return {branchBounds, trunkBounds, mostBranchTokens, longestTrunk, false}; }
};

struct JoinedForestAttention : torch::autograd::Function<JoinedForestAttention> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value, const ForestCalls& calls, double scale) {
    const AttentionInputs inputs{query, key, value};
    auto [out, logSumExp] = attendSequences(inputs, calls.own(), scale);
    if (calls.hasBranches()) {
      const at::Tensor& rows = calls.branchRows;
      const Attended trunk = attendSequences(inputs.select(rows, calls.trunkRows), calls.trunk(), scale);
      const at::Tensor own = out.index_select(0, rows).to(at::kFloat), ownLog = logSumExp.index_select(1, rows);
      const at::Tensor weight = at::sigmoid(trunk.logSumExp - ownLog).t().unsqueeze(2);  // [B, H, 1]
      out.index_copy_(0, rows, at::lerp(own, trunk.out.to(at::kFloat), weight).to(out.scalar_type()));
      logSumExp.index_copy_(1, rows, at::logaddexp(ownLog, trunk.logSumExp));
    }
    context->save_for_backward({query, key, value, out, logSumExp, calls.segmentBounds, calls.branchRows,
                                calls.branchBounds, calls.trunkRows, calls.trunkBounds});
    context->saved_data["longestSegment"] = calls.longestSegment;
    context->saved_data["mostBranchTokens"] = calls.mostBranchTokens;
    context->saved_data["longestTrunk"] = calls.longestTrunk;
    context->saved_data["scale"] = scale;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto number = [&](const char* name) { return context->saved_data[name].toInt(); };
    const AttentionInputs inputs{saved[0], saved[1], saved[2]};
    const Attended attended{saved[3], saved[4]};
    const ForestCalls calls{saved[5],
                            saved[6],
                            saved[7],
                            saved[8],
                            saved[9],
                            number("longestSegment"),
                            number("mostBranchTokens"),
                            number("longestTrunk")};
    const double scale = context->saved_data["scale"].toDouble();
    const at::Tensor upstream = gradients[0].contiguous();
    const AttentionInputs own = attendSequencesBackward(upstream, inputs, attended, calls.own(), scale);
    if (calls.hasBranches()) {
      const at::Tensor &rows = calls.branchRows, &trunkRows = calls.trunkRows;
      const AttentionInputs trunk = attendSequencesBackward(
          upstream.index_select(0, rows), inputs.select(rows, trunkRows),
          {attended.out.index_select(0, rows), attended.logSumExp.index_select(1, rows)}, calls.trunk(), scale);
      own.query.index_add_(0, rows, trunk.query);
      own.key.index_add_(0, trunkRows, trunk.key);
      own.value.index_add_(0, trunkRows, trunk.value);
    }
    return {own.query, own.key, own.value, {}, {}};
  }
};

void requireBounds(const at::Tensor& bounds, const at::Tensor& query) {
  TORCH_CHECK(bounds.dim() == 1 && bounds.numel() > 0 && bounds.scalar_type() == at::kInt && bounds.is_contiguous() &&
                  bounds.device() == query.device(),
              "bounds must be a row of int32 on ", query.device());
}

void requireRows(const at::Tensor& rows, const at::Tensor& query) {
  TORCH_CHECK(rows.dim() == 1 && rows.scalar_type() == at::kLong && rows.device() == query.device(),
              "rows must be int64 on ", query.device());
}

/// query [N, H, K], key and value [N, G, K] with G dividing H -> [N, H, K]; the other tensors and numbers are those of
/// `ForestCalls`. A GPU is not waited for to look at what they say.
at::Tensor forestAttentionJoined(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                 const at::Tensor& segmentBounds, const at::Tensor& branchRows,
                                 const at::Tensor& branchBounds, const at::Tensor& trunkRows,
                                 const at::Tensor& trunkBounds, int64_t longestSegment, int64_t mostBranchTokens,
                                 int64_t longestTrunk, double scale) {
  TORCH_CHECK(query.dim() == 3 && key.dim() == 3 && key.sizes() == value.sizes() && query.size(0) == key.size(0) &&
                  query.size(2) == key.size(2) && key.size(1) > 0 && query.size(1) % key.size(1) == 0,
              "query is ", query.sizes(), ", key ", key.sizes(), ", value ", value.sizes(),
              ": [N, H, K] and twice [N, G, K] with G dividing H are needed");
  for (const at::Tensor& bounds : {segmentBounds, branchBounds, trunkBounds}) requireBounds(bounds, query);
  for (const at::Tensor& rows : {branchRows, trunkRows}) requireRows(rows, query);
  TORCH_CHECK(branchBounds.numel() == trunkBounds.numel(), "there are ", branchBounds.numel(),
              " bounds of branches and ", trunkBounds.numel(), " of trunks");
  const ForestCalls calls{segmentBounds, branchRows,     branchBounds,     trunkRows,
                          trunkBounds,   longestSegment, mostBranchTokens, longestTrunk};
  return JoinedForestAttention::apply(query.contiguous(), key.contiguous(), value.contiguous(), calls, scale);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def(
      "forest_attention_joined(Tensor query, Tensor key, Tensor value, Tensor segment_bounds, Tensor branch_rows, "
      "Tensor branch_bounds, Tensor trunk_rows, Tensor trunk_bounds, int longest_segment, int most_branch_tokens, "
      "int longest_trunk, float scale) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) {
  library.impl("forest_attention_joined", &forestAttentionJoined);
}

}  // namespace orpo

// orpo::forest_attention: softmax(scale q k^T) v over trees that lie end to end in one token row, without padding,
// masks or copies: a trunk token sees its trunk up to itself, a branch token its trunk and its branch up to itself.
//
// Tokens are taken in blocks, with all query heads that share a key head as rows of one matrix: few products, each worth
// its call. Of the keys before a block each product spans only those that it can see. Nothing of
// size [tokens, tokens] is kept: the backward pass makes the probabilities again from the saved log-sum-exp
// (FlashAttention, arXiv 2205.14135, without its tiles over keys: a sequence's scores of one block fit the cache).
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "forest-layout.h"
#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kScoreRows = 384;  // rows of scores at a time: those of all query heads that share a key head
constexpr int64_t kLeast = 32, kMost = 128;

/// Tokens whose queries are taken at a time when `group` query heads share a key head.
int64_t blockTokens(int64_t group) { return std::clamp(kScoreRows / group, kLeast, kMost); }

/// The query heads of [N, H, K] that share a key head.
struct Heads {
  int64_t key;
  int64_t group;

  int64_t first() const { return key * group; }

  /// Their rows as a matrix [rows * group, K], token by token.
  at::Tensor of(const at::Tensor& heads, Segment rows) const {
    return window(heads, rows).reshape({rows.length * group, heads.size(2)});
  }
  /// Their rows of [N, H, K] from such a matrix.
  void put(const at::Tensor& heads, Segment rows, const at::Tensor& matrix) const {
    window(heads, rows).copy_(matrix.view({rows.length, group, heads.size(2)}));
  }

 private:
  at::Tensor window(const at::Tensor& heads, Segment rows) const {
    return heads.narrow(0, rows.begin, rows.length).narrow(1, first(), group);
  }
};

/// scores [rows, keys] float = scale q k^T; what lies right of the diagonal is not meaningful.
void scoreBlock(at::Tensor& scores, const Block& block, const at::Tensor& query, const at::Tensor& key, double scale) {
  const auto fill = [&](Segment keys, int64_t column) {
    if (keys.length == 0) return;
    at::Tensor part = scores.narrow(1, column, keys.length);
    if (query.scalar_type() == at::kFloat)
      at::addmm_out(part, part, query, key.narrow(0, keys.begin, keys.length).t(), 0, scale);
    else
      part.copy_(at::mm(query, key.narrow(0, keys.begin, keys.length).t())).mul_(scale);
  };
  fill(block.context, 0);
  fill(block.own(), block.context.length);
}

/// scores -> probabilities in place, zero right of the diagonal; writes the log-sum-exp of each row into [N, H].
void softmaxBlock(at::Tensor& scores, const Block& block, const Heads& heads, float* logSumExp, int64_t stride) {
  float* data = scores.mutable_data_ptr<float>();
  const int64_t keys = block.keys();
  for (int64_t row = 0; row < block.tokens * heads.group; ++row) {
    const int64_t token = row / heads.group;
    float* s = data + row * keys;
    const int64_t seen = block.visible(token);
    float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
    for (int64_t i = 0; i < seen; ++i) largest = s[i] > largest ? s[i] : largest;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < seen; ++i) {
      s[i] = fastExp(s[i] - largest);
      sum += s[i];
    }
    const float share = 1.0f / sum;
#pragma omp simd
    for (int64_t i = 0; i < seen; ++i) s[i] *= share;
    std::fill(s + seen, s + keys, 0.0f);
    logSumExp[(block.queries().begin + token) * stride + heads.first() + row % heads.group] = largest + std::log(sum);
  }
}

/// weights [rows, keys] times the rows of `value` the block sees: [rows, K].
at::Tensor mixBlock(const at::Tensor& weights, const Block& block, const at::Tensor& value) {
  const at::Tensor w = weights.to(value.scalar_type());
  const Segment own = block.own();
  const at::Tensor mixed =
      at::mm(w.narrow(1, block.context.length, own.length), value.narrow(0, own.begin, own.length));
  if (block.context.length == 0) return mixed;
  const Segment& context = block.context;
  return mixed.addmm_(w.narrow(1, 0, context.length), value.narrow(0, context.begin, context.length));
}

/// Adds the block's gradient of keys or values: weights^T [keys, rows] times rows [rows, K], into [N, K].
void spreadBlock(at::Tensor& gradient, const at::Tensor& weights, const Block& block, const at::Tensor& rows) {
  const auto add = [&](Segment keys, int64_t column) {
    if (keys.length == 0) return;
    gradient.narrow(0, keys.begin, keys.length).addmm_(weights.narrow(1, column, keys.length).t(), rows);
  };
  add(block.context, 0);
  add(block.own(), block.context.length);
}

/// Runs `body(tree, key head)` for each of both on libtorch's threads, the longest trees first.
template <typename Body>
void overTreesAndHeads(const std::vector<Tree>& trees, int64_t heads, Body&& body) {
  std::vector<const Tree*> order;
  for (const Tree& tree : trees) order.push_back(&tree);
  std::stable_sort(order.begin(), order.end(), [](auto a, auto b) { return a->tokens() > b->tokens(); });
  const int64_t total = static_cast<int64_t>(trees.size()) * heads;
  std::atomic<int64_t> next{0};
  at::parallel_for(0, std::min<int64_t>(at::get_num_threads(), total), 1, [&](int64_t, int64_t) {
    const at::AutoDispatchBelowADInplaceOrView below;
    for (int64_t i = next++; i < total; i = next++) body(*order[i / heads], i % heads);
  });
}

struct ForestAttention : torch::autograd::Function<ForestAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value, const at::Tensor& layout, double scale) {
    const int64_t tokens = query.size(0), heads = query.size(1), group = heads / key.size(1);
    const std::vector<Tree> trees = readLayout(layout, tokens);
    at::Tensor out = at::zeros(query.sizes(), query.options());
    at::Tensor logSumExp = at::zeros({tokens, heads}, query.options().dtype(at::kFloat));
    float* sums = logSumExp.mutable_data_ptr<float>();
    const auto floats = query.options().dtype(at::kFloat);
    overTreesAndHeads(trees, key.size(1), [&](const Tree& tree, int64_t keyHead) {
      const Heads own{keyHead, group};
      const at::Tensor k = key.select(1, keyHead), v = value.select(1, keyHead);
      overBlocks(tree, blockTokens(group), [&](const Block& block) {
        at::Tensor scores = at::empty({block.tokens * group, block.keys()}, floats);
        scoreBlock(scores, block, own.of(query, block.queries()), k, scale);
        softmaxBlock(scores, block, own, sums, heads);
        own.put(out, block.queries(), mixBlock(scores, block, v));
      });
    });
    context->save_for_backward({query, key, value, out, logSumExp, layout});
    context->saved_data["scale"] = scale;
    return out;
  }

  /// With P the probabilities: dV = P^T dO, dS = P * (dO V^T - rowsum(dO * O)), dQ = scale dS K, dK = scale dS^T Q.
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &query = saved[0], &key = saved[1], &value = saved[2], &out = saved[3], &logSumExp = saved[4];
    const at::Tensor upstream = gradients[0].contiguous();
    const double scale = context->saved_data["scale"].toDouble();
    const int64_t tokens = query.size(0), heads = query.size(1), groups = key.size(1), group = heads / groups;
    const std::vector<Tree> trees = readLayout(saved[5], tokens);
    const auto floats = query.options().dtype(at::kFloat);
    at::Tensor queryGradient = at::zeros(query.sizes(), query.options());
    at::Tensor keyGradient = at::zeros(key.sizes(), query.options());
    at::Tensor valueGradient = at::zeros(value.sizes(), query.options());
    const float* sums = logSumExp.const_data_ptr<float>();
    overTreesAndHeads(trees, groups, [&](const Tree& tree, int64_t keyHead) {
      const Heads own{keyHead, group};
      const at::Tensor k = key.select(1, keyHead), v = value.select(1, keyHead);
      at::Tensor dk = keyGradient.select(1, keyHead), dv = valueGradient.select(1, keyHead);
      overBlocks(tree, blockTokens(group), [&](const Block& block) {
        const at::Tensor q = own.of(query, block.queries());
        const at::Tensor d = own.of(upstream, block.queries());
        at::Tensor weights = at::empty({block.tokens * group, block.keys()}, floats);
        scoreBlock(weights, block, q, k, scale);
        at::Tensor slopes = at::empty({block.tokens * group, block.keys()}, floats);
        scoreBlock(slopes, block, d, v, 1);
        const at::Tensor pull = own.of(out, block.queries()).to(at::kFloat).mul(d).sum(1);
        slopeBlock(weights, slopes, block, own, sums, heads, pull.const_data_ptr<float>(), static_cast<float>(scale));
        const at::ScalarType dtype = query.scalar_type();
        const at::Tensor narrow = slopes.to(dtype);
        spreadBlock(dv, weights.to(dtype), block, d);
        spreadBlock(dk, narrow, block, q);
        own.put(queryGradient, block.queries(), mixBlock(narrow, block, k));
      });
    });
    return {queryGradient, keyGradient, valueGradient, {}, {}};
  }

  /// scores -> probabilities; slopes, which come as dO V^T, -> scale P (dO V^T - pull); both zero right of the diagonal.
  static void slopeBlock(at::Tensor& scores, at::Tensor& slopes, const Block& block, const Heads& heads,
                         const float* logSumExp, int64_t stride, const float* pull, float scale) {
    const int64_t keys = block.keys();
    for (int64_t row = 0; row < block.tokens * heads.group; ++row) {
      const int64_t token = row / heads.group;
      float* p = scores.mutable_data_ptr<float>() + row * keys;
      float* d = slopes.mutable_data_ptr<float>() + row * keys;
      const float total = logSumExp[(block.queries().begin + token) * stride + heads.first() + row % heads.group];
      const float mean = pull[row];
      const int64_t seen = block.visible(token);
#pragma omp simd
      for (int64_t i = 0; i < seen; ++i) {
        p[i] = fastExp(p[i] - total);
        d[i] = scale * p[i] * (d[i] - mean);
      }
      std::fill(p + seen, p + keys, 0.0f);
      std::fill(d + seen, d + keys, 0.0f);
    }
  }
};

at::Tensor contiguousHeads(const at::Tensor& heads) { return heads.stride(2) == 1 ? heads : heads.contiguous(); }

/// query [N, H, K], key and value [N, G, K] with G dividing H, layout as `readLayout` says -> [N, H, K].
at::Tensor forestAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const at::Tensor& layout, double scale) {
  TORCH_CHECK(query.dim() == 3 && key.dim() == 3 && key.sizes() == value.sizes() && query.size(0) == key.size(0) &&
                  query.size(2) == key.size(2) && key.size(1) > 0 && query.size(1) % key.size(1) == 0,
              "query is ", query.sizes(), ", key ", key.sizes(), ", value ", value.sizes(),
              ": [N, H, K] and twice [N, G, K] with G dividing H are needed");
  requireFloats({query, key, value});
  return ForestAttention::apply(contiguousHeads(query), contiguousHeads(key), contiguousHeads(value), layout, scale);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def("forest_attention(Tensor query, Tensor key, Tensor value, Tensor trees, float scale) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("forest_attention", &forestAttention); }

}  // namespace orpo

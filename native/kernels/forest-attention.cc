// orpo::forest_attention: softmax(scale q k^T) v over trees that lie end to end in one token row, without padding,
// masks or copies: a trunk token sees its trunk up to itself, a branch token its trunk and its branch up to itself.
//
// Tokens are taken in blocks, with all query heads that share a key head as rows of one matrix, and keys in tiles; tiles
// that a block cannot see are left out. Nothing of size [tokens, tokens] is kept: the backward pass makes the probabilities
// again from the saved log-sum-exp (FlashAttention, arXiv 2205.14135, with the softmax of a block over all of its tiles).
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <atomic>
#include <cmath>
#include <vector>

#include "attention-rows.h"
#include "attention-tiles.h"
#include "forest-layout.h"
#include "rows.h"

namespace orpo {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kRows = 96;  // of a block, where the heads that share a key head are few
constexpr int64_t kLeast = 16;

/// Tokens whose queries are taken at a time when `group` query heads share a key head.
int64_t blockTokens(int64_t group) { return std::max(kRows / group / kRowStep * kRowStep, kLeast); }

/// [N, H, K] queries and [N, G, K] keys and values.
struct HeadSizes {
  int64_t heads;
  int64_t groups;
  int64_t size;

  HeadSizes(const at::Tensor& query, const at::Tensor& key)
      : heads(query.size(1)), groups(key.size(1)), size(query.size(2)) {}

  int64_t group() const { return heads / groups; }
  template <typename T>
  HeadGroup<T> queries(T* data, int64_t keyHead) const {
    return {data + keyHead * group() * size, heads * size, size, group()};
  }
  template <typename T>
  Head<T> keys(T* data, int64_t keyHead) const {
    return {data + keyHead * size, groups * size, size};
  }
};

/// Runs `body(scratch, tree, key head)` for each of both on libtorch's threads, the longest trees first; a thread has one
/// scratch.
template <typename T, typename Scratch, typename Body>
void overTreesAndHeads(const std::vector<Tree>& trees, int64_t heads, Body&& body) {
  std::vector<const Tree*> order;
  for (const Tree& tree : trees) order.push_back(&tree);
  std::stable_sort(order.begin(), order.end(), [](auto a, auto b) { return a->tokens() > b->tokens(); });
  const int64_t total = static_cast<int64_t>(trees.size()) * heads;
  std::atomic<int64_t> next{0};
  at::parallel_for(0, std::min<int64_t>(at::get_num_threads(), total), 1, [&](int64_t, int64_t) {
    Scratch scratch;
    for (int64_t i = next++; i < total; i = next++) body(scratch, *order[i / heads], i % heads);
    at::native::cpublas::brgemm_release(inPairs<T>());
  });
}

template <typename T>
struct ForwardScratch {
  std::vector<T> keys, values;  // tiles
  std::vector<T> q, weights;    // of a block, and of a tile of it
  std::vector<float> scores, mixed, sums;
};

template <typename T>
void attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const std::vector<Tree>& trees,
            float scale, at::Tensor& out, at::Tensor& logSumExp) {
  const HeadSizes sizes(query, key);
  float* logs = logSumExp.mutable_data_ptr<float>();
  overTreesAndHeads<T, ForwardScratch<T>>(trees, sizes.groups, [&](auto& s, const Tree& tree, int64_t keyHead) {
    const auto queries = sizes.queries(query.const_data_ptr<T>(), keyHead);
    const auto keys = sizes.keys(key.const_data_ptr<T>(), keyHead);
    const int64_t width = keys.width(), tileSize = width * kTileKeys, group = queries.count;
    layColumns(s.keys, tree, keys);
    layRows(s.values, tree, sizes.keys(value.const_data_ptr<T>(), keyHead));
    overBlocks(tree, blockTokens(group), [&](const Block& block) {
      const BlockRows rows{block, group};
      const int64_t cells = rows.padded() * kTileKeys;
      takeRows(s.q, rows, queries, width);
      s.scores.resize(block.tiles() * cells);
      for (int64_t i = 0; i < block.tiles(); ++i)
        multiply(rows.padded(), kTileKeys, width, s.q.data(), s.keys.data() + block.tile(i) * tileSize,
                 s.scores.data() + i * cells);
      s.sums.resize(rows.padded());
      for (int64_t row = 0; row < rows.count(); ++row) {
        const float largest = largestSeen(s.scores.data(), rows, row, scale);
        s.sums[row] = exponentials(s.scores.data(), rows, row, scale, largest);
        logs[(block.begin() + row / group) * sizes.heads + keyHead * group + row % group] =
            largest + std::log(s.sums[row]);
      }
      s.weights.resize(cells);
      s.mixed.resize(rows.padded() * width);
      for (int64_t i = 0; i < block.tiles(); ++i)
        multiply(rows.padded(), width, kTileKeys, asLeft(s.scores.data() + i * cells, s.weights.data(), cells),
                 s.values.data() + block.tile(i) * tileSize, s.mixed.data(), i > 0);
      putRows(s.mixed, rows, sizes.queries(out.mutable_data_ptr<T>(), keyHead), width,
              [&](int64_t row) { return 1.0f / s.sums[row]; });
    });
  });
}

template <typename T>
struct BackwardScratch {
  std::vector<T> keyColumns, valueColumns, keyRows;  // tiles
  std::vector<T> q, d, qTurned, dTurned;             // of a block
  std::vector<T> right, left;                        // of a tile of it
  std::vector<float> weights, slopes, dq, dk, dv, means, logs;
};

/// With P the probabilities: dV = P^T dO, dS = P * (dO V^T - rowsum(dO * O)), dQ = scale dS K, dK = scale dS^T Q. Gradients
/// of keys and values are gathered as their transposes, so that P and dS, which come row by row, stand to the right.
template <typename T>
void attendBackward(const variable_list& saved, const at::Tensor& upstream, const std::vector<Tree>& trees, float scale,
                    at::Tensor& queryGradient, at::Tensor& keyGradient, at::Tensor& valueGradient) {
  const at::Tensor &query = saved[0], &key = saved[1], &value = saved[2], &out = saved[3];
  const float* logs = saved[4].const_data_ptr<float>();
  const HeadSizes sizes(query, key);
  overTreesAndHeads<T, BackwardScratch<T>>(trees, sizes.groups, [&](auto& s, const Tree& tree, int64_t keyHead) {
    const auto queries = sizes.queries(query.const_data_ptr<T>(), keyHead);
    const auto upstreams = sizes.queries(upstream.const_data_ptr<T>(), keyHead);
    const auto outputs = sizes.queries(out.const_data_ptr<T>(), keyHead);
    const auto keys = sizes.keys(key.const_data_ptr<T>(), keyHead);
    const int64_t width = keys.width(), tileSize = width * kTileKeys, group = queries.count;
    layColumns(s.keyColumns, tree, keys);
    layRows(s.keyRows, tree, keys);
    layColumns(s.valueColumns, tree, sizes.keys(value.const_data_ptr<T>(), keyHead));
    s.dk.assign(tree.tiles() * tileSize, 0.0f);
    s.dv.assign(tree.tiles() * tileSize, 0.0f);
    overBlocks(tree, blockTokens(group), [&](const Block& block) {
      const BlockRows rows{block, group};
      const int64_t count = rows.padded(), cells = count * kTileKeys;
      takeRows(s.q, rows, queries, width);
      takeRows(s.d, rows, upstreams, width);
      transpose(s.qTurned, s.q, width);
      transpose(s.dTurned, s.d, width);
      s.means.assign(count, 0.0f);
      s.logs.assign(count, 0.0f);
      for (int64_t row = 0; row < rows.count(); ++row) {
        s.means[row] = dot(outputs.row(block.begin(), row), upstreams.row(block.begin(), row), sizes.size);
        s.logs[row] = logs[(block.begin() + row / group) * sizes.heads + keyHead * group + row % group];
      }
      s.weights.resize(cells);
      s.slopes.resize(cells);
      s.right.resize(cells);
      s.left.resize(cells);
      s.dq.resize(count * width);
      for (int64_t i = 0; i < block.tiles(); ++i) {
        const int64_t tile = block.tile(i) * tileSize;
        multiply(count, kTileKeys, width, s.q.data(), s.keyColumns.data() + tile, s.weights.data());
        multiply(count, kTileKeys, width, s.d.data(), s.valueColumns.data() + tile, s.slopes.data());
        slopesOf(s.weights.data(), s.slopes.data(), rows, i, scale, s.logs.data(), s.means.data());
        multiply(width, kTileKeys, count, s.dTurned.data(),
                 asRight(s.weights.data(), s.right.data(), count, kTileKeys), s.dv.data() + tile, true);
        multiply(width, kTileKeys, count, s.qTurned.data(),
                 asRight(s.slopes.data(), s.right.data(), count, kTileKeys), s.dk.data() + tile, true);
        multiply(count, width, kTileKeys, asLeft(s.slopes.data(), s.left.data(), cells), s.keyRows.data() + tile,
                 s.dq.data(), i > 0);
      }
      putRows(s.dq, rows, sizes.queries(queryGradient.mutable_data_ptr<T>(), keyHead), width,
              [](int64_t) { return 1.0f; });
    });
    putTiles(s.dk, tree, sizes.keys(keyGradient.mutable_data_ptr<T>(), keyHead));
    putTiles(s.dv, tree, sizes.keys(valueGradient.mutable_data_ptr<T>(), keyHead));
  });
}

struct ForestAttention : torch::autograd::Function<ForestAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value, const at::Tensor& layout, double scale) {
    const int64_t tokens = query.size(0);
    at::Tensor out = at::zeros(query.sizes(), query.options());
    at::Tensor logSumExp = at::zeros({tokens, query.size(1)}, query.options().dtype(at::kFloat));
    const std::vector<Tree> trees = readLayout(layout, tokens);
    overFloats(query.scalar_type(), [&](auto zero) {
      attend<decltype(zero)>(query, key, value, trees, static_cast<float>(scale), out, logSumExp);
    });
    context->save_for_backward({query, key, value, out, logSumExp, layout});
    context->saved_data["scale"] = scale;
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &query = saved[0], &key = saved[1], &value = saved[2];
    const at::Tensor upstream = gradients[0].contiguous();
    const auto scale = static_cast<float>(context->saved_data["scale"].toDouble());
    const std::vector<Tree> trees = readLayout(saved[5], query.size(0));
    at::Tensor queryGradient = at::zeros(query.sizes(), query.options());
    at::Tensor keyGradient = at::zeros(key.sizes(), query.options());
    at::Tensor valueGradient = at::zeros(value.sizes(), query.options());
    overFloats(query.scalar_type(), [&](auto zero) {
      attendBackward<decltype(zero)>(saved, upstream, trees, scale, queryGradient, keyGradient, valueGradient);
    });
    return {queryGradient, keyGradient, valueGradient, {}, {}};
  }
};

/// query [N, H, K], key and value [N, G, K] with G dividing H, layout as `readLayout` says -> [N, H, K].
at::Tensor forestAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const at::Tensor& layout, double scale) {
  TORCH_CHECK(query.dim() == 3 && key.dim() == 3 && key.sizes() == value.sizes() && query.size(0) == key.size(0) &&
                  query.size(2) == key.size(2) && key.size(1) > 0 && query.size(1) % key.size(1) == 0,
              "query is ", query.sizes(), ", key ", key.sizes(), ", value ", value.sizes(),
              ": [N, H, K] and twice [N, G, K] with G dividing H are needed");
  requireFloats({query, key, value});
  return ForestAttention::apply(query.contiguous(), key.contiguous(), value.contiguous(), layout, scale);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def("forest_attention(Tensor query, Tensor key, Tensor value, Tensor trees, float scale) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("forest_attention", &forestAttention); }

}  // namespace orpo

// orpo::linears: several linear layers that read the same rows, each with a low-rank update or none (LoRA, arXiv 2106.09685):
//
//   y_i = x W_i^T + b_i + s_i drop_i(x) A_i^T B_i^T
//
// The backward pass is written out, so that what the layers share is done once. With D_i = s_i dY_i B_i:
//
//   dx = sum_i dY_i W_i + sum_i drop_i(D_i A_i),  dA_i = D_i^T drop_i(x),  dB_i = s_i dY_i^T (drop_i(x) A_i^T)
//
// All of dx is summed inside the products, the low-rank products of all layers are one each, no gradient is made of a
// weight that is not trained, and of the updates only drop_i(x) A_i^T [N, R] is kept beside x, or beside what x is made of.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

#include "dropout.h"
#include "recipe.h"

namespace orpo {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

enum Part : size_t { kWeight, kBias, kDown, kUp, kPerLayer };

/// A layer's tensors, in the order in which they are handed over; what it lacks is undefined.
struct Layer {
  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out]
  at::Tensor down;    // [r, in]
  at::Tensor up;      // [out, r]
  double scale;
  int64_t stream;  // of its dropout

  int64_t rank() const { return down.defined() ? down.size(0) : 0; }

  /// Whether any of its tensors is trained.
  bool learns() const {
    const auto trained = [](const at::Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); };
    return trained(weight) || trained(bias) || trained(down) || trained(up);
  }
};

/// Where the layers' tensors stand in a list that leaves out those they lack.
struct Places {
  std::vector<int64_t> at;  // of each part of each layer in turn; -1: there is none

  /// Of all, with the input.
  size_t tensors() const { return 1 + at.size() - static_cast<size_t>(std::count(at.begin(), at.end(), -1)); }
  size_t layers() const { return at.size() / kPerLayer; }
  int64_t of(size_t layer, Part part) const { return at[layer * kPerLayer + part]; }
};

std::vector<Layer> readLayers(at::TensorList tensors, const Places& places, at::ArrayRef<double> scales,
                              at::IntArrayRef streams) {
  std::vector<Layer> layers;
  for (size_t i = 0; i < places.layers(); ++i) {
    const auto part = [&](Part which) {
      const int64_t place = places.of(i, which);
      return place < 0 ? at::Tensor() : tensors[place];
    };
    layers.push_back({part(kWeight), part(kBias), part(kDown), part(kUp), scales[i], streams[i]});
  }
  return layers;
}

/// The layers that bear an update, each with the columns of [N, R] that are its own.
struct Updates {
  std::vector<std::pair<size_t, int64_t>> begins;  // index of the layer, first column
  int64_t rank = 0;                                // of all together

  explicit Updates(const std::vector<Layer>& layers) {
    for (size_t i = 0; i < layers.size(); ++i) {
      if (layers[i].rank() == 0) continue;
      begins.emplace_back(i, rank);
      rank += layers[i].rank();
    }
  }

  /// All A_i below one another [R, in].
  at::Tensor downs(const std::vector<Layer>& layers) const {
    if (begins.size() == 1) return layers[begins[0].first].down;
    std::vector<at::Tensor> all;
    for (const auto& [layer, begin] : begins) all.push_back(layers[layer].down);
    return at::cat(all);
  }
};

struct Linears : torch::autograd::Function<Linears> {
  /// `tensors` begin with the input; `places` count from it.
  static variable_list forward(AutogradContext* context, at::TensorList tensors, const Places& places,
                               const std::vector<double>& scales, const std::vector<int64_t>& streams,
                               const Dropout& dropout) {
    const at::Tensor& x = tensors[0];
    const auto layers = readLayers(tensors, places, scales, streams);
    const Updates updates(layers);
    at::Tensor low = lowRanks(x, layers, updates, dropout);
    variable_list outputs;
    bool trainsWeight = false;
    for (const Layer& layer : layers) {
      const auto bias = layer.bias.defined() ? std::optional<at::Tensor>(layer.bias) : std::nullopt;
      outputs.push_back(at::linear(x, layer.weight, bias));
      trainsWeight = trainsWeight || layer.weight.requires_grad();
    }
    for (const auto& [i, begin] : updates.begins)
      outputs[i].addmm_(low.narrow(1, begin, layers[i].rank()), layers[i].up.t(), 1, scales[i]);
    variable_list fixed;
    for (size_t i = 0; i < layers.size(); ++i)
      if (!x.requires_grad() && !layers[i].learns()) fixed.push_back(outputs[i]);
    context->mark_non_differentiable(fixed);
    context->set_materialize_grads(false);
    variable_list saved = tensors.vec();
    const Recipe recipe = trainsWeight || low.defined() ? Recipe::of(x) : Recipe{};
    saved[0] = at::Tensor();
    saved.push_back(low);
    for (const at::Tensor& part : recipe.parts) saved.push_back(part.detach());
    context->save_for_backward(std::move(saved));
    context->saved_data["recipe"] = static_cast<int64_t>(recipe.kind);
    context->saved_data["flag"] = recipe.flag;
    context->saved_data["places"] = places.at;
    context->saved_data["scales"] = scales;
    context->saved_data["streams"] = streams;
    context->saved_data["rate"] = dropout.rate;
    context->saved_data["seed"] = dropout.seed;
    return outputs;
  }

  /// drop_i(x) A_i^T of all updates side by side [N, R]; undefined when there is none.
  static at::Tensor lowRanks(const at::Tensor& x, const std::vector<Layer>& layers, const Updates& updates,
                             const Dropout& dropout) {
    if (updates.rank == 0) return {};
    if (!dropout.active()) return at::mm(x, updates.downs(layers).t());
    at::Tensor low = at::empty({x.size(0), updates.rank}, x.options());
    for (const auto& [i, begin] : updates.begins) {
      const Layer& layer = layers[i];
      low.narrow(1, begin, layer.rank()).copy_(at::mm(dropped(x, dropout, layer.stream), layer.down.t()));
    }
    return low;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Places places{context->saved_data["places"].toIntVector()};
    const auto scales = context->saved_data["scales"].toDoubleVector();
    const auto streams = context->saved_data["streams"].toIntVector();
    const Dropout dropout{context->saved_data["rate"].toDouble(), context->saved_data["seed"].toInt()};
    const auto layers = readLayers(saved, places, scales, streams);
    const Updates updates(layers);
    const size_t inputs = places.tensors();
    const at::Tensor& low = saved[inputs];
    const Recipe recipe{static_cast<Recipe::Kind>(context->saved_data["recipe"].toInt()),
                        {saved.begin() + static_cast<int64_t>(inputs) + 1, saved.end()},
                        context->saved_data["flag"].toBool()};
    const at::Tensor x = recipe.parts.empty() ? at::Tensor() : recipe.make();
    variable_list results(inputs + 4);
    at::Tensor& dx = results[0];
    const bool wantsInput = context->needs_input_grad(size_t{0});
    const auto wanted = [&](size_t layer, Part part) {
      const int64_t place = places.of(layer, part);
      return place >= 0 && context->needs_input_grad(static_cast<size_t>(place));
    };
    const auto result = [&](size_t layer, Part part) -> at::Tensor& { return results[places.of(layer, part)]; };
    const auto add = [&](const at::Tensor& left, const at::Tensor& right) {
      if (dx.defined()) dx.addmm_(left, right);
      else dx = at::mm(left, right);
    };

    for (size_t i = 0; i < layers.size(); ++i) {
      const at::Tensor& dy = gradients[i];
      if (!dy.defined()) continue;
      if (wantsInput) add(dy, layers[i].weight);
      if (wanted(i, kWeight)) result(i, kWeight) = at::mm(dy.t(), x);
      if (wanted(i, kBias)) result(i, kBias) = dy.sum(0);
    }
    if (updates.rank == 0) return results;

    at::Tensor pulls = at::empty({low.size(0), updates.rank}, low.options());
    for (const auto& [i, begin] : updates.begins) {
      const Layer& layer = layers[i];
      const at::Tensor& dy = gradients[i];
      at::Tensor pull = pulls.narrow(1, begin, layer.rank());
      if (!dy.defined()) {
        pull.zero_();
        continue;
      }
      at::addmm_out(pull, pull, dy, layer.up, 0, layer.scale);
      if (wanted(i, kUp))
        result(i, kUp) = at::mm(low.narrow(1, begin, layer.rank()).t(), dy).mul_(layer.scale).t().contiguous();
    }
    if (!dropout.active()) {
      if (wantsInput) add(pulls, updates.downs(layers));
      const at::Tensor downs = at::mm(pulls.t(), x);
      for (const auto& [i, begin] : updates.begins)
        if (wanted(i, kDown)) result(i, kDown) = downs.narrow(0, begin, layers[i].rank());
      return results;
    }
    for (const auto& [i, begin] : updates.begins) {
      const Layer& layer = layers[i];
      const at::Tensor pull = pulls.narrow(1, begin, layer.rank());
      if (wantsInput) addDropped(dx, at::mm(pull, layer.down), dropout, layer.stream);
      if (wanted(i, kDown)) result(i, kDown) = at::mm(pull.t(), dropped(x, dropout, layer.stream));
    }
    return results;
  }
};

/// input [N, in]; of each layer in turn weight [out, in], bias [out], down [r, in], up [out, r], the last three or the last
/// two of which may be missing -> [N, out] of each. `streams` tells the masks of layers under one seed apart.
std::vector<at::Tensor> linears(const at::Tensor& input, const c10::List<std::optional<at::Tensor>>& parts,
                                at::ArrayRef<double> scales, double dropout, int64_t seed, at::IntArrayRef streams) {
  TORCH_CHECK(!scales.empty() && scales.size() == streams.size() && parts.size() == scales.size() * kPerLayer,
              "of each layer four tensors, a scale and a stream are needed");
  TORCH_CHECK(dropout >= 0 && dropout < 1, "the dropout is ", dropout, ", not within [0, 1)");
  TORCH_CHECK(input.dim() == 2 && input.is_cpu() && input.is_floating_point(), "the input must be [N, in] on the CPU");
  std::vector<at::Tensor> tensors{input.contiguous()};
  Places places;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::optional<at::Tensor> part = parts.get(i);
    places.at.push_back(part ? static_cast<int64_t>(tensors.size()) : -1);
    if (!part) continue;
    TORCH_CHECK(part->scalar_type() == input.scalar_type(), "the tensors must be of one dtype");
    tensors.push_back(*part);
  }
  for (const Layer& layer : readLayers(tensors, places, scales, streams)) {
    TORCH_CHECK(layer.weight.defined() && layer.weight.dim() == 2 && layer.weight.size(1) == input.size(1),
                "a weight must be [out, ", input.size(1), "]");
    TORCH_CHECK(layer.down.defined() == layer.up.defined(), "an update has two matrices");
    if (layer.down.defined())
      TORCH_CHECK(layer.down.dim() == 2 && layer.up.dim() == 2 && layer.down.size(1) == input.size(1) &&
                      layer.up.size(0) == layer.weight.size(0) && layer.up.size(1) == layer.down.size(0),
                  "down is ", layer.down.sizes(), ", up ", layer.up.sizes(), ", the weight ", layer.weight.sizes());
  }
  return Linears::apply(at::TensorList(tensors), places, scales.vec(), streams.vec(), Dropout{dropout, seed});
}

/// The factor on each element [rows, columns] float32, for what computes in plain operators.
at::Tensor dropoutMask(int64_t rows, int64_t columns, double dropout, int64_t seed, int64_t stream) {
  TORCH_CHECK(dropout >= 0 && dropout < 1, "the dropout is ", dropout, ", not within [0, 1)");
  return dropped(at::ones({rows, columns}), Dropout{dropout, seed}, stream);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def(
      "linears(Tensor input, Tensor?[] parts, float[] scales, float dropout, int seed, int[] streams) -> Tensor[]");
  library.def("dropout_mask(int rows, int columns, float dropout, int seed, int stream) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) {
  library.impl("linears", &linears);
  library.impl("dropout_mask", &dropoutMask);
}

}  // namespace orpo

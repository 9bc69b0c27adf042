// Gradients by libtorch's own engine.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "errors.h"
#include "exports.h"
#include "handle.h"
#include "value.h"

namespace orpo {

namespace {

std::vector<at::Tensor> readTensors(napi_env env, napi_value value, const char* what) {
  const Argument argument{what, Kind::TensorList, false, std::nullopt};
  return toIValue(env, value, argument).toTensorVector();
}

bool isNothing(napi_env env, napi_value value) {
  napi_valuetype type;
  check(napi_typeof(env, value, &type), "unreadable argument");
  return type == napi_undefined || type == napi_null;
}

/// backward(outputs, outputGradients?) accumulates into `.grad` of every leaf.
napi_value backward(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<2> arguments(env, info);
    const auto outputs = readTensors(env, arguments[0], "outputs");
    std::vector<at::Tensor> gradients;
    if (!isNothing(env, arguments[1])) gradients = readTensors(env, arguments[1], "outputGradients");
    torch::autograd::backward(outputs, gradients);
    return undefined(env);
  });
}

/// grad(outputs, inputs, outputGradients?) -> one gradient an input, null where none flows.
napi_value grad(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<3> arguments(env, info);
    const auto outputs = readTensors(env, arguments[0], "outputs");
    const auto inputs = readTensors(env, arguments[1], "inputs");
    std::vector<at::Tensor> gradients;
    if (!isNothing(env, arguments[2])) gradients = readTensors(env, arguments[2], "outputGradients");
    const auto results = torch::autograd::grad(outputs, inputs, gradients, std::nullopt, false, true);
    napi_value array = nullptr;
    check(napi_create_array_with_length(env, results.size(), &array), "cannot make an array");
    for (size_t i = 0; i < results.size(); ++i)
      check(napi_set_element(env, array, static_cast<uint32_t>(i), fromIValue(env, results[i])), "cannot fill an array");
    return array;
  });
}

/// gradMode(enabled) -> what it was before.
napi_value gradMode(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    bool enabled = false;
    check(napi_get_value_bool(env, arguments[0], &enabled), "enabled must be a boolean");
    const bool before = at::GradMode::is_enabled();
    at::GradMode::set_enabled(enabled);
    return makeBool(env, before);
  });
}

napi_value requiresGrad(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    return makeBool(env, unwrapTensor(env, arguments[0]).requires_grad());
  });
}

napi_value setRequiresGrad(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<2> arguments(env, info);
    bool required = false;
    check(napi_get_value_bool(env, arguments[1], &required), "required must be a boolean");
    unwrapTensor(env, arguments[0]).set_requires_grad(required);
    return undefined(env);
  });
}

/// gradOf(leaf) -> its accumulated gradient, or null.
napi_value gradOf(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    return fromIValue(env, unwrapTensor(env, arguments[0]).grad());
  });
}

napi_value clearGrad(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    unwrapTensor(env, arguments[0]).mutable_grad() = at::Tensor();
    return undefined(env);
  });
}

}  // namespace

std::span<const Export> autogradExports() {
  static const Export list[] = {{"backward", backward},         {"grad", grad},
                                {"gradMode", gradMode},         {"requiresGrad", requiresGrad},
                                {"setRequiresGrad", setRequiresGrad}, {"gradOf", gradOf},
                                {"clearGrad", clearGrad}};
  return list;
}

}  // namespace orpo

// Random generators with a seed and a state that can be saved.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>

#include "errors.h"
#include "exports.h"
#include "handle.h"
#include "value.h"

namespace orpo {

namespace {

napi_value makeGenerator(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    const int64_t seed = readInt(env, arguments[0], "seed");
    return wrap(env, at::detail::createCPUGenerator(static_cast<uint64_t>(seed)));
  });
}

/// generatorState(generator) -> uint8 tensor.
napi_value generatorState(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    at::Generator generator = unwrapGenerator(env, arguments[0]);
    const std::lock_guard lock(generator.mutex());
    return wrap(env, generator.get_state());
  });
}

napi_value setGeneratorState(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<2> arguments(env, info);
    at::Generator generator = unwrapGenerator(env, arguments[0]);
    const std::lock_guard lock(generator.mutex());
    generator.set_state(unwrapTensor(env, arguments[1]));
    return undefined(env);
  });
}

}  // namespace

std::span<const Export> generatorExports() {
  static const Export list[] = {{"makeGenerator", makeGenerator},
                                {"generatorState", generatorState},
                                {"setGeneratorState", setGeneratorState}};
  return list;
}

}  // namespace orpo

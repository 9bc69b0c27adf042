// What a handle tells of its tensor.
#include <ATen/core/Tensor.h>

#include "errors.h"
#include "exports.h"
#include "handle.h"
#include "value.h"

namespace orpo {

namespace {

/// A property getter: unwraps the first argument and hands it to `read`.
template <auto read>
napi_value property(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    return read(env, unwrapTensor(env, arguments[0]));
  });
}

napi_value shape(napi_env env, const at::Tensor& tensor) { return makeInts(env, tensor.sizes()); }

napi_value dtype(napi_env env, const at::Tensor& tensor) {
  return makeNumber(env, static_cast<double>(tensor.scalar_type()));
}

napi_value device(napi_env env, const at::Tensor& tensor) { return makeString(env, tensor.device().str()); }

napi_value item(napi_env env, const at::Tensor& tensor) { return makeNumber(env, tensor.item().toDouble()); }

napi_value disposeHandle(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    dispose(env, arguments[0]);
    return undefined(env);
  });
}

/// guardian(tensor) -> an external that frees it when collected, or null when it has a finalizer.
napi_value guardianOf(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    return guardian(env, arguments[0]);
  });
}

/// scoped(open): whether tensors made from now on belong to a scope.
napi_value scoped(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    bool open = false;
    check(napi_get_value_bool(env, arguments[0], &open), "open must be a boolean");
    return makeBool(env, setScoped(open));
  });
}

}  // namespace

std::span<const Export> tensorExports() {
  static const Export list[] = {{"shape", property<shape>},
                                {"dtype", property<dtype>},
                                {"device", property<device>},
                                {"item", property<item>},
                                {"dispose", disposeHandle},
                                {"guardian", guardianOf},
                                {"scoped", scoped}};
  return list;
}

}  // namespace orpo

#include "allocator.h"
#include "exports.h"

namespace orpo {

namespace {

napi_value initialise(napi_env env, napi_value exports) {
  static const bool once = [] {
    installAllocator();
    return true;
  }();
  static_cast<void>(once);
  for (const auto& list : {dispatchExports(), autogradExports(), tensorExports(), storageExports(), generatorExports(),
                           runtimeExports(), profileExports()}) {
    for (const Export& entry : list) {
      napi_value function = nullptr;
      if (napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.callback, nullptr, &function) != napi_ok ||
          napi_set_named_property(env, exports, entry.name, function) != napi_ok)
        return nullptr;
    }
  }
  return exports;
}

}  // namespace

}  // namespace orpo

NAPI_MODULE_INIT() { return orpo::initialise(env, exports); }

// The functions each file gives to JavaScript; addon.cc collects them.
#pragma once
#include <span>

#include "node.h"

namespace orpo {

struct Export {
  const char* name;
  napi_callback callback;
};

std::span<const Export> dispatchExports();
std::span<const Export> autogradExports();
std::span<const Export> tensorExports();
std::span<const Export> storageExports();
std::span<const Export> generatorExports();
std::span<const Export> runtimeExports();
std::span<const Export> profileExports();

/// The arguments of one call; missing ones read as undefined.
template <size_t N>
struct CallArguments {
  napi_value values[N];
  size_t count = N;
  CallArguments(napi_env env, napi_callback_info info) {
    if (napi_get_cb_info(env, info, &count, values, nullptr, nullptr) != napi_ok) count = 0;
  }
  napi_value operator[](size_t index) const { return values[index]; }
};

inline napi_value undefined(napi_env env) {
  napi_value value = nullptr;
  napi_get_undefined(env, &value);
  return value;
}

}  // namespace orpo

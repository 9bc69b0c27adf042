// Loads the addon, and libtorch with it, on a thread of its own: a tenth of a second in which JavaScript reads a model's other
// files. A library apart, since it is there before libtorch.
#include <dlfcn.h>
#include <node_api.h>

#include <mutex>
#include <string>
#include <thread>

namespace {

/// Workers of Node share it.
struct Loading {
  std::mutex mutex;
  std::thread thread;
};

Loading& loading() {
  static auto* one = new Loading;  // outlives a process that ends without waiting
  return *one;
}

std::string readPath(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return {};
  std::string path(length, '\0');
  napi_get_value_string_utf8(env, value, path.data(), length + 1, &length);
  return path;
}

/// preload(path). What goes wrong is said when the addon is asked for.
napi_value preload(napi_env env, napi_callback_info info) {
  napi_value path = nullptr;
  size_t count = 1;
  const std::lock_guard lock(loading().mutex);
  if (loading().thread.joinable() || napi_get_cb_info(env, info, &count, &path, nullptr, nullptr) != napi_ok || count < 1)
    return nullptr;
  loading().thread = std::thread([path = readPath(env, path)] { dlopen(path.c_str(), RTLD_LAZY); });
  return nullptr;
}

/// settle(): returns when the addon is loaded.
napi_value settle(napi_env env, napi_callback_info info) {
  static_cast<void>(env), static_cast<void>(info);
  const std::lock_guard lock(loading().mutex);
  if (loading().thread.joinable()) loading().thread.join();
  return nullptr;
}

bool offer(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) == napi_ok &&
         napi_set_named_property(env, exports, name, function) == napi_ok;
}

}  // namespace

NAPI_MODULE_INIT() {
  return offer(env, exports, "preload", preload) && offer(env, exports, "settle", settle) ? exports : nullptr;
}

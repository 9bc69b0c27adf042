// The process as a whole: threads, versions, memory, the CUDA library.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/version.h>
#include <unistd.h>

#include <cstdlib>

#include "allocator.h"
#include "errors.h"
#include "exports.h"
#include "ledger.h"
#include "value.h"

namespace orpo {

namespace {

napi_value versions(napi_env env, napi_callback_info info) {
  static_cast<void>(info);
  return guarded(env, [&] {
    napi_value object = nullptr;
    check(napi_create_object(env, &object), "cannot make an object");
    setProperty(env, object, "torch", makeString(env, TORCH_VERSION));
    setProperty(env, object, "capability", makeString(env, at::get_cpu_capability()));
    setProperty(env, object, "build", makeString(env, at::show_config()));
    setProperty(env, object, "cuda", makeBool(env, at::globalContext().hasCUDA()));
    return object;
  });
}

napi_value memory(napi_env env, napi_callback_info info) {
  static_cast<void>(info);
  return guarded(env, [&] {
    const AllocatorStatus status = allocatorStatus();
    napi_value object = nullptr;
    check(napi_create_object(env, &object), "cannot make an object");
    setProperty(env, object, "handles", makeNumber(env, static_cast<double>(ledger().handles.load())));
    setProperty(env, object, "bytes", makeNumber(env, static_cast<double>(status.liveBytes)));
    setProperty(env, object, "blocks", makeNumber(env, static_cast<double>(status.blocks)));
    setProperty(env, object, "peakBytes", makeNumber(env, static_cast<double>(status.peakBytes)));
    setProperty(env, object, "cachedBytes", makeNumber(env, static_cast<double>(status.cachedBytes)));
    return object;
  });
}

napi_value resetPeakBytes(napi_env env, napi_callback_info info) {
  static_cast<void>(info);
  return guarded(env, [&] {
    resetPeak();
    return undefined(env);
  });
}

napi_value emptyCaches(napi_env env, napi_callback_info info) {
  static_cast<void>(info);
  return guarded(env, [&] {
    emptyCache();
    return undefined(env);
  });
}

/// endAtOnce(): the process ends without libtorch's destructors. Registered after them, the handler is called before.
napi_value endAtOnce(napi_env env, napi_callback_info info) {
  static_cast<void>(info);
#ifdef __GLIBC__
  on_exit([](int status, void*) { _exit(status); }, nullptr);
#endif
  return undefined(env);
}

napi_value threads(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    napi_valuetype type;
    check(napi_typeof(env, arguments[0], &type), "unreadable argument");
    if (type != napi_undefined) {
      const int64_t count = readInt(env, arguments[0], "threads");
      if (count < 1 || count > 1024) throw Misuse("threads must lie between 1 and 1024");
      at::set_num_threads(static_cast<int>(count));
    }
    return makeNumber(env, at::get_num_threads());
  });
}

/// loadCuda(path): registers the CUDA kernels of the library at `path`; says whether a GPU can be used now.
napi_value loadCuda(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    const std::string path = readString(env, arguments[0], "path");
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
      const char* reason = dlerror();
      throw Misuse("cannot load " + path + ": " + (reason == nullptr ? "unknown reason" : reason));
    }
    return makeBool(env, at::globalContext().hasCUDA());
  });
}

}  // namespace

std::span<const Export> runtimeExports() {
  static const Export list[] = {{"versions", versions}, {"memory", memory},
                                {"resetPeak", resetPeakBytes}, {"emptyCache", emptyCaches},
                                {"threads", threads}, {"loadCuda", loadCuda},
                                {"endAtOnce", endAtOnce}};
  return list;
}

}  // namespace orpo

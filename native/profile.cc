// Profiles for JavaScript: libtorch tells a recorder of each operator while one is on; while none is, nothing is asked.
#include <cstring>
#include <memory>
#include <optional>

#include "errors.h"
#include "exports.h"
#include "recorder.h"
#include "value.h"

namespace orpo {

namespace {

struct Profile {
  Recorder recorder;
  at::CallbackHandle forward, backward;
};

std::unique_ptr<Profile>& running() {
  static std::unique_ptr<Profile> profile;
  return profile;
}

std::unique_ptr<at::ObserverContext> onStart(const at::RecordFunction& function) {
  if (running()) running()->recorder.openOperator(function);
  return nullptr;
}

void onEnd(const at::RecordFunction& function, at::ObserverContext*) {
  if (running()) running()->recorder.closeOperator(function);
}

/// profileStart(capacity): capacity is the number of events kept for the trace.
napi_value profileStart(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    const int64_t capacity = readInt(env, arguments[0], "capacity");
    if (capacity < 0) throw Misuse("the capacity of a trace is negative");
    if (running()) throw Misuse("a profile is being taken already");
    auto profile = std::make_unique<Profile>(Profile{Recorder(static_cast<size_t>(capacity)), 0, 0});
    // callbacks of this thread alone: what a kernel does on other threads is inside its own time. The backward pass runs
    // on the thread that asks for it; its nodes are not asked for inputs, since holding gradients would have them copied
    profile->forward = at::addThreadLocalCallback(at::RecordFunctionCallback(onStart, onEnd)
                                                      .needsInputs(true)
                                                      .needsOutputs(true)
                                                      .scopes({at::RecordScope::FUNCTION}));
    profile->backward = at::addThreadLocalCallback(
        at::RecordFunctionCallback(onStart, onEnd).scopes({at::RecordScope::BACKWARD_FUNCTION}));
    running() = std::move(profile);
    return undefined(env);
  });
}

/// profileOpen(name) -> depth, for profileClose.
napi_value profileOpen(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    if (!running()) return makeNumber(env, 0);
    return makeNumber(env, static_cast<double>(running()->recorder.openSpan(readString(env, arguments[0], "name"))));
  });
}

napi_value profileClose(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    const int64_t depth = readInt(env, arguments[0], "depth");
    if (running() && depth >= 0) running()->recorder.closeSpan(static_cast<size_t>(depth));
    return undefined(env);
  });
}

/// Rows of numbers as the bytes of a Float64Array.
template <typename Rows, typename Write>
napi_value table(napi_env env, const Rows& rows, size_t columns, Write&& write) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  check(napi_create_arraybuffer(env, rows.size() * columns * sizeof(double), &data, &buffer), "cannot make a buffer");
  double* next = static_cast<double*>(data);
  for (const auto& row : rows) {
    write(next, row);
    next += columns;
  }
  return buffer;
}

void writeKey(double* to, const EventKey& key) {
  to[0] = key.phase;
  to[1] = key.floor;
  to[2] = key.name;
  to[3] = static_cast<double>(static_cast<uint8_t>(key.kind));
  to[4] = key.backward ? 1 : 0;
}

/// profileStop() -> { names, totals, trace, untraced, elapsed }: rows of key, calls, own, all, flops, bytes; and of key,
/// begin, length, flops, bytes.
napi_value profileStop(napi_env env, napi_callback_info info) {
  static_cast<void>(info);
  return guarded(env, [&] {
    if (!running()) throw Misuse("no profile is being taken");
    const std::unique_ptr<Profile> profile = std::move(running());
    at::removeCallback(profile->forward);
    at::removeCallback(profile->backward);
    Recorder& recorder = profile->recorder;
    recorder.closeSpan(0);
    napi_value object = nullptr, names = nullptr;
    check(napi_create_object(env, &object), "cannot make an object");
    check(napi_create_array_with_length(env, recorder.names.size(), &names), "cannot make an array");
    for (size_t i = 0; i < recorder.names.size(); ++i)
      check(napi_set_element(env, names, static_cast<uint32_t>(i), makeString(env, recorder.names[i])),
            "cannot fill an array");
    setProperty(env, object, "names", names);
    setProperty(env, object, "totals", table(env, recorder.totals, 10, [](double* to, const auto& entry) {
          writeKey(to, entry.first);
          const EventTotals& sums = entry.second;
          to[5] = sums.calls, to[6] = sums.own, to[7] = sums.all, to[8] = sums.flops, to[9] = sums.bytes;
        }));
    setProperty(env, object, "trace", table(env, recorder.trace, 9, [](double* to, const TracedEvent& event) {
          writeKey(to, event.key);
          to[5] = static_cast<double>(event.begin), to[6] = static_cast<double>(event.length);
          to[7] = event.flops, to[8] = event.bytes;
        }));
    setProperty(env, object, "untraced", makeNumber(env, static_cast<double>(recorder.untraced)));
    setProperty(env, object, "elapsed", makeNumber(env, static_cast<double>(recorder.elapsed())));
    return object;
  });
}

}  // namespace

std::span<const Export> profileExports() {
  static const Export list[] = {{"profileStart", profileStart},
                                {"profileOpen", profileOpen},
                                {"profileClose", profileClose},
                                {"profileStop", profileStop}};
  return list;
}

}  // namespace orpo

// How C++ failures become JavaScript exceptions: nothing thrown here may cross the Node-API border.
#pragma once
#include <c10/util/Exception.h>

#include <stdexcept>
#include <string>

#include "node.h"

namespace orpo {

/// Wrong use seen before an operator ran: a freed handle, an argument of the wrong type.
struct Misuse : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws when a Node-API call failed; such failures are wrong use too.
inline void check(napi_status status, const char* what) {
  if (status != napi_ok) throw Misuse(what);
}

inline napi_value throwError(napi_env env, const char* code, const std::string& message) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_error(env, code, message.c_str());
  return nullptr;
}

/// Runs `body`; any C++ exception is thrown in JavaScript instead, with a code that tells its kind.
template <typename Body>
napi_value guarded(napi_env env, Body&& body) {
  try {
    return body();
  } catch (const Misuse& error) {
    return throwError(env, "misuse", error.what());
  } catch (const c10::OutOfMemoryError& error) {
    return throwError(env, "memory", error.what_without_backtrace());
  } catch (const c10::Error& error) {
    return throwError(env, "torch", error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return throwError(env, "memory", "not enough memory");
  } catch (const std::exception& error) {
    return throwError(env, "torch", error.what());
  } catch (...) {
    return throwError(env, "torch", "unknown native failure");
  }
}

}  // namespace orpo

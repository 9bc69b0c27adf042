// What is alive, counted: handles held by JavaScript and the bytes the garbage collector should know of.
#pragma once
#include <atomic>
#include <cstdint>

#include "node.h"

namespace orpo {

struct Ledger {
  std::atomic<int64_t> handles{0};
  std::atomic<int64_t> handleBytes{0};
  int64_t reportedBytes = 0;
};

Ledger& ledger();

/// Tells V8 of outside memory in steps of 32 MiB; called by operators, never by a finalizer.
void reportExternalMemory(napi_env env);

}  // namespace orpo

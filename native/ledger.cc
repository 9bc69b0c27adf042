#include "ledger.h"

namespace orpo {

Ledger& ledger() {
  static Ledger instance;
  return instance;
}

void reportExternalMemory(napi_env env) {
  constexpr int64_t step = int64_t{32} << 20;
  Ledger& books = ledger();
  const int64_t delta = books.handleBytes.load(std::memory_order_relaxed) - books.reportedBytes;
  if (delta < step && delta > -step) return;
  int64_t total = 0;
  if (napi_adjust_external_memory(env, delta, &total) == napi_ok) books.reportedBytes += delta;
}

}  // namespace orpo

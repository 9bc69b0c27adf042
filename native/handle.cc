#include "handle.h"

#include <deque>
#include <utility>
#include <vector>

#include "errors.h"
#include "ledger.h"
#include "mapped-file.h"

namespace orpo {

namespace {

/// Handles never cross threads: each thread that runs JavaScript has its own table.
struct Table {
  std::deque<Handle> slots;  // a deque: references stay valid while it grows
  std::vector<uint32_t> unused;
  bool scoped = false;
};

Table& table() {
  thread_local Table instance;
  return instance;
}

/// What an external holds in place of a pointer: the generation and the slot's number, counted from one.
void* nameOf(uint32_t slot, uint32_t generation) {
  return reinterpret_cast<void*>((static_cast<uint64_t>(generation) << 32) | (slot + 1));
}

/// The slot that `name` stands for; null when there is none or it has been freed since.
Handle* find(void* name, uint32_t* slot = nullptr) {
  const auto word = reinterpret_cast<uint64_t>(name);
  const auto index = static_cast<uint32_t>(word) - 1;  // no slot's number is 0, and 0 - 1 is beyond every table
  if (index >= table().slots.size()) return nullptr;
  Handle& handle = table().slots[index];
  if (handle.generation != static_cast<uint32_t>(word >> 32)) return nullptr;
  if (slot != nullptr) *slot = index;
  return &handle;
}

void release(void* name) {
  uint32_t slot = 0;
  Handle* handle = find(name, &slot);
  if (handle == nullptr) return;
  handle->tensor = at::Tensor();
  handle->generator = at::Generator();
  handle->file.reset();
  ++handle->generation;
  ledger().handles.fetch_sub(1, std::memory_order_relaxed);
  if (handle->counted) ledger().handleBytes.fetch_sub(handle->bytes, std::memory_order_relaxed);
  table().unused.push_back(slot);
}

void finalize(node_api_basic_env, void* name, void*) { release(name); }

/// Takes a slot, lets `fill` put an object into it, and makes the external that names it.
template <typename Fill>
napi_value own(napi_env env, bool finalized, int64_t bytes, Fill&& fill) {
  Table& all = table();
  if (all.unused.empty()) {
    all.slots.emplace_back();
    all.unused.push_back(static_cast<uint32_t>(all.slots.size() - 1));
  }
  const uint32_t slot = all.unused.back();
  Handle& handle = all.slots[slot];
  napi_value external = nullptr;
  check(napi_create_external(env, nameOf(slot, handle.generation), finalized ? finalize : nullptr, nullptr, &external),
        "cannot create a handle");
  all.unused.pop_back();
  fill(handle);
  handle.bytes = bytes;
  handle.counted = finalized;
  ledger().handles.fetch_add(1, std::memory_order_relaxed);
  if (finalized) ledger().handleBytes.fetch_add(bytes, std::memory_order_relaxed);
  return external;
}

/// What an external of any addon holds; null for other values.
void* nameIn(napi_env env, napi_value value) {
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external) return nullptr;
  void* name = nullptr;
  return napi_get_value_external(env, value, &name) == napi_ok ? name : nullptr;
}

}  // namespace

bool setScoped(bool scoped) { return std::exchange(table().scoped, scoped); }

napi_value wrap(napi_env env, at::Tensor tensor) {
  const auto bytes = static_cast<int64_t>(tensor.nbytes());
  return own(env, !table().scoped, bytes, [&](Handle& handle) { handle.tensor = std::move(tensor); });
}

napi_value wrap(napi_env env, at::Generator generator) {
  return own(env, true, 0, [&](Handle& handle) { handle.generator = std::move(generator); });
}

napi_value wrap(napi_env env, std::shared_ptr<MappedFile> file) {
  return own(env, true, 0, [&](Handle& handle) { handle.file = std::move(file); });
}

napi_value guardian(napi_env env, napi_value value) {
  napi_value result = nullptr;
  Handle* handle = tryUnwrap(env, value);
  if (handle == nullptr || handle->counted) {
    check(napi_get_null(env, &result), "cannot make null");
    return result;
  }
  check(napi_create_external(env, nameIn(env, value), finalize, nullptr, &result), "cannot create a handle");
  handle->counted = true;
  ledger().handleBytes.fetch_add(handle->bytes, std::memory_order_relaxed);
  return result;
}

Handle* tryUnwrap(napi_env env, napi_value value) {
  void* name = nameIn(env, value);
  if (name == nullptr) return nullptr;
  Handle* handle = find(name);
  if (handle == nullptr) throw Misuse("the tensor was freed before this use");
  return handle;
}

const at::Tensor& unwrapTensor(napi_env env, napi_value value) {
  Handle* handle = tryUnwrap(env, value);
  if (handle == nullptr || !handle->tensor.defined()) throw Misuse("expected a tensor");
  return handle->tensor;
}

const at::Generator& unwrapGenerator(napi_env env, napi_value value) {
  Handle* handle = tryUnwrap(env, value);
  if (handle == nullptr || !handle->generator.defined()) throw Misuse("expected a generator");
  return handle->generator;
}

const std::shared_ptr<MappedFile>& unwrapFile(napi_env env, napi_value value) {
  Handle* handle = tryUnwrap(env, value);
  if (handle == nullptr || !handle->file) throw Misuse("expected a mapped file");
  return handle->file;
}

void dispose(napi_env env, napi_value value) {
  if (void* name = nameIn(env, value)) release(name);
}

}  // namespace orpo

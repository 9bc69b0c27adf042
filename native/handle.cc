#include "handle.h"

#include "errors.h"
#include "ledger.h"
#include "mapped-file.h"

namespace orpo {

namespace {

void release(Handle& handle) {
  if (handle.disposed) return;
  handle.disposed = true;
  handle.tensor = at::Tensor();
  handle.generator = at::Generator();
  handle.file.reset();
  ledger().handles.fetch_sub(1, std::memory_order_relaxed);
  ledger().handleBytes.fetch_sub(handle.bytes, std::memory_order_relaxed);
}

void finalize(node_api_basic_env, void* data, void*) {
  auto* handle = static_cast<Handle*>(data);
  release(*handle);
  delete handle;
}

napi_value own(napi_env env, std::unique_ptr<Handle> handle) {
  napi_value external = nullptr;
  check(napi_create_external(env, handle.get(), finalize, nullptr, &external), "cannot create a handle");
  ledger().handles.fetch_add(1, std::memory_order_relaxed);
  ledger().handleBytes.fetch_add(handle->bytes, std::memory_order_relaxed);
  handle.release();
  return external;
}

Handle* raw(napi_env env, napi_value value) {
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external) return nullptr;
  void* data = nullptr;
  if (napi_get_value_external(env, value, &data) != napi_ok || data == nullptr) return nullptr;
  auto* handle = static_cast<Handle*>(data);
  return handle->magic == Handle::kMagic ? handle : nullptr;
}

}  // namespace

napi_value wrap(napi_env env, at::Tensor tensor) {
  auto handle = std::make_unique<Handle>();
  handle->bytes = static_cast<int64_t>(tensor.nbytes());
  handle->tensor = std::move(tensor);
  return own(env, std::move(handle));
}

napi_value wrap(napi_env env, at::Generator generator) {
  auto handle = std::make_unique<Handle>();
  handle->generator = std::move(generator);
  return own(env, std::move(handle));
}

napi_value wrap(napi_env env, std::shared_ptr<MappedFile> file) {
  auto handle = std::make_unique<Handle>();
  handle->file = std::move(file);
  return own(env, std::move(handle));
}

Handle* tryUnwrap(napi_env env, napi_value value) {
  Handle* handle = raw(env, value);
  if (handle != nullptr && handle->disposed) throw Misuse("the tensor was freed before this use");
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
  if (Handle* handle = raw(env, value)) release(*handle);
}

}  // namespace orpo

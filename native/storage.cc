// Bytes in and out: typed arrays, mapped files, copies back.
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstring>
#include <mutex>
#include <vector>

#include "errors.h"
#include "exports.h"
#include "handle.h"
#include "mapped-file.h"
#include "value.h"

namespace orpo {

namespace {

/// References whose tensors are gone. A tensor may die inside a garbage collection, where no reference can be
/// deleted, so the next call does it.
struct Orphans {
  std::mutex mutex;
  std::vector<napi_ref> references;
};

Orphans& orphans() {
  static Orphans instance;
  return instance;
}

void releaseOrphans(napi_env env) {
  std::vector<napi_ref> gone;
  {
    const std::lock_guard lock(orphans().mutex);
    gone.swap(orphans().references);
  }
  for (napi_ref reference : gone) napi_delete_reference(env, reference);
}

at::ScalarType readDtype(napi_env env, napi_value value) {
  const int64_t code = readInt(env, value, "dtype");
  if (code < 0 || code >= static_cast<int64_t>(at::ScalarType::NumOptions)) throw Misuse("unknown dtype");
  return static_cast<at::ScalarType>(code);
}

size_t byteLength(c10::IntArrayRef shape, at::ScalarType type) {
  size_t bytes = c10::elementSize(type);
  for (const int64_t size : shape) {
    if (size < 0) throw Misuse("a dimension is negative");
    if (__builtin_mul_overflow(bytes, static_cast<size_t>(size), &bytes)) throw Misuse("the shape is too large");
  }
  return bytes;
}

struct Bytes {
  std::byte* data;
  size_t size;
  napi_value buffer;
};

Bytes readBytes(napi_env env, napi_value value) {
  bool isTyped = false;
  check(napi_is_typedarray(env, value, &isTyped), "unreadable argument");
  if (!isTyped) throw Misuse("expected a typed array");
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  check(napi_get_typedarray_info(env, value, &type, &length, &data, &buffer, nullptr), "unreadable typed array");
  static const size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  if (static_cast<size_t>(type) >= std::size(sizes)) throw Misuse("unsupported typed array");
  return {static_cast<std::byte*>(data), length * sizes[type], buffer};
}

/// fromBytes(typedArray, shape, dtype, share): a copy, or a view that keeps the array's buffer alive.
napi_value fromBytes(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    releaseOrphans(env);
    const CallArguments<4> arguments(env, info);
    const Bytes bytes = readBytes(env, arguments[0]);
    const auto shape = readInts(env, arguments[1], "shape");
    const at::ScalarType type = readDtype(env, arguments[2]);
    bool share = false;
    check(napi_get_value_bool(env, arguments[3], &share), "share must be a boolean");
    if (byteLength(shape, type) != bytes.size)
      throw Misuse("the data holds " + std::to_string(bytes.size) + " bytes, the shape needs " +
                   std::to_string(byteLength(shape, type)));
    const auto address = reinterpret_cast<uintptr_t>(bytes.data);
    if (!share || bytes.size == 0 || address % c10::elementSize(type) != 0) {
      at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(type));
      if (bytes.size > 0) std::memcpy(tensor.mutable_data_ptr(), bytes.data, bytes.size);
      return wrap(env, std::move(tensor));
    }
    napi_ref reference = nullptr;
    check(napi_create_reference(env, bytes.buffer, 1, &reference), "cannot hold the buffer");
    const auto forget = [reference](void*) {
      const std::lock_guard lock(orphans().mutex);
      orphans().references.push_back(reference);
    };
    return wrap(env, at::from_blob(bytes.data, shape, forget, at::TensorOptions().dtype(type)));
  });
}

/// toBytes(tensor) -> ArrayBuffer: a contiguous copy of the elements in the tensor's own dtype.
napi_value toBytes(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    const at::Tensor tensor = unwrapTensor(env, arguments[0]).detach().to(at::kCPU).contiguous();
    void* data = nullptr;
    napi_value buffer = nullptr;
    check(napi_create_arraybuffer(env, tensor.nbytes(), &data, &buffer), "cannot make an ArrayBuffer");
    if (tensor.nbytes() > 0) std::memcpy(data, tensor.const_data_ptr(), tensor.nbytes());
    return buffer;
  });
}

napi_value mapFile(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    return wrap(env, MappedFile::open(readString(env, arguments[0], "path")));
  });
}

/// fromFile(file, offset, shape, dtype): a view of the mapped bytes; a copy when they are not aligned.
napi_value fromFile(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<4> arguments(env, info);
    const auto file = unwrapFile(env, arguments[0]);
    const int64_t offset = readInt(env, arguments[1], "offset");
    const auto shape = readInts(env, arguments[2], "shape");
    const at::ScalarType type = readDtype(env, arguments[3]);
    const size_t bytes = byteLength(shape, type);
    if (offset < 0 || bytes > file->size || static_cast<size_t>(offset) > file->size - bytes)
      throw Misuse("the tensor lies outside its file");
    const std::byte* data = file->data + offset;
    if (bytes == 0 || reinterpret_cast<uintptr_t>(data) % c10::elementSize(type) != 0) {
      at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(type));
      if (bytes > 0) std::memcpy(tensor.mutable_data_ptr(), data, bytes);
      return wrap(env, std::move(tensor));
    }
    const auto holdFile = [file](void*) {};
    return wrap(env, at::from_blob(const_cast<std::byte*>(data), shape, holdFile, at::TensorOptions().dtype(type)));
  });
}

}  // namespace

std::span<const Export> storageExports() {
  static const Export list[] = {
      {"fromBytes", fromBytes}, {"toBytes", toBytes}, {"mapFile", mapFile}, {"fromFile", fromFile}};
  return list;
}

}  // namespace orpo

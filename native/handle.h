// What JavaScript holds: a Node-API external that names a slot of the table of native objects.
#pragma once
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <memory>

#include "node.h"

namespace orpo {

struct MappedFile;

/// A slot of the table. While it is taken, exactly one of the objects is set. A slot is used again and again; its
/// generation rises each time it is freed, so that an external which names an earlier one is known to be stale.
struct Handle {
  uint32_t generation = 0;
  bool counted = false;  // the garbage collector knows of its bytes
  int64_t bytes = 0;
  at::Tensor tensor;
  at::Generator generator;
  std::shared_ptr<MappedFile> file;
};

/// A tensor made while a scope is open is freed by that scope: it needs no finalizer, and its bytes need not press on
/// the garbage collector. Returns what it was before.
bool setScoped(bool scoped);

napi_value wrap(napi_env env, at::Tensor tensor);
napi_value wrap(napi_env env, at::Generator generator);
napi_value wrap(napi_env env, std::shared_ptr<MappedFile> file);

/// A second external for a tensor that outlives the scope it was made in: when it is collected the tensor is freed.
/// Null when the tensor has a finalizer already.
napi_value guardian(napi_env env, napi_value value);

/// The object behind `value`, or null when `value` is no handle of ours. Throws Misuse for a disposed one.
Handle* tryUnwrap(napi_env env, napi_value value);

/// Throws Misuse for anything that is not a live tensor.
const at::Tensor& unwrapTensor(napi_env env, napi_value value);
const at::Generator& unwrapGenerator(napi_env env, napi_value value);
const std::shared_ptr<MappedFile>& unwrapFile(napi_env env, napi_value value);

/// Frees what the handle owns now; doing so twice is no error.
void dispose(napi_env env, napi_value value);

}  // namespace orpo

// What JavaScript holds: a Node-API external that owns a native object until it is disposed or collected.
#pragma once
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <memory>

#include "node.h"

namespace orpo {

struct MappedFile;

/// An owned native object behind an external. Exactly one of the members is set; none once disposed.
struct Handle {
  static constexpr uint64_t kMagic = 0x6f72706f48616e64;  // tells our externals from those of other addons
  uint64_t magic = kMagic;
  int64_t bytes = 0;
  bool disposed = false;
  at::Tensor tensor;
  at::Generator generator;
  std::shared_ptr<MappedFile> file;
};

napi_value wrap(napi_env env, at::Tensor tensor);
napi_value wrap(napi_env env, at::Generator generator);
napi_value wrap(napi_env env, std::shared_ptr<MappedFile> file);

/// The object behind `value`, or null when `value` is no handle of ours. Throws Misuse for a disposed one.
Handle* tryUnwrap(napi_env env, napi_value value);

/// Throws Misuse for anything that is not a live tensor.
const at::Tensor& unwrapTensor(napi_env env, napi_value value);
const at::Generator& unwrapGenerator(napi_env env, napi_value value);
const std::shared_ptr<MappedFile>& unwrapFile(napi_env env, napi_value value);

/// Frees what the handle owns now; doing so twice is no error.
void dispose(napi_env env, napi_value value);

}  // namespace orpo

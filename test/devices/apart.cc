// A device apart, for tests: it stands in for a GPU where there is none. Its tensors lie in the CPU's memory but are of a
// device of their own (PrivateUse1), so that operators refuse to mix them with the CPU's, and every operator takes its inputs
// to the CPU and its results back. Copies that the program itself makes are counted where it would wait for a real device.
// Flash attention is there too, as on a GPU.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <node_api.h>
#include <torch/library.h>

#include <atomic>

#include "apart-flash.h"

namespace {

constexpr at::DeviceType kApart = at::kPrivateUse1;
const at::Device kDevice(kApart, 0);

std::atomic<int64_t> waits{0};
std::atomic<int64_t> calls{0};  // of flash attention
thread_local int within = 0;  // operators that are being computed on the CPU

struct HostMemory final : c10::Allocator {
  at::DataPtr allocate(size_t bytes) override {
    void* data = bytes == 0 ? nullptr : std::malloc(bytes);
    return {data, data, &std::free, kDevice};
  }
  at::DeleterFnPtr raw_deleter() const override { return &std::free; }
  void copy_data(void* to, const void* from, size_t count) const override { std::memcpy(to, from, count); }
};

HostMemory hostMemory;

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(at::DeviceIndex) const override { return true; }
};

Hooks hooks;

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &hostMemory, at::DispatchKeySet(at::DispatchKey::PrivateUse1),
                                   dtype.value_or(at::kFloat), format);
}

at::Tensor emptyStrided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> dtype,
                        std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &hostMemory, at::DispatchKeySet(at::DispatchKey::PrivateUse1),
                                           dtype.value_or(at::kFloat));
}

/// The same memory as a tensor of the CPU.
at::Tensor onCpu(const at::Tensor& tensor) {
  if (tensor.is_cpu()) return tensor;
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(), tensor.options().device(at::kCPU));
}

at::Tensor copyFrom(const at::Tensor& from, const at::Tensor& to, bool nonBlocking) {
  const bool crosses = from.is_cpu() != to.is_cpu();
  if (within == 0 && crosses && !(nonBlocking && from.is_cpu())) ++waits;
  onCpu(to).copy_(onCpu(from));
  return to;
}

at::Tensor copyFromAndResize(const at::Tensor& from, const at::Tensor& to) {
  to.resize_(from.sizes());
  return copyFrom(from, to, false);
}

at::Scalar item(const at::Tensor& tensor) {
  if (within == 0) ++waits;
  return onCpu(tensor).item();
}

const at::Tensor& resize(const at::Tensor& tensor, at::IntArrayRef size, std::optional<at::MemoryFormat>) {
  at::native::resize_impl_cpu_(tensor.unsafeGetTensorImpl(), size, std::nullopt);
  return tensor;
}

at::Tensor& setStorage(at::Tensor& tensor, at::Storage storage, int64_t offset, at::IntArrayRef size, at::IntArrayRef stride) {
  return at::native::set_storage_cpu_(tensor, std::move(storage), offset, size, stride);
}

struct Within {
  Within() { ++within; }
  ~Within() { --within; }
};

/// There is one device, which has done everything by the time it is asked.
struct Guard final : c10::impl::NoOpDeviceGuardImpl<kApart> {
  at::Device exchangeDevice(at::Device) const override { return kDevice; }
  at::Device getDevice() const override { return kDevice; }
  c10::Stream getStream(at::Device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, kDevice); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, kDevice); }
  void record(void**, const c10::Stream&, const at::DeviceIndex, const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, const at::DeviceIndex) const noexcept override {}
};

void onCpuInstead(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  const Within computing;
  at::native::cpu_fallback(operation, stack);
}

at::Tensor onDevice(const at::Tensor& tensor) {
  const Within computing;
  return tensor.to(kDevice);
}

/// The inputs of a call from its arguments, from the query on.
apart::FlashInputs flashInputs(at::ArrayRef<c10::IValue> own, at::ArrayRef<c10::IValue> after, const c10::IValue& scale) {
  const auto tensor = [](const c10::IValue& value) {
    TORCH_CHECK(value.toTensor().device() == kDevice, "flash attention takes tensors of the device alone");
    return onCpu(value.toTensor());
  };
  const apart::FlashInputs inputs{tensor(own[0]),     tensor(own[1]),    tensor(own[2]),
                                  tensor(after[0]),   tensor(after[1]),  after[2].toInt(),
                                  after[3].toInt(),   after[5].toBool(), scale.toDouble()};
  TORCH_CHECK(after[4].toDouble() == 0, "dropout is not known here");
  return inputs;
}

// (query, key, value, cum_seq_q, cum_seq_k, max_q, max_k, dropout_p, is_causal, return_debug_mask, *, scale, …)
void flashForward(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  const size_t count = operation.schema().arguments().size();
  const at::ArrayRef<c10::IValue> arguments = torch::jit::last(*stack, count);
  const auto [out, logSumExp] = apart::flashForward(flashInputs(arguments.slice(0, 3), arguments.slice(3, 6), arguments[10]));
  torch::jit::drop(*stack, count);
  const at::Tensor none = at::empty({0}, at::TensorOptions().device(kDevice));
  torch::jit::push(*stack, onDevice(out), onDevice(logSumExp), none, none, none);
  calls.fetch_add(1);
}

// (grad_out, query, key, value, out, logsumexp, cum_seq_q, cum_seq_k, max_q, max_k, dropout_p, is_causal, rng_state, unused,
// *, scale, …)
void flashBackward(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  const size_t count = operation.schema().arguments().size();
  const at::ArrayRef<c10::IValue> arguments = torch::jit::last(*stack, count);
  const auto inputs = flashInputs(arguments.slice(1, 3), arguments.slice(6, 6), arguments[14]);
  const std::vector<at::Tensor> gradients = apart::flashBackward(
      inputs, onCpu(arguments[0].toTensor()), onCpu(arguments[4].toTensor()), onCpu(arguments[5].toTensor()));
  torch::jit::drop(*stack, count);
  for (const at::Tensor& gradient : gradients) torch::jit::push(*stack, onDevice(gradient));
  calls.fetch_add(1);
}

}  // namespace

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&onCpuInstead>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &emptyStrided);
  library.impl("_copy_from", &copyFrom);
  library.impl("_copy_from_and_resize", &copyFromAndResize);
  library.impl("_local_scalar_dense", &item);
  library.impl("resize_", &resize);
  library.impl("set_.source_Storage_storage_offset", &setStorage);
  library.impl("as_strided", &at::native::as_strided_tensorimpl);
  library.impl("view", &at::native::view);
  library.impl("_reshape_alias", &at::native::_reshape_alias);
  library.impl("_flash_attention_forward", torch::CppFunction::makeFromBoxedFunction<&flashForward>());
  library.impl("_flash_attention_backward", torch::CppFunction::makeFromBoxedFunction<&flashBackward>());
}

/// A function that gives how often something happened since it was last asked.
template <std::atomic<int64_t>& counter>
void exportCount(napi_env env, napi_value exports, const char* name) {
  napi_value counted;
  napi_create_function(
      env, name, NAPI_AUTO_LENGTH,
      [](napi_env own, napi_callback_info) {
        napi_value count;
        napi_create_int64(own, counter.exchange(0), &count);
        return count;
      },
      nullptr, &counted);
  napi_set_named_property(env, exports, name, counted);
}

static napi_value init(napi_env env, napi_value exports) {
  c10::register_privateuse1_backend("apart");
  c10::SetAllocator(kApart, &hostMemory);
  at::RegisterPrivateUse1HooksInterface(&hooks);
  exportCount<waits>(env, exports, "waits");
  exportCount<calls>(env, exports, "flashCalls");
  return exports;
}

NAPI_MODULE(apart, init)

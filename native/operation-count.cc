#include "operation-count.h"

#include <ATen/core/Tensor.h>

#include <string_view>

namespace orpo {

namespace {

double bytesOfValue(const c10::IValue& value) {
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    return tensor.defined() ? static_cast<double>(tensor.numel()) * static_cast<double>(tensor.element_size()) : 0;
  }
  double sum = 0;
  if (value.isTensorList())
    for (const at::Tensor& tensor : value.toTensorVector())
      if (tensor.defined()) sum += static_cast<double>(tensor.numel()) * static_cast<double>(tensor.element_size());
  return sum;
}

/// 2 times the elements of a [.., M, K] times the last size of b [.., K, N].
double product(c10::ArrayRef<const c10::IValue> inputs, size_t left) {
  if (inputs.size() <= left + 1 || !inputs[left].isTensor() || !inputs[left + 1].isTensor()) return 0;
  const at::Tensor &a = inputs[left].toTensor(), &b = inputs[left + 1].toTensor();
  if (!a.defined() || !b.defined() || b.dim() == 0) return 0;
  return 2.0 * static_cast<double>(a.numel()) * static_cast<double>(b.size(-1));
}

}  // namespace

double productOperations(const char* name, c10::ArrayRef<const c10::IValue> inputs) {
  const std::string_view operatorName(name);
  if (operatorName == "aten::mm" || operatorName == "aten::bmm") return product(inputs, 0);
  for (const std::string_view fused : {"aten::addmm", "aten::addmm_", "aten::baddbmm", "aten::baddbmm_"})
    if (operatorName == fused) return product(inputs, 1);
  return 0;
}

double bytesOf(c10::ArrayRef<const c10::IValue> values) {
  double sum = 0;
  for (const c10::IValue& value : values) sum += bytesOfValue(value);
  return sum;
}

double bytesOf(const std::vector<c10::IValue>& values) {
  double sum = 0;
  for (const c10::IValue& value : values) sum += bytesOfValue(value);
  return sum;
}

}  // namespace orpo

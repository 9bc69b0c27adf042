// An operator as the dispatcher describes it, its argument kinds resolved once so that a call only reads them.
#pragma once
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

namespace orpo {

enum class Kind {
  Tensor,
  TensorList,
  OptionalTensorList,
  Int,
  IntList,
  Float,
  FloatList,
  Scalar,
  Bool,
  BoolList,
  String,
  Device,
  Generator,
};

struct Argument {
  std::string name;
  Kind kind;
  bool optional;
  c10::optional<c10::IValue> fallback;
};

struct Operator {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<Argument> arguments;
};

/// Looks an operator up by name ("aten::add") and overload ("Tensor"); throws Misuse when this libtorch lacks it
/// or when one of its argument types has no JavaScript form.
Operator resolveOperator(const std::string& name, const std::string& overload);

}  // namespace orpo

// The work of an operator from the shapes of its arguments.
#pragma once
#include <ATen/core/ivalue.h>
#include <c10/util/ArrayRef.h>

namespace orpo {

/// Multiplications and additions of a matrix product, 0 for other operators.
double productOperations(const char* name, c10::ArrayRef<const c10::IValue> inputs);

/// Bytes of all tensors among the values, those in lists too.
double bytesOf(c10::ArrayRef<const c10::IValue> values);
double bytesOf(const std::vector<c10::IValue>& values);

}  // namespace orpo

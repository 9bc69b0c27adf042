#include "value.h"

#include <ATen/ScalarOps.h>

#include <cmath>

#include "errors.h"
#include "handle.h"

namespace orpo {

namespace {

constexpr double kSafeInteger = 9007199254740991.0;

[[noreturn]] void wrongType(const Argument& argument, const char* expected) {
  throw Misuse("argument " + argument.name + " must be " + expected);
}

napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  check(napi_typeof(env, value, &type), "unreadable argument");
  return type;
}

/// A number as operators take one in place of a tensor: zero-dimensional, not counted in type promotion. Beside a
/// float32 or float64 tensor it is made in that dtype, which spares the operator a conversion and changes no result.
at::Tensor wrappedNumber(const c10::Scalar& scalar, std::optional<at::ScalarType> like) {
  const bool exact = like == at::kFloat || like == at::kDouble;
  at::Tensor tensor = exact ? at::detail::scalar_tensor_static(scalar, like, at::kCPU) : at::scalar_to_tensor(scalar);
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

c10::Scalar toScalar(napi_env env, napi_value value, const Argument& argument) {
  switch (typeOf(env, value)) {
    case napi_number: {
      double number = 0;
      check(napi_get_value_double(env, value, &number), "unreadable number");
      // an integral number stays an integer, so that it does not promote integer tensors
      if (std::trunc(number) == number && std::abs(number) <= kSafeInteger) return static_cast<int64_t>(number);
      return number;
    }
    case napi_boolean: {
      bool flag = false;
      check(napi_get_value_bool(env, value, &flag), "unreadable boolean");
      return flag;
    }
    default:
      wrongType(argument, "a number");
  }
}

int64_t toInt(napi_env env, napi_value value, const std::string& name) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok || std::trunc(number) != number ||
      std::abs(number) > kSafeInteger)
    throw Misuse("argument " + name + " must be an integer");
  return static_cast<int64_t>(number);
}

double toDouble(napi_env env, napi_value value, const Argument& argument) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) wrongType(argument, "a number");
  return number;
}

bool toBool(napi_env env, napi_value value, const Argument& argument) {
  bool flag = false;
  if (napi_get_value_bool(env, value, &flag) != napi_ok) wrongType(argument, "a boolean");
  return flag;
}

/// Calls `visit` for each element; a single value counts as a list of one when `single` allows it.
template <typename Visit>
void forEach(napi_env env, napi_value value, const Argument& argument, bool single, Visit&& visit) {
  bool isArray = false;
  check(napi_is_array(env, value, &isArray), "unreadable argument");
  if (!isArray) {
    if (!single) wrongType(argument, "an array");
    visit(value);
    return;
  }
  uint32_t length = 0;
  check(napi_get_array_length(env, value, &length), "unreadable array");
  for (uint32_t i = 0; i < length; ++i) {
    napi_value element = nullptr;
    check(napi_get_element(env, value, i, &element), "unreadable array element");
    visit(element);
  }
}

at::Tensor toTensor(napi_env env, napi_value value, const Argument& argument,
                    std::optional<at::ScalarType> like = std::nullopt) {
  switch (typeOf(env, value)) {
    case napi_number:
    case napi_boolean:
      return wrappedNumber(toScalar(env, value, argument), like);
    default:
      break;
  }
  Handle* handle = tryUnwrap(env, value);
  if (handle == nullptr || !handle->tensor.defined()) wrongType(argument, "a tensor");
  return handle->tensor;
}

}  // namespace

c10::IValue toIValue(napi_env env, napi_value value, const Argument& argument, std::optional<at::ScalarType> like) {
  const napi_valuetype type = typeOf(env, value);
  if (type == napi_undefined && argument.fallback) return *argument.fallback;
  if (type == napi_undefined || type == napi_null) {
    if (argument.optional) return {};
    throw Misuse("argument " + argument.name + " is missing");
  }
  switch (argument.kind) {
    case Kind::Tensor:
      return toTensor(env, value, argument, like);
    case Kind::TensorList: {
      c10::List<at::Tensor> list;
      forEach(env, value, argument, false, [&](napi_value e) { list.push_back(toTensor(env, e, argument)); });
      return list;
    }
    case Kind::OptionalTensorList: {
      c10::List<std::optional<at::Tensor>> list;
      forEach(env, value, argument, false, [&](napi_value e) {
        const napi_valuetype kind = typeOf(env, e);
        if (kind == napi_null || kind == napi_undefined) list.push_back(std::nullopt);
        else list.push_back(toTensor(env, e, argument));
      });
      return list;
    }
    case Kind::Int:
      return toInt(env, value, argument.name);
    case Kind::IntList: {
      c10::List<int64_t> list;
      forEach(env, value, argument, true, [&](napi_value e) { list.push_back(toInt(env, e, argument.name)); });
      return list;
    }
    case Kind::Float:
      return toDouble(env, value, argument);
    case Kind::FloatList: {
      c10::List<double> list;
      forEach(env, value, argument, true, [&](napi_value e) { list.push_back(toDouble(env, e, argument)); });
      return list;
    }
    case Kind::Scalar:
      return toScalar(env, value, argument);
    case Kind::Bool:
      return toBool(env, value, argument);
    case Kind::BoolList: {
      c10::List<bool> list;
      forEach(env, value, argument, true, [&](napi_value e) { list.push_back(toBool(env, e, argument)); });
      return list;
    }
    case Kind::String:
      return readString(env, value, argument.name.c_str());
    case Kind::Device:
      return c10::Device(readString(env, value, argument.name.c_str()));
    case Kind::Generator:
      return unwrapGenerator(env, value);
  }
  wrongType(argument, "of a known kind");
}

napi_value fromIValue(napi_env env, c10::IValue value) {
  if (value.isTensor()) {
    at::Tensor tensor = std::move(value).toTensor();
    if (tensor.defined()) return wrap(env, std::move(tensor));
    napi_value none = nullptr;
    check(napi_get_null(env, &none), "cannot make null");
    return none;
  }
  if (value.isBool()) return makeBool(env, value.toBool());
  if (value.isInt()) return makeNumber(env, static_cast<double>(value.toInt()));
  if (value.isDouble()) return makeNumber(env, value.toDouble());
  if (value.isString()) return makeString(env, value.toStringRef());
  if (value.isScalar()) return makeNumber(env, value.toScalar().toDouble());
  if (value.isIntList()) return makeInts(env, value.toIntVector());
  if (value.isTensorList()) {
    const auto list = std::move(value).toTensorList();
    napi_value array = nullptr;
    check(napi_create_array_with_length(env, list.size(), &array), "cannot make an array");
    for (size_t i = 0; i < list.size(); ++i)
      check(napi_set_element(env, array, static_cast<uint32_t>(i), wrap(env, list.get(i))), "cannot fill an array");
    return array;
  }
  napi_value none = nullptr;
  check(napi_get_null(env, &none), "cannot make null");
  if (value.isNone()) return none;
  throw Misuse("an operator returned a type JavaScript cannot hold: " + value.tagKind());
}

std::string readString(napi_env env, napi_value value, const char* what) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok)
    throw Misuse(std::string(what) + " must be a string");
  std::string text(length, '\0');
  check(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length), "unreadable string");
  return text;
}

int64_t readInt(napi_env env, napi_value value, const char* what) { return toInt(env, value, what); }

std::vector<int64_t> readInts(napi_env env, napi_value value, const char* what) {
  const Argument argument{what, Kind::IntList, false, std::nullopt};
  std::vector<int64_t> values;
  forEach(env, value, argument, false, [&](napi_value e) { values.push_back(toInt(env, e, what)); });
  return values;
}

napi_value makeInts(napi_env env, c10::IntArrayRef values) {
  napi_value array = nullptr;
  check(napi_create_array_with_length(env, values.size(), &array), "cannot make an array");
  for (size_t i = 0; i < values.size(); ++i)
    check(napi_set_element(env, array, static_cast<uint32_t>(i), makeNumber(env, static_cast<double>(values[i]))),
          "cannot fill an array");
  return array;
}

napi_value makeNumber(napi_env env, double value) {
  napi_value number = nullptr;
  check(napi_create_double(env, value, &number), "cannot make a number");
  return number;
}

napi_value makeBool(napi_env env, bool value) {
  napi_value flag = nullptr;
  check(napi_get_boolean(env, value, &flag), "cannot make a boolean");
  return flag;
}

napi_value makeString(napi_env env, const std::string& value) {
  napi_value text = nullptr;
  check(napi_create_string_utf8(env, value.data(), value.size(), &text), "cannot make a string");
  return text;
}

void setProperty(napi_env env, napi_value object, const char* name, napi_value value) {
  check(napi_set_named_property(env, object, name, value), "cannot set a property");
}

}  // namespace orpo

#include "schema.h"

#include "errors.h"

namespace orpo {

namespace {

Kind kindOf(const c10::TypePtr& type, const std::string& where) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType:
      return Kind::Tensor;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
    case c10::TypeKind::ScalarTypeType:
    case c10::TypeKind::LayoutType:
    case c10::TypeKind::MemoryFormatType:
      return Kind::Int;
    case c10::TypeKind::FloatType:
    case c10::TypeKind::SymFloatType:
      return Kind::Float;
    case c10::TypeKind::NumberType:
      return Kind::Scalar;
    case c10::TypeKind::BoolType:
    case c10::TypeKind::SymBoolType:
      return Kind::Bool;
    case c10::TypeKind::StringType:
      return Kind::String;
    case c10::TypeKind::DeviceObjType:
      return Kind::Device;
    case c10::TypeKind::GeneratorType:
      return Kind::Generator;
    case c10::TypeKind::ListType: {
      const c10::TypePtr element = type->castRaw<c10::ListType>()->getElementType();
      if (element->kind() == c10::TypeKind::OptionalType) return Kind::OptionalTensorList;
      switch (kindOf(element, where)) {
        case Kind::Tensor:
          return Kind::TensorList;
        case Kind::Int:
          return Kind::IntList;
        case Kind::Float:
          return Kind::FloatList;
        case Kind::Bool:
          return Kind::BoolList;
        default:
          break;
      }
      break;
    }
    default:
      break;
  }
  throw Misuse(where + " has a type JavaScript cannot give: " + type->str());
}

}  // namespace

Operator resolveOperator(const std::string& name, const std::string& overload) {
  const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
  if (!found) throw Misuse("this libtorch has no operator " + name + (overload.empty() ? "" : "." + overload));
  Operator result{*found, name, {}};
  for (const c10::Argument& argument : found->schema().arguments()) {
    c10::TypePtr type = argument.real_type();
    const bool optional = type->kind() == c10::TypeKind::OptionalType;
    if (optional) type = type->castRaw<c10::OptionalType>()->getElementType();
    result.arguments.push_back(
        {argument.name(), kindOf(type, name + " argument " + argument.name()), optional, argument.default_value()});
  }
  return result;
}

}  // namespace orpo

// The one door to libtorch: any operator, found by schema, called boxed.
#include <deque>
#include <unordered_map>

#include "errors.h"
#include "exports.h"
#include "handle.h"
#include "ledger.h"
#include "schema.h"
#include "value.h"

namespace orpo {

namespace {

constexpr size_t kMaxArguments = 24;

std::deque<Operator>& operators() {
  static std::deque<Operator> table;  // a deque: references stay valid while it grows
  return table;
}

/// op(name, overload) -> id. The same operator keeps its id.
napi_value findOperator(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    static std::unordered_map<std::string, size_t> known;
    const CallArguments<2> arguments(env, info);
    const std::string name = readString(env, arguments[0], "operator name");
    const std::string overload = readString(env, arguments[1], "overload name");
    const std::string key = name + "." + overload;
    auto found = known.find(key);
    if (found == known.end()) {
      operators().push_back(resolveOperator(name, overload));
      found = known.emplace(key, operators().size() - 1).first;
    }
    return makeNumber(env, static_cast<double>(found->second));
  });
}

/// schema(id) -> the operator's schema as text.
napi_value schemaOf(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const CallArguments<1> arguments(env, info);
    const int64_t id = readInt(env, arguments[0], "operator id");
    if (id < 0 || static_cast<size_t>(id) >= operators().size()) throw Misuse("unknown operator id");
    return makeString(env, c10::toString(operators()[static_cast<size_t>(id)].handle.schema()));
  });
}

/// call(id, ...arguments) in the schema's order; undefined takes the schema's default.
napi_value call(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    const CallArguments<kMaxArguments + 1> arguments(env, info);
    const int64_t id = readInt(env, arguments[0], "operator id");
    if (id < 0 || static_cast<size_t>(id) >= operators().size()) throw Misuse("unknown operator id");
    const Operator& op = operators()[static_cast<size_t>(id)];
    if (arguments.count > op.arguments.size() + 1) throw Misuse("too many arguments");

    torch::jit::Stack stack;
    stack.reserve(op.arguments.size());
    const napi_value none = undefined(env);
    std::optional<at::ScalarType> like;
    for (size_t i = 0; i < op.arguments.size(); ++i) {
      stack.push_back(toIValue(env, i < kMaxArguments ? arguments[i + 1] : none, op.arguments[i], like));
      if (i == 0 && stack[0].isTensor() && stack[0].toTensor().defined()) like = stack[0].toTensor().scalar_type();
    }
    op.handle.callBoxed(stack);

    reportExternalMemory(env);
    if (stack.empty()) return undefined(env);
    if (stack.size() == 1) return fromIValue(env, std::move(stack[0]));
    napi_value results = nullptr;
    check(napi_create_array_with_length(env, stack.size(), &results), "cannot make an array");
    for (size_t i = 0; i < stack.size(); ++i)
      check(napi_set_element(env, results, static_cast<uint32_t>(i), fromIValue(env, std::move(stack[i]))),
            "cannot fill an array");
    return results;
  });
}

}  // namespace

std::span<const Export> dispatchExports() {
  static const Export list[] = {{"op", findOperator}, {"schema", schemaOf}, {"call", call}};
  return list;
}

}  // namespace orpo

// JavaScript values to and from the dispatcher's IValues.
#pragma once
#include <string>

#include "node.h"
#include "schema.h"

namespace orpo {

/// A number in place of a tensor becomes one of dtype `like`, when that is given.
c10::IValue toIValue(napi_env env, napi_value value, const Argument& argument,
                     std::optional<at::ScalarType> like = std::nullopt);
napi_value fromIValue(napi_env env, c10::IValue value);

std::string readString(napi_env env, napi_value value, const char* what);
int64_t readInt(napi_env env, napi_value value, const char* what);
std::vector<int64_t> readInts(napi_env env, napi_value value, const char* what);
napi_value makeInts(napi_env env, c10::IntArrayRef values);
napi_value makeNumber(napi_env env, double value);
napi_value makeBool(napi_env env, bool value);
napi_value makeString(napi_env env, const std::string& value);
void setProperty(napi_env env, napi_value object, const char* name, napi_value value);

}  // namespace orpo

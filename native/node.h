// Node-API with basic finalizers: a handle that nobody holds is freed inside the garbage collection itself,
// not at the next turn of the event loop, which a synchronous training step never reaches.
#pragma once
#define NAPI_EXPERIMENTAL
#include <node_api.h>

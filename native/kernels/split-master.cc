// orpo::split_master: float32 weights -> their two halves, every number read and written once.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <tuple>

#include "float-halves.h"
#include "pieces.h"

namespace orpo {

namespace {

/// master [...] float32 -> value [...] bfloat16 and rest [...] int16.
std::tuple<at::Tensor, at::Tensor> splitMaster(const at::Tensor& master) {
  TORCH_CHECK(master.is_cpu() && master.scalar_type() == at::kFloat, "a master is float32 on the CPU");
  const at::Tensor weights = master.contiguous();
  at::Tensor value = at::empty(weights.sizes(), weights.options().dtype(at::kBFloat16));
  at::Tensor rest = at::empty(weights.sizes(), weights.options().dtype(at::kShort));
  const float* from = weights.const_data_ptr<float>();
  auto* upper = reinterpret_cast<uint16_t*>(value.mutable_data_ptr<at::BFloat16>());
  int16_t* lower = rest.mutable_data_ptr<int16_t>();
  overPieces({weights.numel()}, [&](size_t, int64_t at, int64_t count) {
#pragma omp simd
    for (int64_t i = at; i < at + count; ++i) {
      const Halves halves = splitHalves(from[i]);
      upper[i] = halves.upper;
      lower[i] = halves.rest;
    }
  });
  return {value, rest};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) { library.def("split_master(Tensor master) -> (Tensor value, Tensor rest)"); }

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("split_master", &splitMaster); }

}  // namespace orpo

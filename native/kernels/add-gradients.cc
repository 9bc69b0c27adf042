// orpo::add_gradients_: the gradients of a micro-batch added to those before it, in float32. A narrow gradient is widened
// where it is read, so that no wide copy of it passes through memory.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <vector>

#include "pieces.h"
#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

struct GradientSum {
  at::Tensor total, before, fresh;
};

template <typename B, typename F>
void addGradientPiece(const GradientSum& sum, int64_t at, int64_t count) {
  float* total = sum.total.mutable_data_ptr<float>() + at;
  const B* before = sum.before.const_data_ptr<B>() + at;
  const F* fresh = sum.fresh.const_data_ptr<F>() + at;
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) total[i] = load(before[i]) + load(fresh[i]);
}

/// totals [...] float32: overwritten with before + fresh, both of that shape in float32 or bfloat16; a total may be its own
/// `before`.
void addGradients(at::TensorList totals, at::TensorList before, at::TensorList fresh) {
  TORCH_CHECK(totals.size() == before.size() && totals.size() == fresh.size(), "the lists must be of one length: ",
              totals.size(), ", ", before.size(), " and ", fresh.size());
  std::vector<GradientSum> sums;
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < totals.size(); ++i) {
    const at::Tensor& total = totals[i];
    requireFloats({total});
    requireFloats({before[i]});
    requireFloats({fresh[i]});
    TORCH_CHECK(total.scalar_type() == at::kFloat && total.is_contiguous(), "a total must be float32 and contiguous");
    TORCH_CHECK(total.sizes() == before[i].sizes() && total.sizes() == fresh[i].sizes(), "the total is ", total.sizes(),
                ", what is added ", before[i].sizes(), " and ", fresh[i].sizes());
    sums.push_back({total, before[i].contiguous(), fresh[i].contiguous()});
    lengths.push_back(total.numel());
  }
  overPieces(lengths, [&](size_t tensor, int64_t at, int64_t count) {
    const GradientSum& sum = sums[tensor];
    overFloats(sum.before.scalar_type(), [&](auto narrow) {
      overFloats(sum.fresh.scalar_type(), [&](auto added) {
        addGradientPiece<decltype(narrow), decltype(added)>(sum, at, count);
      });
    });
  });
  for (const GradientSum& sum : sums) sum.total.unsafeGetTensorImpl()->bump_version();
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def("add_gradients_(Tensor(a!)[] totals, Tensor[] before, Tensor[] fresh) -> ()");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("add_gradients_", &addGradients); }

}  // namespace orpo

// orpo::cached_attention: one new token of each row attends to what the cache holds of the row and to itself. It puts the
// token's key and value into the cache on the way, so that a layer takes one call.
//
// Keys lie in blocks of 16 positions, positions innermost, [slots, G, capacity / 16, K, 16], values with elements innermost,
// [slots, G, capacity, K]: scores and mixture are then both sums of rows times numbers, without a reduction inside a
// register, and what a row holds is read from its beginning to its end.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rows.h"
#include "vector-math.h"

namespace orpo {

namespace {

constexpr int64_t kLanes = 16;      // positions of a block of keys
constexpr int64_t kCacheGrain = 16384;  // elements of keys that are worth a thread

/// scores[0, 16) = sum over d < size of query[d] * keys[d][0, 16)
template <typename T>
void scoreBlock(float* scores, const float* query, const T* keys, int64_t size) {
  constexpr int kSums = 4;  // each waits for itself alone
  float sums[kSums][kLanes] = {};
  int64_t d = 0;
  for (; d + kSums <= size; d += kSums)
    for (int j = 0; j < kSums; ++j)
#pragma omp simd
      for (int64_t i = 0; i < kLanes; ++i) sums[j][i] += query[d + j] * load(keys[(d + j) * kLanes + i]);
  for (; d < size; ++d)
    for (int64_t i = 0; i < kLanes; ++i) sums[0][i] += query[d] * load(keys[d * kLanes + i]);
#pragma omp simd
  for (int64_t i = 0; i < kLanes; ++i) scores[i] = (sums[0][i] + sums[1][i]) + (sums[2][i] + sums[3][i]);
}

/// mixed[0, size) += sum over i < count of weights[i] * values[i][0, size)
template <typename T>
void addValues(float* mixed, const float* weights, const T* values, int64_t size, int64_t count) {
  constexpr int64_t kRows = 8;  // rows summed before the sum is written back
  int64_t i = 0;
  for (; i + kRows <= count; i += kRows) {
    const T* v = values + i * size;
    const float* w = weights + i;
#pragma omp simd
    for (int64_t j = 0; j < size; ++j) {
      const float low = (w[0] * load(v[j]) + w[1] * load(v[size + j])) +
                        (w[2] * load(v[2 * size + j]) + w[3] * load(v[3 * size + j]));
      const float high = (w[4] * load(v[4 * size + j]) + w[5] * load(v[5 * size + j])) +
                         (w[6] * load(v[6 * size + j]) + w[7] * load(v[7 * size + j]));
      mixed[j] += low + high;
    }
  }
  for (; i < count; ++i) {
    const T* v = values + i * size;
#pragma omp simd
    for (int64_t j = 0; j < size; ++j) mixed[j] += weights[i] * load(v[j]);
  }
}

/// scores -> probabilities in place, with Gemma 2's cap when `softcap` is not 0.
void softmax(float* scores, int64_t count, float softcap) {
  if (softcap != 0) {
    for (int64_t i = 0; i < count; ++i) scores[i] = softcap * std::tanh(scores[i] / softcap);
  }
  float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
  for (int64_t i = 0; i < count; ++i) largest = scores[i] > largest ? scores[i] : largest;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) {
    scores[i] = fastExp(scores[i] - largest);
    sum += scores[i];
  }
  const float share = 1.0f / sum;
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) scores[i] *= share;
}

struct Sizes {
  int64_t rows, heads, groups, size, capacity;
};

/// Room for the scores, scaled queries and mixtures of heads that share keys; a thread has one for all its rows.
struct Scratch {
  std::vector<float> scores, queries, mixed;
};

/// Attention of the query heads of `row` that share the key head `group`, to the positions from `first` to `end`. Keys and
/// values are read once for all of them.
template <typename T>
void attendGroup(const Sizes& sizes, int64_t row, int64_t group, const T* query, const T* keys, const T* values,
                 int64_t first, int64_t end, float scale, float softcap, T* out, Scratch& scratch) {
  const int64_t shared = sizes.heads / sizes.groups, size = sizes.size;
  const int64_t begin = first / kLanes * kLanes, width = (end - begin + kLanes - 1) / kLanes * kLanes;
  const int64_t place = (row * sizes.heads + group * shared) * size;
  scratch.scores.resize(static_cast<size_t>(shared * width));
  scratch.queries.resize(static_cast<size_t>(shared * size));
  scratch.mixed.assign(static_cast<size_t>(shared * size), 0.0f);
  float *scores = scratch.scores.data(), *queries = scratch.queries.data(), *mixed = scratch.mixed.data();
  for (int64_t i = 0; i < shared * size; ++i) queries[i] = load(query[place + i]) * scale;
  for (int64_t block = 0; block < width; block += kLanes)
    for (int64_t head = 0; head < shared; ++head)
      scoreBlock(scores + head * width + block, queries + head * size, keys + (begin + block) * size, size);
  // what a block holds before the window and behind the row is not looked at
  for (int64_t head = 0; head < shared; ++head) softmax(scores + head * width + first - begin, end - first, softcap);
  for (int64_t position = first; position < end; position += kLanes)
    for (int64_t head = 0; head < shared; ++head)
      addValues(mixed + head * size, scores + head * width + position - begin, values + position * size, size,
                std::min(kLanes, end - position));
  for (int64_t i = 0; i < shared * size; ++i) store(out[place + i], mixed[i]);
}

/// query [B, H, K], key and value [B, G, K] -> [B, H, K]. `slots` and `lengths` [B] int64: which rows of the cache, and
/// how many tokens they hold without this one. `window` 0: a token sees all before it.
at::Tensor cachedAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, at::Tensor keys,
                           at::Tensor values, const at::Tensor& slots, const at::Tensor& lengths, double scale,
                           int64_t window, double softcap) {
  requireFloats({query, key, value, keys, values});
  const Sizes sizes{query.size(0), query.size(1), key.size(1), query.size(2), values.size(2)};
  TORCH_CHECK(key.sizes() == value.sizes() && key.size(0) == sizes.rows && key.size(2) == sizes.size &&
                  sizes.heads % sizes.groups == 0,
              "query ", query.sizes(), ", key ", key.sizes(), " and value ", value.sizes(), " do not belong together");
  TORCH_CHECK(keys.is_contiguous() && keys.dim() == 5 && keys.size(1) == sizes.groups && keys.size(3) == sizes.size &&
                  keys.size(4) == kLanes && keys.size(2) * kLanes == sizes.capacity && values.is_contiguous() &&
                  values.size(0) == keys.size(0) && values.size(1) == sizes.groups && values.size(3) == sizes.size,
              "the cache is ", keys.sizes(), " and ", values.sizes());
  TORCH_CHECK(slots.is_contiguous() && lengths.is_contiguous() && slots.scalar_type() == at::kLong &&
                  lengths.scalar_type() == at::kLong && slots.numel() == sizes.rows && lengths.numel() == sizes.rows,
              "a slot and a length a row are needed");
  const int64_t *slot = slots.const_data_ptr<int64_t>(), *length = lengths.const_data_ptr<int64_t>();
  int64_t seen = 0;
  for (int64_t row = 0; row < sizes.rows; ++row) {
    TORCH_CHECK(slot[row] >= 0 && slot[row] < keys.size(0) && length[row] >= 0 && length[row] < sizes.capacity, "row ",
                row, " has no room for position ", length[row], " in slot ", slot[row], " of ", keys.sizes());
    seen += length[row] + 1;
  }
  const at::Tensor q = query.contiguous(), k = key.contiguous(), v = value.contiguous();
  at::Tensor out = at::empty_like(q);
  overFloats(q.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    T *held = keys.mutable_data_ptr<T>(), *heldValues = values.mutable_data_ptr<T>(), *to = out.mutable_data_ptr<T>();
    const T *from = q.const_data_ptr<T>(), *newKeys = k.const_data_ptr<T>(), *newValues = v.const_data_ptr<T>();
    const int64_t pairs = sizes.rows * sizes.groups;
    const int64_t each = std::max<int64_t>(1, seen * sizes.heads * sizes.size / pairs);
    at::parallel_for(0, pairs, std::max<int64_t>(1, kCacheGrain / each), [&](int64_t begin, int64_t end) {
      Scratch scratch;
      for (int64_t at = begin; at < end; ++at) {
        const int64_t row = at / sizes.groups, group = at % sizes.groups;
        const int64_t place = (slot[row] * sizes.groups + group) * sizes.size * sizes.capacity;
        const int64_t position = length[row];
        for (int64_t i = 0; i < sizes.size; ++i) {
          held[place + (position / kLanes * sizes.size + i) * kLanes + position % kLanes] = newKeys[at * sizes.size + i];
          heldValues[place + position * sizes.size + i] = newValues[at * sizes.size + i];
        }
        const int64_t first = window > 0 ? std::max<int64_t>(0, position - window + 1) : 0;
        attendGroup(sizes, row, group, from, held + place, heldValues + place, first, position + 1,
                    static_cast<float>(scale), static_cast<float>(softcap), to, scratch);
      }
    });
  });
  return out;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(orpo, library) {
  library.def(
      "cached_attention(Tensor query, Tensor key, Tensor value, Tensor(a!) keys, Tensor(b!) values, Tensor slots, "
      "Tensor lengths, float scale, *, int window=0, float softcap=0.0) -> Tensor");
}

TORCH_LIBRARY_IMPL(orpo, CompositeImplicitAutograd, library) { library.impl("cached_attention", &cachedAttention); }

}  // namespace orpo

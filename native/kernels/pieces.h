// Tensors of any sizes as one row of pieces, which threads share evenly: hundreds of small matrices take one parallel region.
#pragma once
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace orpo {

constexpr int64_t kPiece = 4096;  // numbers

/// Calls `body(tensor, at, count)` for every piece: `count` numbers from `at` on of the tensor at that place in `lengths`.
template <typename Body>
void overPieces(const std::vector<int64_t>& lengths, Body&& body) {
  std::vector<int64_t> ends;  // pieces up to the end of each tensor
  int64_t pieces = 0;
  for (const int64_t length : lengths) ends.push_back(pieces += (length + kPiece - 1) / kPiece);
  at::parallel_for(0, pieces, 4, [&](int64_t from, int64_t to) {
    size_t tensor = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), from) - ends.begin());
    for (int64_t piece = from; piece < to; ++piece) {
      while (piece >= ends[tensor]) ++tensor;
      const int64_t at = (piece - (tensor == 0 ? 0 : ends[tensor - 1])) * kPiece;
      body(tensor, at, std::min(kPiece, lengths[tensor] - at));
    }
  });
}

}  // namespace orpo

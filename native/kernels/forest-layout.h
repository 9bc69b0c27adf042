// Where the trees of a forest lie in the token row, and the blocks in which attention goes through them.
#pragma once
#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace orpo {

struct Segment {
  int64_t begin;
  int64_t length;
};

struct Tree {
  Segment trunk;
  std::vector<Segment> branches;

  int64_t tokens() const {
    return std::accumulate(branches.begin(), branches.end(), trunk.length,
                           [](int64_t sum, const Segment& branch) { return sum + branch.length; });
  }
};

/// layout [L] int64: for each tree the trunk's begin and length, the count of branches, and begin and length of each.
inline std::vector<Tree> readLayout(const at::Tensor& layout, int64_t tokens) {
  TORCH_CHECK(layout.dim() == 1 && layout.scalar_type() == at::kLong && layout.is_cpu() && layout.is_contiguous(),
              "the layout must be a row of int64 on the CPU");
  const int64_t* numbers = layout.const_data_ptr<int64_t>();
  const int64_t* end = numbers + layout.numel();
  const auto next = [&] {
    TORCH_CHECK(numbers < end, "the layout ends within a tree");
    return *numbers++;
  };
  const auto segment = [&] {
    const int64_t begin = next();
    const int64_t length = next();
    TORCH_CHECK(begin >= 0 && length >= 0 && begin <= tokens && length <= tokens - begin, "the layout names tokens ",
                begin, " to ", begin + length, " of ", tokens);
    return Segment{begin, length};
  };
  std::vector<Tree> trees;
  while (numbers < end) {
    Tree tree{segment(), {}};
    const int64_t count = next();
    TORCH_CHECK(count >= 0 && count <= tokens + 1, "the layout gives a tree ", count, " branches");
    for (int64_t i = 0; i < count; ++i) tree.branches.push_back(segment());
    trees.push_back(std::move(tree));
  }
  return trees;
}

/// A block of tokens and the keys it sees: all of `context` and its own segment up to its end.
struct Block {
  Segment context;
  Segment segment;
  int64_t offset;  // of its first token within the segment
  int64_t tokens;

  Segment queries() const { return {segment.begin + offset, tokens}; }
  Segment own() const { return {segment.begin, offset + tokens}; }
  int64_t keys() const { return context.length + offset + tokens; }
  /// Keys that its token `token` sees.
  int64_t visible(int64_t token) const { return context.length + offset + token + 1; }
};

/// Calls `body` for each block of at most `most` tokens of the tree, the trunk's first.
template <typename Body>
void overBlocks(const Tree& tree, int64_t most, Body&& body) {
  const auto walk = [&](Segment context, Segment segment, int64_t from) {
    for (int64_t offset = from; offset < segment.length; offset += most)
      body(Block{context, segment, offset, std::min(most, segment.length - offset)});
  };
  const Segment& trunk = tree.trunk;
  walk({trunk.begin, 0}, trunk, 0);
  for (const Segment& branch : tree.branches) {
    // behind its trunk a branch is one stretch with it, and a product over its keys one instead of two
    if (branch.begin == trunk.begin + trunk.length)
      walk({trunk.begin, 0}, {trunk.begin, trunk.length + branch.length}, trunk.length);
    else
      walk(trunk, branch, 0);
  }
}

}  // namespace orpo

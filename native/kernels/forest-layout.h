// Where the trees of a forest lie in the token row, the tiles of their keys, and the blocks in which attention goes through
// their queries.
#pragma once
#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace orpo {

constexpr int64_t kTileKeys = 32;  // keys of a tile, which lie in one segment

struct Segment {
  int64_t begin;
  int64_t length;

  int64_t tiles() const { return (length + kTileKeys - 1) / kTileKeys; }
};

struct Tree {
  Segment trunk;
  std::vector<Segment> branches;

  int64_t tokens() const {
    return std::accumulate(branches.begin(), branches.end(), trunk.length,
                           [](int64_t sum, const Segment& branch) { return sum + branch.length; });
  }

  int64_t tiles() const {
    return std::accumulate(branches.begin(), branches.end(), trunk.tiles(),
                           [](int64_t sum, const Segment& branch) { return sum + branch.tiles(); });
  }

  /// Calls `body(first token, count)` for each tile: the trunk's, then those of each branch.
  template <typename Body>
  void overTiles(Body&& body) const {
    const auto walk = [&](const Segment& segment) {
      for (int64_t key = 0; key < segment.length; key += kTileKeys)
        body(segment.begin + key, std::min(kTileKeys, segment.length - key));
    };
    walk(trunk);
    for (const Segment& branch : branches) walk(branch);
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

/// A block of tokens and the keys it sees: all of `context`, whose tiles are the tree's first, and its own segment up to its
/// end.
struct Block {
  Segment context;
  Segment segment;
  int64_t offset;  // of its first token within the segment
  int64_t tokens;
  int64_t ownTile;  // the tree's first tile of the segment

  int64_t begin() const { return segment.begin + offset; }
  int64_t tiles() const { return context.tiles() + Segment{0, offset + tokens}.tiles(); }
  /// The tree's tile that is the block's i-th.
  int64_t tile(int64_t i) const { return i < context.tiles() ? i : ownTile + i - context.tiles(); }
  /// Keys of the block's i-th tile that its token sees, from the first on.
  int64_t visible(int64_t token, int64_t i) const {
    const int64_t own = i - context.tiles();
    const int64_t seen = own < 0 ? context.length - i * kTileKeys : offset + token + 1 - own * kTileKeys;
    return std::clamp<int64_t>(seen, 0, kTileKeys);
  }
};

/// Calls `body` for each block of at most `most` tokens of the tree, the trunk's first.
template <typename Body>
void overBlocks(const Tree& tree, int64_t most, Body&& body) {
  int64_t tile = 0;
  const auto walk = [&](const Segment& context, const Segment& segment) {
    for (int64_t offset = 0; offset < segment.length; offset += most)
      body(Block{context, segment, offset, std::min(most, segment.length - offset), tile});
    tile += segment.tiles();
  };
  walk({tree.trunk.begin, 0}, tree.trunk);
  for (const Segment& branch : tree.branches) walk(tree.trunk, branch);
}

}  // namespace orpo

// One long stretch of address space from which big blocks are cut, best fit first, and into which they melt back
// together. Batches of real data differ in length at every step; blocks kept by size would miss one another, and every
// step would fault fresh pages in. Here any free room serves any size.
//
// What is touched first lies on pages as the system gives them, since some virtual machines have huge ones ready only after
// a long wait. Memory that is used again after a release has proved to be worth the wait.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace orpo {

/// Not thread-safe: the allocator that owns it holds the lock.
class Arena {
 public:
  /// A stretch of the arena. Neighbours are linked, so that free ones join.
  struct Block {
    char* begin;
    size_t size;
    bool free;
    Block* before;
    Block* after;
  };

  /// Reserves as much address space as the machine has memory; no page is there until it is used.
  Arena();

  /// A block of at least `size` bytes, a multiple of 64, aligned to 64; null when no room is left. Pages that were used
  /// before stay as they are.
  Block* take(size_t size);
  void give(Block* block);
  /// Gives the pages of free blocks back to the system, and asks for huge ones where they are used again.
  void release();

  /// Bytes that were used once and are free now; pages used again after a release are not counted anew.
  int64_t cached() const { return std::max<int64_t>(0, touched_ - live_); }

 private:
  void insert(Block* block);
  void remove(Block* block);
  void absorb(Block* block, Block* next);
  void split(Block* block, size_t size);

  std::map<std::pair<size_t, char*>, Block*> free_;  // the smallest first, then the lowest
  char* reach_ = nullptr;                            // end of the highest block ever taken
  int64_t touched_ = 0;
  int64_t live_ = 0;
};

}  // namespace orpo

#include "arena.h"

#include <sys/mman.h>
#include <unistd.h>

namespace orpo {

namespace {

constexpr size_t kSmallestRemainder = size_t{64} << 10;  // less stays with the block it would be cut from
constexpr size_t kSmallestArena = size_t{64} << 20;

/// Gives the whole pages between two addresses back.
void releasePages(const char* from, const char* to) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t first = (reinterpret_cast<uintptr_t>(from) + page - 1) / page * page;
  const uintptr_t last = reinterpret_cast<uintptr_t>(to) / page * page;
  if (last <= first) return;
  void* begin = reinterpret_cast<void*>(first);
  madvise(begin, last - first, MADV_DONTNEED);
#ifdef MADV_HUGEPAGE
  constexpr size_t kHugePage = size_t{2} << 20;
  if (last - first >= kHugePage) madvise(begin, last - first, MADV_HUGEPAGE);
#endif
}

}  // namespace

Arena::Arena() {
  const size_t memory = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_NORESERVE
  flags |= MAP_NORESERVE;
#endif
  // a process whose address space is limited gets what it may have
  for (size_t size = memory; size >= kSmallestArena; size /= 2) {
    void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (base == MAP_FAILED) continue;
    reach_ = static_cast<char*>(base);
    insert(new Block{reach_, size, true, nullptr, nullptr});
    return;
  }
}

Arena::Block* Arena::take(size_t size) {
  const auto found = free_.lower_bound({size, nullptr});
  if (found == free_.end()) return nullptr;
  Block* block = found->second;
  remove(block);
  split(block, size);
  block->free = false;
  live_ += static_cast<int64_t>(block->size);
  char* end = block->begin + block->size;
  if (end > reach_) {
    touched_ += end - reach_;
    reach_ = end;
  }
  return block;
}

void Arena::give(Block* block) {
  live_ -= static_cast<int64_t>(block->size);
  block->free = true;
  if (Block* next = block->after; next != nullptr && next->free) {
    remove(next);
    absorb(block, next);
  }
  if (Block* previous = block->before; previous != nullptr && previous->free) {
    remove(previous);
    absorb(previous, block);
    block = previous;
  }
  insert(block);
}

void Arena::release() {
  for (const auto& [key, block] : free_) {
    // what was never touched is left as it is
    char* end = std::min(block->begin + block->size, reach_);
    if (end > block->begin) releasePages(block->begin, end);
  }
  touched_ = live_;
}

void Arena::insert(Block* block) { free_.insert({{block->size, block->begin}, block}); }

void Arena::remove(Block* block) { free_.erase({block->size, block->begin}); }

/// Joins two neighbours, neither of them in the free list.
void Arena::absorb(Block* block, Block* next) {
  block->size += next->size;
  block->after = next->after;
  if (next->after != nullptr) next->after->before = block;
  delete next;
}

/// Cuts what is more than `size` off a block that is not in the free list.
void Arena::split(Block* block, size_t size) {
  if (block->size < size + kSmallestRemainder) return;
  Block* rest = new Block{block->begin + size, block->size - size, true, block, block->after};
  if (block->after != nullptr) block->after->before = rest;
  block->after = rest;
  block->size = size;
  insert(rest);
}

}  // namespace orpo

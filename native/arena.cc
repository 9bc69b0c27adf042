#include "arena.h"

#include <sys/mman.h>
#include <unistd.h>

namespace orpo {

namespace {

constexpr size_t kSmallestRemainder = size_t{64} << 10;  // less stays with the block it would be cut from
constexpr size_t kSmallestArena = size_t{64} << 20;

void want(Pages pages, void* begin, size_t size) {
#ifdef MADV_HUGEPAGE
  madvise(begin, size, pages == Pages::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#else
  static_cast<void>(pages), static_cast<void>(begin), static_cast<void>(size);
#endif
}

/// Calls `advise(begin, size)` for the whole pages of a block.
template <typename Advise>
void overPages(const Arena::Block& block, Advise&& advise) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t first = (reinterpret_cast<uintptr_t>(block.begin) + page - 1) / page * page;
  const uintptr_t last = reinterpret_cast<uintptr_t>(block.begin + block.size) / page * page;
  if (last > first) advise(reinterpret_cast<void*>(first), last - first);
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
    want(Pages::huge, base, size);
    reach_ = static_cast<char*>(base);
    insert(new Block{reach_, size, true, nullptr, nullptr});
    return;
  }
}

Arena::Block* Arena::take(size_t size, Pages pages) {
  const auto found = free_.lower_bound({size, nullptr});
  if (found == free_.end()) return nullptr;
  Block* block = found->second;
  remove(block);
  split(block, size);
  if (pages == Pages::ordinary) overPages(*block, [](void* begin, size_t bytes) { want(Pages::ordinary, begin, bytes); });
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
    overPages(*block, [](void* begin, size_t bytes) {
      madvise(begin, bytes, MADV_DONTNEED);
      want(Pages::huge, begin, bytes);
    });
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

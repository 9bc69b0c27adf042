#include "allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "arena.h"

namespace orpo {

namespace {

constexpr size_t kHeader = 64;               // keeps the data 64-byte aligned
constexpr size_t kSmall = size_t{64} << 10;  // up to here: exact size classes; above: stretches of the arena

/// What stands before every block's data.
struct Header {
  size_t capacity;
  Arena::Block* block;  // null for a small one
};
static_assert(sizeof(Header) <= kHeader);

size_t rounded(size_t bytes) { return (bytes + 63) & ~size_t{63}; }

/// Eight classes an octave, so that small blocks of nearly equal size replace one another.
size_t sizeClass(size_t bytes) {
  if (bytes <= 512) return rounded(bytes);
  const size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

class CachingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes == 0 ? nullptr : take(bytes);
    return {data, data, &CachingAllocator::give, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &CachingAllocator::give; }

  void copy_data(void* target, const void* source, size_t count) const override { std::memcpy(target, source, count); }

  static CachingAllocator& instance() {
    static auto* allocator = new CachingAllocator();  // outlives every tensor that a late destructor may free
    return *allocator;
  }

  AllocatorStatus status() {
    const std::lock_guard lock(mutex_);
    return {live_, peak_, cached_ + arena_.cached(), blocks_};
  }

  void resetPeak() {
    const std::lock_guard lock(mutex_);
    peak_ = live_;
  }

  void emptyCache() {
    const std::lock_guard lock(mutex_);
    releaseCache();
  }

 private:
  static void give(void* data) {
    if (data != nullptr) instance().put(static_cast<char*>(data));
  }

  void* take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    char* base = bytes <= kSmall ? takeSmall(sizeClass(bytes)) : takeLarge(rounded(bytes + kHeader));
    if (base == nullptr) {
      releaseCache();
      base = bytes <= kSmall ? takeSmall(sizeClass(bytes)) : takeLarge(rounded(bytes + kHeader));
    }
    TORCH_CHECK_WITH(OutOfMemoryError, base != nullptr, "not enough memory for a tensor of ", bytes, " bytes");
    live_ += static_cast<int64_t>(reinterpret_cast<Header*>(base)->capacity);
    peak_ = std::max(peak_, live_);
    ++blocks_;
    return base + kHeader;
  }

  char* takeSmall(size_t capacity) {
    std::vector<char*>& list = free_[capacity];
    char* base = nullptr;
    if (!list.empty()) {
      base = list.back();
      list.pop_back();
      cached_ -= static_cast<int64_t>(capacity);
    } else {
      void* fresh = nullptr;
      if (posix_memalign(&fresh, kHeader, capacity + kHeader) != 0) return nullptr;
      base = static_cast<char*>(fresh);
    }
    new (base) Header{capacity, nullptr};
    return base;
  }

  char* takeLarge(size_t size) {
    if (size < kHeader) return nullptr;  // the sum wrapped around
    Arena::Block* block = arena_.take(size);
    if (block == nullptr) return nullptr;
    new (block->begin) Header{block->size, block};
    return block->begin;
  }

  void put(char* data) {
    char* base = data - kHeader;
    const Header header = *reinterpret_cast<Header*>(base);
    const std::lock_guard lock(mutex_);
    live_ -= static_cast<int64_t>(header.capacity);
    --blocks_;
    if (header.block != nullptr) return arena_.give(header.block);
    free_[header.capacity].push_back(base);
    cached_ += static_cast<int64_t>(header.capacity);
  }

  void releaseCache() {
    for (auto& [capacity, list] : free_) {
      for (char* base : list) std::free(base);
      list.clear();
    }
    cached_ = 0;
    arena_.release();
  }

  std::mutex mutex_;
  Arena arena_;
  std::unordered_map<size_t, std::vector<char*>> free_;
  int64_t live_ = 0;
  int64_t peak_ = 0;
  int64_t cached_ = 0;
  int64_t blocks_ = 0;
};

}  // namespace

void installAllocator() {
  c10::SetCPUAllocator(&CachingAllocator::instance(), 1);
#ifdef __GLIBC__
  // oneDNN takes scratch room from malloc at every product; what is given back to the system comes as fresh pages
  // again, which took 7 % of the processor time of a bfloat16 step
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}
AllocatorStatus allocatorStatus() { return CachingAllocator::instance().status(); }
void resetPeak() { CachingAllocator::instance().resetPeak(); }
void emptyCache() { CachingAllocator::instance().emptyCache(); }

}  // namespace orpo

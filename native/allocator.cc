#include "allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

namespace orpo {

namespace {

constexpr size_t kHeader = 64;               // keeps the data 64-byte aligned
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kSmall = size_t{64} << 10;  // below: exact size classes, never given back
constexpr size_t kSlack = size_t{256} << 20;

struct Header {
  size_t capacity;
};

/// Rounds up to one of eight classes an octave, so that blocks of nearly equal size replace one another.
size_t sizeClass(size_t bytes) {
  if (bytes <= 512) return (bytes + 63) & ~size_t{63};
  const size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

class CachingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes == 0 ? nullptr : take(sizeClass(bytes));
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
    return {live_, peak_, cached_, blocks_};
  }

  void resetPeak() {
    const std::lock_guard lock(mutex_);
    peak_ = live_;
  }

  void emptyCache() {
    const std::lock_guard lock(mutex_);
    evictAbove(0);
  }

 private:
  static void give(void* data) {
    if (data != nullptr) instance().put(data);
  }

  void* take(size_t capacity) {
    const std::lock_guard lock(mutex_);
    // a block up to a quarter larger is better than a fresh one: variable lengths would miss an exact cache
    auto found = free_.lower_bound(capacity);
    void* base = nullptr;
    if (found != free_.end() && found->first <= capacity + (capacity < kSmall ? 0 : capacity / 4)) {
      capacity = found->first;
      base = found->second.back();
      found->second.pop_back();
      if (found->second.empty()) free_.erase(found);
      cached_ -= static_cast<int64_t>(capacity);
    } else {
      base = fresh(capacity);
    }
    static_cast<Header*>(base)->capacity = capacity;
    live_ += static_cast<int64_t>(capacity);
    peak_ = std::max(peak_, live_);
    highest_ = std::max(highest_, live_);
    ++blocks_;
    return static_cast<char*>(base) + kHeader;
  }

  void put(void* data) {
    void* base = static_cast<char*>(data) - kHeader;
    const size_t capacity = static_cast<Header*>(base)->capacity;
    const std::lock_guard lock(mutex_);
    live_ -= static_cast<int64_t>(capacity);
    --blocks_;
    free_[capacity].push_back(base);
    cached_ += static_cast<int64_t>(capacity);
    // the process never holds much more than it needed at its peak
    evictAbove(highest_ + highest_ / 10 + static_cast<int64_t>(kSlack) - live_);
  }

  void evictAbove(int64_t limit) {
    while (cached_ > limit && !free_.empty()) {
      auto largest = std::prev(free_.end());
      std::free(largest->second.back());
      cached_ -= static_cast<int64_t>(largest->first);
      largest->second.pop_back();
      if (largest->second.empty()) free_.erase(largest);
    }
  }

  void* fresh(size_t capacity) {
    void* base = request(capacity);
    if (base == nullptr) {
      evictAbove(0);
      base = request(capacity);
    }
    TORCH_CHECK_WITH(OutOfMemoryError, base != nullptr, "not enough memory for a tensor of ", capacity, " bytes");
    return base;
  }

  static void* request(size_t capacity) {
    const size_t total = capacity + kHeader;
    if (total < capacity) return nullptr;
    const bool huge = total >= 2 * kHugePage;
    void* base = nullptr;
    if (posix_memalign(&base, huge ? kHugePage : kHeader, total) != 0) return nullptr;
    if (huge) madvise(base, total, MADV_HUGEPAGE);
    return base;
  }

  std::mutex mutex_;
  std::map<size_t, std::vector<void*>> free_;
  int64_t live_ = 0;
  int64_t peak_ = 0;
  int64_t highest_ = 0;
  int64_t cached_ = 0;
  int64_t blocks_ = 0;
};

}  // namespace

void installAllocator() { c10::SetCPUAllocator(&CachingAllocator::instance(), 1); }
AllocatorStatus allocatorStatus() { return CachingAllocator::instance().status(); }
void resetPeak() { CachingAllocator::instance().resetPeak(); }
void emptyCache() { CachingAllocator::instance().emptyCache(); }

}  // namespace orpo

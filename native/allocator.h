// A caching allocator for CPU tensors. glibc gives big activations back to the kernel after each use and faults them
// in again at the next step; keeping them makes a training step up to twice as fast.
#pragma once
#include <cstdint>

namespace orpo {

struct AllocatorStatus {
  int64_t liveBytes;
  int64_t peakBytes;
  int64_t cachedBytes;
  int64_t blocks;
};

/// Makes the caching allocator libtorch's CPU allocator; must run before the first tensor exists.
void installAllocator();
AllocatorStatus allocatorStatus();
/// Starts a new measurement of peakBytes.
void resetPeak();
/// Returns every cached block to the system; memory used again lies on huge pages.
void emptyCache();

}  // namespace orpo

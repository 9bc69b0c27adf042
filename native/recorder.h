// What runs while a profile is taken: every operator of this thread, forward and backward, and the spans TypeScript opens.
#pragma once
#include <ATen/record_function.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace orpo {

enum class Event : uint8_t { Operator = 0, Span = 1, BackwardNode = 2 };

/// Sums over all events of one kind and name, in one phase (outermost span) and floor (innermost span).
struct EventTotals {
  double calls = 0;
  double own = 0;  // nanoseconds without what is nested inside
  double all = 0;
  double flops = 0;
  double bytes = 0;
};

struct EventKey {
  uint32_t phase, floor, name;
  Event kind;
  bool backward;
  bool operator==(const EventKey&) const = default;
};

struct EventKeyHash {
  size_t operator()(const EventKey& key) const {
    uint64_t hash = (uint64_t{key.phase} << 40) ^ (uint64_t{key.floor} << 20) ^ key.name;
    hash = (hash ^ (uint64_t{static_cast<uint8_t>(key.kind)} << 60) ^ (uint64_t{key.backward} << 63)) *
           0x9E3779B97F4A7C15ull;
    return hash ^ (hash >> 32);
  }
};

/// One line of the trace. Times in nanoseconds since the start.
struct TracedEvent {
  EventKey key;
  int64_t begin, length;
  double flops, bytes;
};

class Recorder {
 public:
  /// `capacity`: events kept for the trace; sums go on when it is full.
  explicit Recorder(size_t capacity);

  /// Returns the depth to give to `closeSpan`.
  size_t openSpan(const std::string& name);
  /// Closes every span and operator above `depth`.
  void closeSpan(size_t depth);

  void openOperator(const at::RecordFunction& function);
  void closeOperator(const at::RecordFunction& function);

  int64_t elapsed() const;

  std::vector<std::string> names;
  std::unordered_map<EventKey, EventTotals, EventKeyHash> totals;
  std::vector<TracedEvent> trace;
  size_t untraced = 0;

 private:
  struct Frame {
    EventKey key;
    int64_t begin;
    int64_t nested;  // nanoseconds of events inside
    double flops, bytes, bytesInside;
  };

  uint32_t intern(const char* name);
  bool isView(uint32_t name, const at::RecordFunction& function);
  void close();

  std::chrono::steady_clock::time_point start_;
  size_t capacity_;
  std::unordered_map<std::string, uint32_t> known_;
  std::vector<int8_t> views_;  // by name: -1 not asked yet
  std::vector<Frame> open_;
  /// The floor of the forward operator with this number, for the backward node that it made.
  std::unordered_map<int64_t, uint32_t> floorOfSequence_;
};

}  // namespace orpo

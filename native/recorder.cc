#include "recorder.h"

#include <ATen/core/Tensor.h>
#include <c10/util/ParallelGuard.h>

#include "operation-count.h"

namespace orpo {

Recorder::Recorder(size_t capacity) : start_(std::chrono::steady_clock::now()), capacity_(capacity) { intern(""); }

int64_t Recorder::elapsed() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start_).count();
}

uint32_t Recorder::intern(const char* name) {
  const auto [entry, fresh] = known_.try_emplace(name, static_cast<uint32_t>(names.size()));
  if (fresh) {
    names.emplace_back(name);
    views_.push_back(-1);
  }
  return entry->second;
}

/// Whether the operator returns another look at its argument: it moves nothing.
bool Recorder::isView(uint32_t name, const at::RecordFunction& function) {
  if (views_[name] < 0) {
    views_[name] = 0;
    if (const auto schema = function.operator_schema())
      for (const c10::Argument& result : schema->returns())
        if (result.alias_info() != nullptr && !result.alias_info()->isWrite()) views_[name] = 1;
  }
  return views_[name] == 1;
}

size_t Recorder::openSpan(const std::string& name) {
  const size_t depth = open_.size();
  const uint32_t id = intern(name.c_str());
  const uint32_t phase = open_.empty() ? id : open_.front().key.phase;
  if (open_.empty()) floorOfSequence_.clear();
  open_.push_back({{phase, id, id, Event::Span, false}, elapsed(), 0, 0, 0, 0});
  return depth;
}

void Recorder::closeSpan(size_t depth) {
  while (open_.size() > depth) close();
}

void Recorder::openOperator(const at::RecordFunction& function) {
  // this thread's share of what a kernel spreads over threads: part of the kernel's own time
  if (c10::ParallelGuard::is_enabled()) return;
  const uint32_t name = intern(function.name());
  EventKey key{0, 0, name, Event::Operator, false};
  if (!open_.empty()) {
    const EventKey& outer = open_.back().key;
    key = {outer.phase, outer.floor, name, Event::Operator, outer.backward};
  }
  const int64_t sequence = function.seqNr();
  Frame frame{key, 0, 0, 0, 0, 0};
  if (function.scope() == at::RecordScope::BACKWARD_FUNCTION) {
    frame.key.kind = Event::BackwardNode;
    frame.key.backward = true;
    const auto forward = floorOfSequence_.find(sequence);
    if (forward != floorOfSequence_.end()) frame.key.floor = forward->second;
  } else {
    // of the operators that see one number, the last is the one that makes the node
    if (sequence >= 0 && !key.backward) floorOfSequence_[sequence] = key.floor;
    frame.flops = productOperations(function.name(), function.inputs());
    if (!isView(name, function)) frame.bytes = bytesOf(function.inputs());
  }
  frame.begin = elapsed();
  open_.push_back(frame);
}

void Recorder::closeOperator(const at::RecordFunction& function) {
  if (c10::ParallelGuard::is_enabled()) return;
  // an operator that was open when the recorder began
  if (open_.empty() || open_.back().key.kind == Event::Span) return;
  Frame& frame = open_.back();
  if (frame.key.kind == Event::Operator && !isView(frame.key.name, function))
    frame.bytes += bytesOf(function.outputs());
  close();
}

void Recorder::close() {
  const Frame frame = open_.back();
  open_.pop_back();
  const int64_t length = elapsed() - frame.begin;
  // what lies inside moves the bytes of an operator that only calls others
  const double bytes = frame.flops > 0 || frame.bytesInside == 0 ? frame.bytes : 0;
  if (!open_.empty()) {
    open_.back().nested += length;
    open_.back().bytesInside += bytes + frame.bytesInside;
  }
  EventTotals& sums = totals[frame.key];
  sums.calls += 1;
  sums.own += static_cast<double>(length - frame.nested);
  sums.all += static_cast<double>(length);
  sums.flops += frame.flops;
  sums.bytes += bytes;
  if (trace.size() < capacity_)
    trace.push_back({frame.key, frame.begin, length, frame.flops, bytes});
  else
    ++untraced;
}

}  // namespace orpo

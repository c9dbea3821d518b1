// A subscriber's view of a stream: its format, its events, and whether adjacent deltas are merged.
// The frames of a view are a function of the stream's frames, so a cursor is valid in every view.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/protocol/event.h"
#include "server/compat/translator.h"
#include "server/core/event_log.h"

namespace plenum::http {

// Selects events by type and member. Terminal events always match. A value: any thread.
class EventFilter {
 public:
  // Comma-separated names. Fail with bad_request if one is empty or, for types, unknown. A member that is not in the
  // task is valid and matches nothing.
  Result<void> set_types(std::string_view names);
  Result<void> set_members(std::string_view names);

  bool all() const { return types_ == 0 && members_.empty(); }
  // `frame`: a native frame. Events of the task as a whole match every member.
  bool matches(std::string_view frame) const;
  auto operator<=>(const EventFilter&) const = default;

 private:
  std::uint32_t types_ = 0;           // one bit per EventType; 0: all
  std::vector<std::string> members_;  // as JSON strings, sorted, unique; empty: all
};

struct StreamView {
  compat::CompatFormat format = compat::CompatFormat::native;
  bool compact = false;  // merges adjacent deltas for a subscriber that is catching up; live events are unchanged
  EventFilter filter{};

  bool native() const { return format == compat::CompatFormat::native; }
  // Whether its frames are the native frames, byte for byte.
  bool plain() const { return native() && !compact && filter.all(); }
  auto operator<=>(const StreamView&) const = default;
};

// Converts native frames, in order, to those of a filtered or compact view. Merged deltas are one event with the id of
// the last one, and with `seq_from`, the number of the first one. Not thread-safe.
class FrameFilter {
 public:
  // Both references must outlive this. Frames are appended to `out`.
  FrameFilter(const EventFilter& filter, bool compact, std::string& out)
      : filter_(filter), compact_(compact), out_(out) {}

  void add(const core::FrameSpan& frames);
  // Appends the deltas that were held for merging. Call once, at the end.
  void finish();

 private:
  void add(std::string_view frame, std::uint64_t seq);
  bool merge(std::string_view frame, std::uint64_t seq);

  const EventFilter& filter_;
  const bool compact_;
  std::string& out_;
  // The deltas held for merging; copies, because spans do not last.
  std::uint64_t first_seq_ = 0;  // 0: none
  bool merged_ = false;          // more than one
  std::string head_;             // of the last one
  std::string t_ms_;             // of the first one
  std::string source_, tokens_;
  std::string_view kind_;  // of static storage
};

}  // namespace plenum::http

// In which form a reader wants a stream: in whose words, which of its events, with deltas joined or not.
// Frames of a form are a function of the stream's own frames, so every cursor holds in every form.
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

// A choice of events by type and member. What ends a stream is part of every choice. A value: any thread.
class EventFilter {
 public:
  // Comma-separated names. Fail with bad_request when one is empty or, for types, not known.
  Result<void> choose_types(std::string_view names);
  Result<void> choose_members(std::string_view names);

  bool all() const { return types_ == 0 && members_.empty(); }
  // The frame is one of the stream's own. Events of the task as a whole belong to all members.
  bool takes(std::string_view frame) const;
  auto operator<=>(const EventFilter&) const = default;

 private:
  std::uint32_t types_ = 0;           // a bit for each EventType; 0: all
  std::vector<std::string> members_;  // as JSON strings, in order, each once; empty: all
};

struct StreamView {
  compat::CompatFormat format = compat::CompatFormat::native;
  bool compact = false;  // of what a reader gets late, neighbouring deltas are one frame
  EventFilter selection{};

  // Whether its frames are the stream's own, byte by byte.
  bool plain() const { return format == compat::CompatFormat::native && !compact && selection.all(); }
  auto operator<=>(const StreamView&) const = default;
};

// Makes the frames of a form in the native format from the stream's own, in order. Joined deltas are one
// event with the id of the last of them, and with `seq_from`, the number of the first. Not thread-safe.
class FrameFilter {
 public:
  // Both must outlive the shaper. Frames are appended to out.
  FrameFilter(const EventFilter& selection, bool compact, std::string& out)
      : selection_(selection), compact_(compact), out_(out) {}

  void add(const core::FrameSpan& frames);
  // Call once, at the end: deltas that wait for others are appended.
  void finish();

 private:
  void add(std::string_view frame, std::uint64_t seq);
  bool join(std::string_view frame, std::uint64_t seq);

  const EventFilter& selection_;
  const bool compact_;
  std::string& out_;
  // The deltas that wait; copies, because spans do not last.
  std::uint64_t first_seq_ = 0;  // 0: none
  bool joined_ = false;          // more than one
  std::string head_;             // of the last one
  std::string t_ms_;             // of the first one
  std::string speaker_, tokens_;
  std::string_view kind_;  // of static storage
};

}  // namespace plenum::http

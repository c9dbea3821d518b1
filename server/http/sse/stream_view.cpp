#include "server/http/sse/stream_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/json_writer.h"
#include "common/sse/encoded_frame.h"

namespace plenum::http {
namespace {

constexpr std::size_t merged_frame_bytes_max = 32 * 1024;
constexpr std::size_t merged_overhead_bytes = 64;  // upper bound of the text between the parts of a delta

constexpr std::uint32_t bit(EventType type) { return 1u << static_cast<unsigned>(type); }
constexpr std::uint32_t terminal_bits =
    bit(EventType::task_completed) | bit(EventType::task_error) | bit(EventType::task_cancelled);

std::string known_types() {
  std::string names;
  for (unsigned i = 0; i < static_cast<unsigned>(EventType::unknown); ++i) {
    if (i > 0) names += ", ";
    names += name_of(static_cast<EventType>(i));
  }
  return names;
}

// Calls f with every name of the list, including empty ones; an empty list has one empty name.
template <class F>
Result<void> each_name(std::string_view names, F&& f) {
  for (;;) {
    const std::size_t comma = names.find(',');
    if (auto valid = f(names.substr(0, comma)); !valid) return valid;
    if (comma == std::string_view::npos) return {};
    names.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<void> EventFilter::set_types(std::string_view names) {
  types_ = terminal_bits;
  return each_name(names, [this](std::string_view name) -> Result<void> {
    const EventType type = event_type_named(name);
    if (type == EventType::unknown) {
      return Failure(Error{ErrorCode::bad_request,
                           fmt::format("?types= has an unknown event type: `{}`.", name.substr(0, 32)),
                           "Event types: " + known_types() + "."});
    }
    types_ |= bit(type);
    return {};
  });
}

Result<void> EventFilter::set_members(std::string_view names) {
  const auto valid = each_name(names, [this](std::string_view name) -> Result<void> {
    if (name.empty()) {
      return Failure(Error{ErrorCode::bad_request, "?members= has an empty name.",
                           "Separate members with single commas, named as in task_started."});
    }
    append_json_string(members_.emplace_back(), name);
    return {};
  });
  std::sort(members_.begin(), members_.end());
  members_.erase(std::unique(members_.begin(), members_.end()), members_.end());
  return valid;
}

bool EventFilter::matches(std::string_view frame) const {
  if (all()) return true;
  // An event type that is newer than this table matches no name.
  const std::uint32_t type = bit(event_type_named(event_name_of(frame)));
  if ((type & terminal_bits) != 0) return true;
  if (types_ != 0 && (types_ & type) == 0) return false;
  if (members_.empty()) return true;
  const std::string_view member = quoted_text_of(frame, "member");
  return member.empty() || std::binary_search(members_.begin(), members_.end(), member);
}

void FrameFilter::add(const core::FrameSpan& frames) {
  for (std::size_t i = 0; i < frames.ends.size(); ++i) add(frames.frame(i), frames.first_seq + i);
}

void FrameFilter::add(std::string_view frame, std::uint64_t seq) {
  if (!filter_.matches(frame)) return;
  if (compact_ && merge(frame, seq)) return;
  finish();
  out_.append(frame);
}

// Merges a delta into the held ones, or holds it as the first of the next group. False if the frame is not a delta.
bool FrameFilter::merge(std::string_view frame, std::uint64_t seq) {
  const auto delta = read_token_frame(frame);
  if (!delta) return false;
  const std::size_t together = delta->head.size() + delta->source.size() + tokens_.size() + delta->tokens.size();
  if (first_seq_ != 0 && source_ == delta->source && kind_ == delta->kind &&
      together + merged_overhead_bytes <= merged_frame_bytes_max) {
    merged_ = true;
  } else {
    finish();
    first_seq_ = seq;
    t_ms_ = delta->t_ms;
    source_ = delta->source;
    kind_ = delta->kind;
  }
  head_ = delta->head;
  tokens_ += delta->tokens;
  return true;
}

// t_ms of the first delta and the time of day of the last one: applying the merged event yields the same time to the
// first token and the same last change as applying the originals.
void FrameFilter::finish() {
  if (first_seq_ == 0) return;
  out_.append(head_).append(t_ms_).append(source_).append(tokens_);
  out_.append("\",\"kind\":\"").append(kind_).push_back('"');
  if (merged_) out_.append(",\"seq_from\":").append(std::to_string(first_seq_));
  out_.append("}\n\n");
  first_seq_ = 0;
  merged_ = false;
  tokens_.clear();
}

}  // namespace plenum::http

#include "client/api/stream_cursor.h"

#include "common/json/json_access.h"

namespace plenum::client {

StreamCursor StreamCursor::after(std::uint64_t seq) {
  StreamCursor cursor;
  cursor.seq_ = seq;
  return cursor;
}

StreamCursor StreamCursor::from_now() {
  StreamCursor cursor;
  cursor.seq_known_ = false;
  return cursor;
}

Verdict StreamCursor::take(const ReceivedEvent& event, std::string_view frame_id) {
  if (event.seq == 0) {
    if (event.type() == EventType::system_message) note_message(std::get<SystemMessage>(event.payload));
    return Verdict::control;
  }
  const std::optional<EventId> id = EventId::parse(frame_id);
  if (!id || id->seq != event.seq) return Verdict::invalid_id;
  const bool same_log = epoch_.empty() || epoch_ == id->epoch;
  if (gap_announced_ || !seq_known_) {
    // In the same log only events after the cursor are new; a new log starts from its own first number.
    if (same_log && seq_known_ && event.seq <= seq_) return Verdict::duplicate;
  } else {
    if (!same_log) return Verdict::gap;
    if (event.seq <= seq_) return Verdict::duplicate;
    if (event.seq != seq_ + 1) return Verdict::gap;
  }
  epoch_ = id->epoch;
  seq_ = event.seq;
  seq_known_ = true;
  gap_announced_ = false;
  return Verdict::next;
}

void StreamCursor::note_message(const SystemMessage& message) {
  if (message.code == "gap") gap_announced_ = true;
  if (message.code != "stream_open") return;
  const Result<Json> fields = parse_json("{" + message.fields_json + "}");
  if (!fields) return;
  if (epoch_.empty()) epoch_ = text_at(*fields, "epoch");
  // "Now" is the end of the log at the time of the response. Set here, so that a connection that is lost before
  // the first event does not lose the events in between.
  if (const auto last = number_at(*fields, "last_seq"); !seq_known_ && last && *last >= 0) {
    seq_ = static_cast<std::uint64_t>(*last);
    seq_known_ = true;
  }
}

std::string StreamCursor::last_event_id() const {
  if (epoch_.empty() || !seq_known_ || seq_ == 0) return {};
  return EventId{epoch_, seq_}.str();
}

}  // namespace plenum::client

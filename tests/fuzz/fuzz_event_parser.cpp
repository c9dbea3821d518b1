// Any bytes are parsed into an event or an error; a parsed event that is encoded again is parsed identically.
#include <cstdint>

#include "common/protocol/event.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using tests::require;

namespace {

// A cost of unknown origin loses its value, and invalid parts are dropped: so not the first but the second pass must be
// stable.
ReceivedEvent round_trip(const ReceivedEvent& event) {
  const Event again{event.payload, std::make_shared<EventSource>(event.source)};
  const EventStamp stamp{event.seq, {}, event.t_ms};
  std::string frame;
  EventEncoder(StreamId(), "k3", event.message_id, event.conversation_id).append_json(frame, again, stamp);
  require(frame.find_first_of("\r\n") == std::string::npos);
  auto parsed = parse_event(frame);
  require(parsed.has_value());
  return *std::move(parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto event = parse_event({reinterpret_cast<const char*>(data), size});
  if (!event || event->type() == EventType::unknown) return 0;
  const ReceivedEvent first = round_trip(*event);
  require(first.type() == event->type());
  require(first.source == event->source);
  require(first.message_id == event->message_id);
  const ReceivedEvent second = round_trip(first);
  require(second.payload == first.payload);
  return 0;
}

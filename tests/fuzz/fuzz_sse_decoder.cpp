// The same bytes are decoded into the same events however they are fragmented, and the encoder preserves the events.
// The first byte of the input selects the fragmentation, and whether lines that are no field are emitted.
#include <cstdint>
#include <vector>

#include "common/sse/decoder.h"
#include "common/sse/encoder.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using tests::require;

namespace {

constexpr std::size_t event_bytes_max = 256;  // small, so that the limit is reached

struct Decoded {
  std::vector<SseEvent> events;
  std::string cursor;
  bool failed = false;
};

Decoded decode(std::string_view bytes, std::size_t piece, SseDecoder::OtherLines other_lines) {
  SseDecoder decoder(event_bytes_max, other_lines);
  Decoded decoded;
  for (std::size_t at = 0; at < bytes.size() && !decoded.failed; at += piece) {
    decoded.failed = !decoder.feed(bytes.substr(at, piece), decoded.events);
  }
  decoder.finish(decoded.events);
  decoded.cursor = decoder.last_event_id();
  return decoded;
}

bool same(const SseEvent& a, const SseEvent& b) {
  return a.event == b.event && a.data == b.data && a.last_event_id == b.last_event_id && a.is_line == b.is_line;
}

void check_encoder(const SseEvent& event) {
  std::string frame;
  append_frame(frame, event.last_event_id, event.event, event.data);
  SseDecoder decoder;
  std::vector<SseEvent> events;
  require(decoder.feed(frame, events).has_value());
  require(events.size() == 1 && events[0].data == event.data);  // a decoded line contains no line end
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto other_lines = data[0] < 128 ? SseDecoder::OtherLines::ignored : SseDecoder::OtherLines::emitted;
  const Decoded whole = decode(bytes, bytes.size() + 1, other_lines);
  const Decoded pieces = decode(bytes, data[0] % 16 + 1, other_lines);
  require(whole.failed == pieces.failed && whole.cursor == pieces.cursor);
  require(whole.events.size() == pieces.events.size());
  for (std::size_t i = 0; i < whole.events.size(); ++i) {
    require(same(whole.events[i], pieces.events[i]));
    if (!whole.events[i].is_line) check_encoder(whole.events[i]);
  }
  return 0;
}

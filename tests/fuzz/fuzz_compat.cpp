// Any sequence of events, one JSON object per line, becomes valid frames in every compatibility format: JSON objects on
// one line, the same every time, and from any event on exactly the rest.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"
#include "server/compat/translator.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using tests::require;

namespace {

std::vector<ReceivedEvent> events_of(std::string_view text) {
  std::vector<ReceivedEvent> events;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (auto event = parse_event(line)) events.push_back(*std::move(event));
  }
  return events;
}

// The frames of all events from number `first` on.
std::vector<compat::Frame> frames_of(compat::CompatFormat format, const std::vector<ReceivedEvent>& events,
                                     std::size_t first) {
  const auto translator = compat::translator(format);
  std::vector<compat::Frame> frames, earlier;
  for (std::size_t i = 0; i < events.size(); ++i) translator->translate(events[i], i < first ? earlier : frames);
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto events = events_of({reinterpret_cast<const char*>(data), size});
  using compat::CompatFormat;
  for (const CompatFormat format : {CompatFormat::conclave, CompatFormat::process, CompatFormat::facilitair,
                                    CompatFormat::council, CompatFormat::council_2026}) {
    const auto frames = frames_of(format, events, 0);
    for (const compat::Frame& frame : frames) {
      require(frame.data.find_first_of("\r\n") == std::string::npos);
      const auto json = parse_json(frame.data);
      require(json && json->is_object());
    }
    const auto rest = frames_of(format, events, events.size() / 2);
    require(rest.size() <= frames.size());
    require(std::equal(rest.rbegin(), rest.rend(), frames.rbegin()));
  }
  return 0;
}

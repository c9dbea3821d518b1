// Streams in the vocabularies of other systems: a pure function from a stream's events to the frames that
// a client of that system reads. Fed with the same events it says the same, whoever feeds it and wherever a
// reader goes on. docs/protocol.md, "Compatibility formats", says what becomes of what.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/event.h"

namespace plenum::compat {

enum class CompatFormat : std::uint8_t { native, conclave, process, council };
std::optional<CompatFormat> compat_format_named(std::string_view name);

// One frame to send; without a name where that system's frames have none.
struct Frame {
  std::string name;
  std::string data;  // one JSON object
  bool operator==(const Frame&) const = default;
};

// Not thread-safe: one for each stream and format, fed with every event from the first one on.
class EventTranslator {
 public:
  virtual ~EventTranslator() = default;
  virtual void project(const ReceivedEvent& event, std::vector<Frame>& out) = 0;
};

// Null for native.
std::unique_ptr<EventTranslator> translator(CompatFormat format);

}  // namespace plenum::compat

// Streams in the event formats of other systems: a pure function from the events of a stream to the frames of such a
// system. The same events always yield the same frames, so that a subscriber can resume.
// Source: docs/protocol.md, "Compatibility formats".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/event.h"

namespace plenum::compat {

enum class CompatFormat : std::uint8_t { native, conclave, process, facilitair, council, council_2026 };
// Nothing for an unknown name.
std::optional<CompatFormat> compat_format_named(std::string_view name);
std::string_view name_of(CompatFormat format);
// `native, conclave, …`: all names, for error messages.
std::string compat_format_names();

// One frame to send; `name` is empty in formats without event names.
struct Frame {
  std::string name;
  std::string data;  // one JSON object
  bool operator==(const Frame&) const = default;
};

// Not thread-safe: one per stream and format. Receives every event from the first one on.
class EventTranslator {
 public:
  virtual ~EventTranslator() = default;
  // Appends the frames of the next event.
  virtual void translate(const ReceivedEvent& event, std::vector<Frame>& out) = 0;
};

// Null for native.
std::unique_ptr<EventTranslator> translator(CompatFormat format);

}  // namespace plenum::compat

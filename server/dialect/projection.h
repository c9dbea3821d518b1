// Streams in the vocabularies of other systems: a pure function from a stream's events to the frames that
// a client of that system reads. Fed with the same events it says the same, whoever feeds it and wherever a
// reader goes on. docs/protocol.md, "Dialects", says what becomes of what.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event.h"

namespace plenum::dialect {

enum class Vocabulary : std::uint8_t { native, conclave, process, council };
std::optional<Vocabulary> vocabulary_named(std::string_view name);

// One frame to send; without a name where that system's frames have none.
struct Frame {
  std::string name;
  std::string data;  // one JSON object
  bool operator==(const Frame&) const = default;
};

// Not thread-safe: one for each stream and vocabulary, fed with every event from the first one on.
class Projection {
 public:
  virtual ~Projection() = default;
  virtual void project(const ReceivedEvent& event, std::vector<Frame>& out) = 0;
};

// Null for native.
std::unique_ptr<Projection> projection(Vocabulary vocabulary);

}  // namespace plenum::dialect

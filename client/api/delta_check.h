// Proves that the text that was streamed is the text that was recorded: for each chunk, the deltas of
// its last attempt, joined, equal `output`, and `chars` and `sha256` say the same
// (docs/protocol.md, "Events"). Keeps a running digest per open chunk, not its text.
// Not thread-safe: one check per reader.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/protocol/event.h"

namespace plenum::client {

class DeltaCheck {
 public:
  DeltaCheck();
  ~DeltaCheck();

  // Takes every event of the stream in order. Returns what is wrong with a chunk that has just ended,
  // in one sentence. A chunk whose beginning was not seen cannot be judged and is passed over.
  std::optional<std::string> take(const ReceivedEvent& event);

 private:
  struct Deltas;

  void restart(const std::string& chunk);
  void take_snapshot(const Snapshot& snapshot);
  std::optional<std::string> compare(const ReceivedEvent& event, const ChunkCompleted& completed);

  std::map<std::string, std::unique_ptr<Deltas>> open_;  // by chunk
};

}  // namespace plenum::client

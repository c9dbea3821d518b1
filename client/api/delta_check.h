// Verifies that the streamed text equals the recorded text: the concatenated deltas of a chunk's last attempt equal
// `output`, and match `chars` and `sha256` (docs/protocol.md, "Events"). Stores a digest per open chunk, not its text.
// Not thread-safe: one check per stream.
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

  // Takes every event of the stream in order. Returns the mismatch of a chunk that has just ended, in one
  // sentence. A chunk whose start was not received cannot be verified and is ignored.
  std::optional<std::string> take(const ReceivedEvent& event);

 private:
  struct Deltas;

  void restart(const std::string& chunk);
  void take_snapshot(const Snapshot& snapshot);
  std::optional<std::string> compare(const ReceivedEvent& event, const ChunkCompleted& completed);

  std::map<std::string, std::unique_ptr<Deltas>> open_;  // by chunk
};

}  // namespace plenum::client

// The texts of a run's chunks, as received: what is written when a view ends before the answer. Bounded: past
// text_bytes_max further text is dropped, and the stream has to be read again to see it.
// Pure. Not thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <vector>

#include "common/protocol/event.h"

namespace plenum::client {

struct ChunkText {
  EventSource source;
  std::string kind;  // of the step
  std::string text;  // of the current attempt
  std::string reasoning;
  std::vector<SourceRef> sources;
  bool ended = false;
  bool from_start = false;  // the stream was not joined in the middle of the chunk
  std::size_t written = 0;  // bytes of text that are in the scrollback
  bool reasoning_written = false;
};

class RunTexts {
 public:
  static constexpr std::size_t text_bytes_max = std::size_t{64} << 20;

  void apply(const ReceivedEvent& event);
  // In the order of their first event.
  std::list<ChunkText>& chunks() { return chunks_; }
  const std::list<ChunkText>& chunks() const { return chunks_; }
  // Null if it is not known.
  ChunkText* find(const std::string& chunk);
  // Whether no text was dropped.
  bool complete() const { return complete_; }

 private:
  ChunkText& chunk_of(const EventSource& source);
  void append(std::string& text, std::string_view more);
  void on_snapshot(const Snapshot& snapshot);

  std::list<ChunkText> chunks_;
  std::size_t bytes_ = 0;
  bool complete_ = true;
};

}  // namespace plenum::client

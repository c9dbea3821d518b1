// Judges everything that callers, readers and the upstream saw of a server that is killed again and again.
// The rules are those of docs/protocol.md: one gap-free log per stream, the same bytes for every reader forever,
// one terminal event, one stream a key, and no call for what was answered already.
// Time and memory are linear in what it is shown: of a frame it keeps eight bytes.
// Not thread-safe: one thread reports observations in the order in which they happened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/json/json.h"

namespace plenum::tests {

// What was seen, for the report.
struct HistoryCounts {
  std::uint64_t streams = 0, events = 0, frames = 0;
  std::uint64_t wire_repeats = 0;  // frames that a reader had already: allowed, dropped by their id
  std::uint64_t resets = 0;        // chunks that were restarted
  std::uint64_t calls = 0;         // of the upstream
  std::uint64_t calls_again = 0;   // for a chunk that had been called before and had not ended
  std::uint64_t ended_completed = 0, ended_otherwise = 0, cancels = 0;  // streams by their terminal event
};

class HistoryChecker {
 public:
  using Reader = std::size_t;

  // A POST with this key returned this stream. The key is also part of the task, so that calls can be
  // apart.
  void accepted(const std::string& key, const std::string& stream);
  // A reader that has seen nothing yet.
  Reader new_reader(const std::string& stream);
  // A connection of the reader begins; what comes over it must rise from frame to frame.
  void connected(Reader reader);
  // A frame with an id: exactly its bytes from `id: ` to the blank line.
  void frame(Reader reader, std::string_view id, std::string_view data, std::string_view bytes);
  // A frame without an id, which must be no notice of a loss.
  void control_frame(Reader reader, std::string_view data);
  // The server, alive, ended a connection in order (or answered 204).
  void body_ended(Reader reader);
  // Any response other than the stream to a reader that requested it.
  void refused(Reader reader, int status, std::string_view body);
  // The server starts again.
  void life_begins() { ++life_; }
  // The upstream receives the call of a chunk and will send this text.
  void upstream_call(const std::string& key, const std::string& chunk, std::string_view text);
  // A cancel returned 202: no later life of the server calls the upstream for this task again.
  void cancelled(const std::string& key);
  // Everything has been given time to finish: whatever is still open is lost.
  void finish();

  // Where the reader stands: the id of the last frame that it took, empty at first.
  const std::string& cursor_of(Reader reader) const { return readers_[reader].cursor; }
  bool at_end(Reader reader) const;
  // How many events are known of the stream.
  std::uint64_t events_of(const std::string& stream) const;

  // One sentence per finding; at most findings_max of them are stored, all are counted.
  static constexpr std::size_t findings_max = 50;
  const std::vector<std::string>& findings() const { return findings_; }
  std::uint64_t finding_count() const { return finding_count_; }
  void found(std::string what);
  const HistoryCounts& counts() const { return counts_; }

 private:
  struct Chunk {
    std::string text;  // deltas of the attempt that runs
    bool completed = false;
    std::uint64_t output = 0;  // hash, once completed
  };
  struct Stream {
    std::string key, epoch;
    std::vector<std::uint64_t> frames;  // hash of the frame with seq i + 1
    std::uint64_t terminal_seq = 0;     // 0: not seen yet
    int cut_short_in = 0;               // the life in which a terminal event other than task_completed was seen
    std::unordered_map<std::string, Chunk> chunks;
  };
  struct Calls {
    std::uint64_t last_text = 0;  // hash
    int count = 0;
    int last_life = 0;
  };
  struct Task {
    std::string stream;
    std::unordered_map<std::string, Calls> calls;  // by chunk
    int cancelled_in = 0;                          // the life; 0: not cancelled
  };
  struct ReaderState {
    std::string stream, cursor;
    std::uint64_t seq = 0;            // of the cursor
    std::uint64_t on_connection = 0;  // the last seq of this connection
  };

  bool follows(ReaderState& reader, Stream& stream, std::string_view id, std::uint64_t& seq);
  void first_sight(Stream& stream, const std::string& id, std::uint64_t seq, std::string_view data);
  void fold(Stream& stream, const std::string& id, const Json& event);
  void completed(Stream& stream, const std::string& id, const std::string& chunk, const Json& event);
  void terminal(Stream& stream, const std::string& id, const Json& event);

  std::unordered_map<std::string, Stream> streams_;
  std::unordered_map<std::string, Task> tasks_;  // by key
  std::vector<ReaderState> readers_;
  std::vector<std::string> findings_;
  std::uint64_t finding_count_ = 0;
  HistoryCounts counts_;
  int life_ = 1;
};

}  // namespace plenum::tests

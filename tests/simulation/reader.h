// A client that follows one stream over as many connections as it takes, and checks what it receives. One thread.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "common/sse/decoder.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/process.h"

namespace plenum::simulation {

class Reader {
 public:
  // Both must outlive the reader.
  Reader(Ledger& ledger, std::string stream_id, const tests::ManualClock& clock)
      : ledger_(ledger), id_(std::move(stream_id)), clock_(clock) {}
  ~Reader() { cut(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Connects, and resumes after its last event. small_buffer: the connection holds few bytes.
  void connect(Process& process, bool small_buffer);
  // Everything that has arrived.
  void read();
  void cut();
  bool attached() const { return fd_ >= 0; }
  // For messages.
  std::string position() const { return fmt::format("{}, last status {}", position_.str(), last_status_); }
  std::uint64_t last_seq() const { return position_.seq; }
  bool saw_end() const { return saw_end_; }
  const std::string& stream_id() const { return id_; }

  // While it is stuck it reads nothing, and may be disconnected.
  void set_stuck(bool stuck);
  // Time passed in which it could not read.
  void miss_time() { was_stuck_ = true; }
  bool stuck() const { return stuck_; }
  bool was_stuck() const { return was_stuck_; }
  SteadyTime received_at() const { return received_at_; }
  // Once after the server closed the connection before the end of the stream.
  bool take_dropped() { return std::exchange(was_dropped_, false); }

 private:
  void take(const SseEvent& frame);
  void take_numbered(const EventId& id, const ReceivedEvent& event, const std::string& data);

  void check_text(const ReceivedEvent& event);

  Ledger& ledger_;                   // set once
  const std::string id_;             // set once
  const tests::ManualClock& clock_;  // set once
  int fd_ = -1;
  std::string head_;  // of the response, until it is complete
  bool in_body_ = false;
  SseDecoder decoder_;
  EventId position_;                          // of the last event; epoch empty: none yet
  std::map<std::string, std::string> texts_;  // of the running chunks, by chunk; those with all of their deltas
  bool may_jump_ = false;                     // a gap was announced
  bool saw_end_ = false;
  bool stuck_ = false, was_stuck_ = false;
  bool was_dropped_ = false;
  int last_status_ = 0;
  SteadyTime received_at_{};
};

}  // namespace plenum::simulation

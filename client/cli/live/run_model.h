// The state of a run as a live view shows it: a pure fold of the events of a stream. Memory is bounded: texts are in
// RunTexts (run_texts.h).
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/live/run_row.h"
#include "common/base/clock.h"
#include "common/protocol/event.h"

namespace plenum::client {

struct RunTotals {
  std::string task, workflow;  // as received
  int total_chunks = 0;        // 0: not known
  int completed = 0;
  std::vector<std::string> pending;  // chunks
  std::optional<double> estimated_s;
  std::optional<Cost> estimated_cost;
  std::optional<Cost> cost;  // of finished calls
  bool ended = false;
};

class RunModel {
 public:
  static constexpr std::size_t rows_max = 256;  // further chunks share the last row

  // now: when the event was received.
  void apply(const ReceivedEvent& event, SteadyTime now);

  // In the order of the task's members, then of their first chunk.
  const std::vector<RunRow>& rows() const { return rows_; }
  std::vector<RunRow>& rows() { return rows_; }
  const RunTotals& totals() const { return totals_; }
  // Since the acceptance of the task; of a finished one, until its end.
  std::int64_t elapsed_ms(SteadyTime now) const;
  // Until the end, by the server's estimate. Nothing if there is none, or if it has passed.
  std::optional<std::int64_t> remaining_ms(SteadyTime now) const;
  // The row of a chunk that has not ended; null if it is not known.
  RunRow* row_of(const std::string& chunk);
  // Whether a chunk of this source belongs to the row, or to another row of the same member.
  bool shows(const RunRow& row, const EventSource& source) const;
  // Whether the plan has further chunks for the member of this row.
  bool has_pending(const RunRow& row) const;
  // Whether anything on the screen changes without an event.
  bool is_running() const { return !totals_.ended; }

 private:
  void on_started(const TaskStarted& started);
  void on_progress(const TaskProgress& progress);
  void on_tokens(const ReceivedEvent& event, const TokenStream& tokens);
  void on_completed(const ReceivedEvent& event, const ChunkCompleted& completed);
  void on_reset(const ReceivedEvent& event, const ChunkReset& reset);
  void on_message(const ReceivedEvent& event, const SystemMessage& message);
  void on_snapshot(const Snapshot& snapshot);
  void on_end(const ReceivedEvent& terminal);
  // The row of the event's chunk, assigned at its first event.
  RunRow& row_for(const ReceivedEvent& event);
  std::size_t assign_row(const EventSource& source);
  // A single member has a row per agent.
  bool is_by_agent(const EventSource& source) const { return members_ == 1 || source.member.empty(); }
  std::string row_name(const EventSource& source) const;

  std::vector<RunRow> rows_;
  std::map<std::string, std::size_t> open_chunks_;  // to the index of their row
  RunTotals totals_;
  std::size_t members_ = 0;
  std::optional<SteadyTime> accepted_at_;  // the earliest that the events allow
  std::int64_t last_ms_ = 0;               // of the newest event
};

}  // namespace plenum::client

#include "client/cli/live/run_model.h"

#include <algorithm>

#include "client/cli/render/chunk_lines.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/overloaded.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

RowState state_of(ChunkStatus status) {
  switch (status) {
    case ChunkStatus::ok:
      return RowState::done;
    case ChunkStatus::cancelled:
      return RowState::cancelled;
    case ChunkStatus::skipped:
      return RowState::skipped;
    default:
      return RowState::failed;
  }
}

void begin_call(RunRow& row, std::int64_t t_ms) {
  row.call = {};
  row.call.started_ms = t_ms;
  row.state = RowState::calling;
  row.note.clear();
  row.words.clear();
}

void end_call(RunRow& row, const Usage& usage, const Cost& cost) {
  if (usage.completion_tokens) {
    row.tokens.reported += *usage.completion_tokens;
  } else {
    row.tokens.estimated += row.call.text_tokens();
  }
  if (!used_nothing(usage, cost)) row.cost = row.cost + cost;
}

std::string cause_of(const ErrorInfo& error) {
  return terminal_line(error.message.empty() ? error.code : error.message);
}

Json message_fields(const SystemMessage& message) {
  return parse_json("{" + message.fields_json + "}").value_or(Json());
}

}  // namespace

void RunModel::apply(const ReceivedEvent& event, SteadyTime now) {
  if (event.seq > 0) {
    // The event with the shortest delivery shows best when the task was accepted.
    const SteadyTime accepted = now - milliseconds(event.t_ms);
    if (!accepted_at_ || accepted < *accepted_at_) accepted_at_ = accepted;
    last_ms_ = std::max(last_ms_, event.t_ms);
  }
  if (event.terminal) return on_end(event);
  std::visit(Overloaded{[&](const TaskStarted& started) { on_started(started); },
                        [&](const TaskProgress& progress) { on_progress(progress); },
                        [&](const ChunkStarted& started) {
                          RunRow& row = row_for(event);
                          row.kind = started.kind;
                          row.chunk_started_ms = event.t_ms;
                          ++row.attempts;
                          begin_call(row, event.t_ms);
                        },
                        [&](const TokenStream& tokens) { on_tokens(event, tokens); },
                        [&](const ChunkCompleted& completed) { on_completed(event, completed); },
                        [&](const ChunkReset& reset) { on_reset(event, reset); },
                        [&](const SystemMessage& message) { on_message(event, message); },
                        [&](const Snapshot& snapshot) { on_snapshot(snapshot); }, [](const MetricsPartial&) {},
                        [](const Heartbeat&) {}, [](const TaskCompleted&) {}, [](const TaskError&) {},
                        [](const TaskCancelled&) {}, [](const UnknownEvent&) {}},
             event.payload);
}

std::int64_t RunModel::elapsed_ms(SteadyTime now) const {
  if (totals_.ended || !accepted_at_) return last_ms_;
  return std::max(last_ms_, std::chrono::duration_cast<milliseconds>(now - *accepted_at_).count());
}

std::optional<std::int64_t> RunModel::remaining_ms(SteadyTime now) const {
  if (totals_.ended || !totals_.estimated_s) return std::nullopt;
  const auto left = static_cast<std::int64_t>(*totals_.estimated_s * 1000) - elapsed_ms(now);
  return left > 0 ? std::optional(left) : std::nullopt;
}

RunRow* RunModel::row_of(const std::string& chunk) {
  const auto found = open_chunks_.find(chunk);
  return found == open_chunks_.end() ? nullptr : &rows_[found->second];
}

std::string RunModel::row_name(const EventSource& source) const {
  const bool has_role = !source.agent.empty() && source.agent != "Member";
  const bool by_role = is_by_agent(source) && (has_role || source.member.empty());
  return by_role ? source_name(source) : terminal_line(source.member);
}

bool RunModel::shows(const RunRow& row, const EventSource& source) const {
  return is_by_agent(source) ? row.name == row_name(source) : row.member == source.member;
}

bool RunModel::has_pending(const RunRow& row) const {
  const std::string suffix = ":" + row.member;
  return std::any_of(totals_.pending.begin(), totals_.pending.end(),
                     [&](const std::string& chunk) { return chunk.ends_with(suffix); });
}

void RunModel::on_started(const TaskStarted& started) {
  totals_.task = started.task;
  totals_.workflow = started.workflow;
  members_ = started.members.size();
  if (members_ == 1) return;  // a single member has a row per agent
  for (const MemberRef& member : started.members) {
    if (rows_.size() == rows_max) return;
    RunRow& row = rows_.emplace_back();
    row.member = member.id;
    row.name = terminal_line(member.id);
  }
}

void RunModel::on_progress(const TaskProgress& progress) {
  totals_.total_chunks = progress.total_chunks;
  totals_.completed = progress.completed;
  totals_.pending = progress.pending;
  totals_.estimated_s = progress.estimated_time;
  totals_.estimated_cost = progress.estimated_cost;
  if (progress.cost) totals_.cost = progress.cost;
}

void RunModel::on_tokens(const ReceivedEvent& event, const TokenStream& tokens) {
  RunRow& row = row_for(event);
  const RowState state = tokens.kind == TokenKind::reasoning ? RowState::thinking : RowState::writing;
  if (state != row.state) row.words.clear();
  row.state = state;
  row.call.last_token_ms = event.t_ms;
  if (!row.call.first_token_ms) {
    row.call.first_token_ms = event.t_ms;
    row.call.ttft_ms = std::max<std::int64_t>(0, event.t_ms - row.call.started_ms);
  }
  row.call.text_quarters += estimated_quarters(tokens.tokens);
  row.words.feed(tokens.tokens);
}

void RunModel::on_completed(const ReceivedEvent& event, const ChunkCompleted& completed) {
  RunRow& row = row_for(event);
  open_chunks_.erase(event.source.chunk);
  row.state = state_of(completed.status);
  row.note = completed.error ? cause_of(*completed.error) : "";
  if (row.call.text_quarters == 0) {
    row.call.text_quarters = estimated_quarters(completed.output);
    row.words.feed(completed.output);
  }
  end_call(row, completed.usage, completed.cost);
  row.busy_ms += std::max(completed.latency_ms, event.t_ms - row.chunk_started_ms);
  ++row.chunks_done;
  if (!completed.ttft_ms) return;
  row.call.ttft_ms = completed.ttft_ms;
  const std::int64_t time_ms = completed.latency_ms - *completed.ttft_ms;
  const auto tokens = static_cast<double>(completed.usage.completion_tokens.value_or(row.call.text_tokens()));
  if (time_ms > 0) row.call.tokens_per_second = tokens * 1000.0 / static_cast<double>(time_ms);
}

void RunModel::on_reset(const ReceivedEvent& event, const ChunkReset& reset) {
  RunRow& row = row_for(event);
  end_call(row, reset.usage, reset.cost);
  ++row.attempts;
  begin_call(row, event.t_ms);
  row.note = terminal_line(reset.reason);
}

void RunModel::on_message(const ReceivedEvent& event, const SystemMessage& message) {
  RunRow* row = row_of(event.source.chunk);
  if (row == nullptr) return;
  if (message.code == "queued" || message.code == "budget_wait") {
    row->state = RowState::queued;
    row->queue_position = int_at(message_fields(message), "position");
  } else if (message.code == "retry") {
    const Json fields = message_fields(message);
    ++row->attempts;
    begin_call(*row, event.t_ms);
    row->state = RowState::retrying;
    row->retry_at_ms = event.t_ms + number_at(fields, "wait_ms").value_or(0);
    row->note = cause_of(error_info_from(value_at(fields, "error")));
  } else if (message.code == "continuation" || message.code == "repair") {
    ++row->attempts;
    row->state = RowState::calling;
  }
}

// A snapshot replaces events that are no longer stored: rows start over.
void RunModel::on_snapshot(const Snapshot& snapshot) {
  const Result<Json> state = parse_json(snapshot.state_json);
  if (!state) return;
  const Json& progress = value_at(*state, "progress");
  totals_.total_chunks = int_at(progress, "total_chunks");
  totals_.completed = int_at(progress, "completed");
  totals_.pending = texts_at(progress, "pending");
  open_chunks_.clear();
  for (RunRow& row : rows_) {
    RunRow fresh;
    fresh.name = row.name;
    fresh.member = row.member;
    fresh.listed = row.listed;
    row = std::move(fresh);
  }
  items_at(*state, "chunks", [this](const Json& json) {
    ReceivedEvent event;
    event.t_ms = last_ms_;
    event.source = {text_at(json, "chunk"), int_at(json, "chunk_number"), text_at(json, "agent"),
                    text_at(json, "stage"), text_at(json, "member"),      text_at(json, "model"),
                    int_at(json, "attempt")};
    RunRow& row = row_for(event);
    begin_call(row, last_ms_);
    row.chunk_started_ms = last_ms_;
    row.attempts += std::max(1, event.source.attempt);
    const std::string text = text_at(json, "text");
    if (const auto status = chunk_status_named(text_at(json, "status"))) {
      ChunkCompleted completed;
      completed.status = *status;
      completed.output = text;
      completed.usage = usage_from(value_at(json, "usage"));
      on_completed(event, completed);
    } else if (!text.empty()) {
      on_tokens(event, {text, TokenKind::text});
    }
    return true;
  });
}

void RunModel::on_end(const ReceivedEvent& terminal) {
  totals_.ended = true;
  totals_.cost = result_of(terminal).cost;
  for (RunRow& row : rows_) {
    if (is_moving(row.state)) row.state = RowState::cancelled;
  }
  for (const SkippedMember& skipped : result_of(terminal).skipped) {
    for (RunRow& row : rows_) {
      if (row.member != skipped.id || row.state != RowState::waiting) continue;
      row.state = RowState::skipped;
      row.note = terminal_line(skipped.reason);
    }
  }
}

RunRow& RunModel::row_for(const ReceivedEvent& event) {
  const auto [at, is_new] = open_chunks_.try_emplace(event.source.chunk, 0);
  if (is_new) at->second = assign_row(event.source);
  RunRow& row = rows_[at->second];
  if (is_new) row.retry_reported = false;
  row.source = event.source;
  return row;
}

// A row shows one chunk at a time: a chunk that runs beside another one of the same member has its own.
std::size_t RunModel::assign_row(const EventSource& source) {
  const bool by_agent = is_by_agent(source);
  const std::string name = row_name(source);
  const auto is_free = [&](const RunRow& row) {
    const bool same = by_agent ? row.name == name : row.member == source.member;
    return same && !is_moving(row.state);
  };
  const auto found = std::find_if(rows_.begin(), rows_.end(), is_free);
  if (found != rows_.end()) return static_cast<std::size_t>(found - rows_.begin());
  if (rows_.size() == rows_max) return rows_max - 1;
  RunRow& row = rows_.emplace_back();
  row.name = name;
  row.member = source.member;
  return rows_.size() - 1;
}

}  // namespace plenum::client

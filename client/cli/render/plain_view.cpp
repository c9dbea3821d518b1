#include "client/cli/render/plain_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/cli/render/chunk_lines.h"
#include "common/base/overloaded.h"
#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

// The text for a pipe: the answer, or the last text of a cancelled task.
std::string_view piped_text(const TaskResult& result, EventType end) {
  if (!result.answer.empty() || end != EventType::task_cancelled) return result.answer;
  const auto last = std::find_if(result.answers.rbegin(), result.answers.rend(),
                                 [](const MemberAnswer& answer) { return !answer.text.empty(); });
  return last == result.answers.rend() ? std::string_view() : std::string_view(last->text);
}

}  // namespace

PlainView::PlainView(Output& output, PlainViewOptions options)
    : output_(output), options_(options), style_(options.color), total_chunks_(options.total_chunks) {}

void PlainView::on_event(const ReceivedEvent& event, std::string_view) {
  seq_ = std::max(seq_, event.seq);
  if (event.terminal) return on_end(event);
  std::visit(Overloaded{[&](const TaskStarted& started) { on_started(started); },
                        [&](const TaskProgress& progress) { on_progress(progress); },
                        [&](const ChunkStarted&) { on_chunk_started(event); },
                        [&](const TokenStream& tokens) { on_tokens(event, tokens); },
                        [&](const ChunkCompleted& completed) { on_completed(event, completed); },
                        [&](const ChunkReset& reset) { on_reset(event, reset); },
                        [&](const SystemMessage& message) { on_stream_message(event, message); },
                        [&](const Snapshot& snapshot) { on_snapshot(snapshot); },
                        // The summary contains these figures; end events are handled above.
                        [](const MetricsPartial&) {}, [](const Heartbeat&) {}, [](const TaskCompleted&) {},
                        [](const TaskError&) {}, [](const TaskCancelled&) {}, [](const UnknownEvent&) {}},
             event.payload);
}

void PlainView::on_started(const TaskStarted& started) {
  if (!started.workflow.empty()) line(style_.dim("Workflow: " + terminal_line(started.workflow)));
}

void PlainView::on_chunk_started(const ReceivedEvent& event) {
  efforts_.emplace(event.source.chunk, ChunkEffort{event.t_ms, event.source.attempt});
  if (!is_streaming()) heading(heading_line(event.source, total_chunks_, style_));
}

void PlainView::note_attempt(const EventSource& source, int attempt) {
  const auto found = efforts_.find(source.chunk);
  if (found != efforts_.end()) found->second.attempts = std::max(found->second.attempts, attempt);
}

// A chunk whose start was not received has the duration of its last call.
ChunkEffort PlainView::effort_of(const ReceivedEvent& completed) const {
  ChunkEffort effort{std::get<ChunkCompleted>(completed.payload).latency_ms, std::max(completed.source.attempt, 1)};
  const auto found = efforts_.find(completed.source.chunk);
  if (found == efforts_.end()) return effort;
  effort.attempts = std::max(effort.attempts, found->second.attempts);
  // One attempt may have waited for a provider limit, which is no part of its duration.
  if (effort.attempts > 1)
    effort.duration_ms = std::max(effort.duration_ms, completed.t_ms - found->second.duration_ms);
  return effort;
}

PlainView::Chunk& PlainView::chunk_of(const EventSource& source) {
  auto found = std::find_if(chunks_.begin(), chunks_.end(),
                            [&](const Chunk& chunk) { return chunk.source.chunk == source.chunk; });
  if (found == chunks_.end()) found = chunks_.emplace(chunks_.end());
  found->source = source;
  return *found;
}

void PlainView::on_tokens(const ReceivedEvent& event, const TokenStream& tokens) {
  Chunk& chunk = chunk_of(event.source);
  if (tokens.kind == TokenKind::reasoning) {
    chunk.reasoning_chars += static_cast<std::int64_t>(code_points(tokens.tokens));
    if (shows_reasoning()) chunk.reasoning += tokens.tokens;
  } else if (options_.live) {
    chunk.text += tokens.tokens;
  }
  if (!is_streaming()) return;
  const bool has_more = chunk.text_shown < chunk.text.size() || chunk.reasoning_shown < chunk.reasoning.size();
  if (has_more && chunk.held_from == 0) chunk.held_from = event.seq;
  if (live_ == nullptr) live_ = &chunk;
  if (live_ == &chunk) show(chunk);
}

void PlainView::on_completed(const ReceivedEvent& event, const ChunkCompleted& completed) {
  Chunk& chunk = chunk_of(event.source);
  chunk.completed = completed;
  chunk.effort = effort_of(event);
  finished_names_.insert(event.source.chunk);
  if (!is_streaming()) {
    finish(event.source, completed, chunk.effort, chunk.reasoning_chars);
    chunks_.remove_if([&](const Chunk& other) { return &other == &chunk; });
    return;
  }
  if (chunk.held_from == 0) chunk.held_from = event.seq;
  if (options_.live && chunk.text.empty()) chunk.text = completed.output;  // a chunk without deltas
  if (live_ == nullptr || live_ == &chunk) advance();
}

void PlainView::on_reset(const ReceivedEvent& event, const ChunkReset& reset) {
  const Chunk& chunk = chunk_of(event.source);
  const bool shown = chunk.text_shown > 0;
  note_attempt(event.source, event.source.attempt + 1);
  std::string text =
      fmt::format("↻ {}: attempt discarded: {}", source_label(event.source), terminal_line(reset.reason));
  const std::string& next = reset.next_member.empty() ? reset.next_model : reset.next_member;
  if (!next.empty()) text += "; next " + terminal_line(next);
  if (shown) text += ". Ignore its text above";
  const bool was_live = live_ == &chunk;
  chunks_.remove_if([&](const Chunk& other) { return &other == &chunk; });
  if (!was_live) return line_after_live_chunk(style_.yellow(text));
  live_ = nullptr;
  line(style_.yellow(text));
  advance();
}

void PlainView::on_progress(const TaskProgress& progress) {
  total_chunks_ = progress.total_chunks;
  if (planned_ || total_chunks_ == 0) return;
  planned_ = true;
  line_after_live_chunk(plan_line(progress, style_));
}

void PlainView::on_stream_message(const ReceivedEvent& event, const SystemMessage& message) {
  if (message.code == "cache_hit") planned_ = true;  // nothing is called
  note_attempt(event.source, event.source.attempt);  // of a retry, the number of the next one
  // Its text is for programs that must resume themselves.
  if (message.code == "draining") {
    return remark(Notice::progress, "The server is shutting down; plenum reconnects when it is back.");
  }
  on_message(event, message);
}

void PlainView::on_message(const ReceivedEvent& event, const SystemMessage& message) {
  // A reservation of the cost cap concerns every call, and not its outcome.
  if (message.code == "stream_open" || message.code == "budget_reserved" || message.message.empty()) return;
  std::string text = terminal_line(message.message);
  if (!event.source.chunk.empty()) text = source_label(event.source) + ": " + text;
  if (message.level != "info") return remark(message.level == "error" ? Notice::error : Notice::warning, text);
  // The reply to a repair is a text of its own. Every other note would split the text of the live chunk.
  const bool is_reply_next = message.code == "repair" && live_ != nullptr && live_->source.chunk == event.source.chunk;
  if (is_reply_next) return line(style_.dim(text));
  line_after_live_chunk(style_.dim(text));
}

void PlainView::notice(Notice level, std::string_view text) {
  const std::string safe = terminal_text(text);
  if (level == Notice::progress) return line(style_.dim(safe));
  if (level == Notice::warning) return line(style_.yellow(safe));
  if (!options_.progress) return output_.err(style_.red(safe) + "\n");
  line(style_.red(safe));
}

void PlainView::remark(Notice level, std::string_view text) {
  constexpr std::size_t remarks_max = 1'000;  // of different texts; above it, all are written
  if (seen_remarks_.size() < remarks_max && !seen_remarks_.emplace(text).second) return;
  if (live_ == nullptr || at_line_start_ || level == Notice::error) return notice(level, text);
  const std::string safe = terminal_text(text);
  remarks_.push_back({seq_, level == Notice::warning ? style_.yellow(safe) : style_.dim(safe)});
}

void PlainView::leave() {
  for (Chunk& chunk : chunks_) {
    if (is_streaming()) write_to_end(chunk);
  }
  chunks_.clear();
  live_ = nullptr;
  write_held(remarks_);
  write_held(deferred_lines_);
}

std::optional<std::uint64_t> PlainView::shown_through() const {
  if (!options_.live || seq_ == 0) return std::nullopt;
  std::uint64_t held = seq_ + 1;
  for (const Chunk& chunk : chunks_) {
    if (chunk.held_from > 0) held = std::min(held, chunk.held_from);
  }
  for (const std::vector<HeldLine>* lines : {&remarks_, &deferred_lines_}) {
    for (const HeldLine& waiting : *lines) held = std::min(held, waiting.seq);
  }
  return held > 0 ? held - 1 : 0;
}

// A snapshot replaces events that are no longer stored. Finished chunks that were written are not repeated;
// unfinished ones are written again from their start.
void PlainView::on_snapshot(const Snapshot& snapshot) {
  const Result<Json> state = parse_json(snapshot.state_json);
  live_ = nullptr;
  for (Chunk& chunk : chunks_) {
    if (chunk.completed) write_to_end(chunk);
  }
  chunks_.clear();
  if (!state) return;
  notice(Notice::warning, "Continuing from a snapshot: unfinished chunks are shown from their start.");
  total_chunks_ = int_at(value_at(*state, "progress"), "total_chunks");
  items_at(*state, "chunks", [this](const Json& json) {
    EventSource source{text_at(json, "chunk"), int_at(json, "chunk_number"), text_at(json, "agent"),
                       text_at(json, "stage"), text_at(json, "member"),      text_at(json, "model"),
                       int_at(json, "attempt")};
    const std::string text = text_at(json, "text"), reasoning = text_at(json, "reasoning");
    const auto status = chunk_status_named(text_at(json, "status"));
    const bool is_new = !status || finished_names_.insert(source.chunk).second;
    if (!is_new || !is_streaming() || (text.empty() && reasoning.empty() && !status)) return false;
    Chunk& chunk = chunk_of(source);
    if (options_.live) chunk.text = text;
    chunk.held_from = seq_;
    chunk.reasoning_chars = static_cast<std::int64_t>(code_points(reasoning));
    if (shows_reasoning()) chunk.reasoning = reasoning;
    if (status) {
      ChunkCompleted completed;
      completed.status = *status;
      completed.usage = usage_from(value_at(json, "usage"));
      completed.sources = sources_from(value_at(json, "sources"));
      chunk.completed = std::move(completed);
    }
    return true;
  });
  advance();
}

void PlainView::on_end(const ReceivedEvent& terminal) {
  leave();
  show_answer(terminal);
  write_summary(terminal);
}

void PlainView::write_summary(const ReceivedEvent& terminal) {
  const auto* failed = std::get_if<TaskError>(&terminal.payload);
  if (!options_.progress) {  // --quiet suppresses neither an error nor why an answer is degraded
    const std::string why = failed != nullptr ? error_line(failed->error, style_) : degraded_line(terminal, style_);
    if (!why.empty()) output_.err(why + "\n");
    return;
  }
  // The error of a task may be that of its last chunk, which was written with the chunk.
  const bool is_known =
      failed != nullptr && std::any_of(shown_errors_.begin(), shown_errors_.end(), [&](const auto& error) {
        return !error.empty() && failed->error.message.ends_with(error);
      });
  const std::string known = is_known ? error_line(failed->error, style_) : std::string();
  for (const std::string& text : summary_lines(terminal, static_cast<int>(finished_names_.size()), style_)) {
    if (known.empty() || text != known) line(text);
  }
}

void PlainView::show(Chunk& chunk) {
  if (!chunk.heading_shown) {
    heading(heading_line(chunk.source, total_chunks_, style_));
    chunk.heading_shown = true;
    if (chunk.text.empty() && chunk.reasoning_chars > 0 && !shows_reasoning()) line(style_.dim("(thinking)"));
  }
  show_reasoning(chunk);
  show_text(chunk);
  chunk.held_from = 0;
}

void PlainView::show_reasoning(Chunk& chunk) {
  if (chunk.reasoning_shown == chunk.reasoning.size()) return;
  if (!chunk.in_reasoning) end_line();
  chunk.in_reasoning = true;
  std::string safe;
  chunk.reasoning_filter.feed(std::string_view(chunk.reasoning).substr(chunk.reasoning_shown), safe);
  chunk.reasoning_shown = chunk.reasoning.size();
  if (safe.empty()) return;
  output_.err(style_.dim(safe));
  at_line_start_ = safe.ends_with('\n');
  if (at_line_start_) write_held(remarks_);
}

void PlainView::show_text(Chunk& chunk) {
  if (chunk.text_shown == chunk.text.size()) return;
  if (chunk.in_reasoning && !at_line_start_) output_.err("\n\n");
  chunk.in_reasoning = false;
  std::string safe;
  chunk.text_filter.feed(std::string_view(chunk.text).substr(chunk.text_shown), safe);
  chunk.text_shown = chunk.text.size();
  if (safe.empty()) return;
  write_text(safe);
}

// The text of the live chunk, and what waits for the end of its line.
void PlainView::write_text(std::string_view text) {
  if (const auto end = text.find('\n'); !remarks_.empty() && end != text.npos) {
    output_.out(text.substr(0, end + 1));
    at_line_start_ = true;
    write_held(remarks_);
    text.remove_prefix(end + 1);
  }
  if (text.empty()) return;
  output_.out(text);
  at_line_start_ = text.ends_with('\n');
}

void PlainView::write_to_end(Chunk& chunk) {
  // A chunk without text has no heading; its finish line names it.
  if (chunk.heading_shown || !chunk.text.empty() || !chunk.reasoning.empty()) show(chunk);
  std::string rest;
  chunk.text_filter.finish(rest);
  if (!rest.empty()) {
    output_.out(rest);
    at_line_start_ = rest.ends_with('\n');
  }
  if (!chunk.completed) return end_line();
  if (!chunk.text.empty()) shown_texts_.emplace_back(trimmed(chunk.text));
  const std::int64_t hidden = shows_reasoning() ? 0 : chunk.reasoning_chars;
  finish(chunk.source, *chunk.completed, chunk.effort, hidden);
}

void PlainView::finish(const EventSource& source, const ChunkCompleted& completed, const ChunkEffort& effort,
                       std::int64_t reasoning_hidden) {
  if (completed.error) shown_errors_.insert(completed.error->message);
  line(finish_line(source, completed, effort, reasoning_hidden, style_));
  for (const std::string& text : source_lines(completed, style_)) line(text);
}

// Called when no unfinished chunk is live: writes finished chunks and selects the next live one.
void PlainView::advance() {
  if (live_ != nullptr && live_->completed) write_to_end(*live_);
  for (Chunk& chunk : chunks_) {
    if (&chunk != live_ && chunk.completed) write_to_end(chunk);
  }
  chunks_.remove_if([](const Chunk& chunk) { return chunk.completed.has_value(); });
  write_held(remarks_);
  write_held(deferred_lines_);
  live_ = chunks_.empty() ? nullptr : &chunks_.front();
  if (live_ != nullptr) show(*live_);
}

void PlainView::show_answer(const ReceivedEvent& terminal) {
  const TaskResult& result = result_of(terminal);
  if (options_.live) {
    if (result.answer.empty() || was_shown(result.answer)) return;
    heading(style_.bold("▸ Answer"));
  }
  const std::string_view answer = options_.live ? result.answer : piped_text(result, terminal.type());
  if (answer.empty()) return;
  std::string text = options_.out_is_terminal ? terminal_text(answer) : repaired_utf8(answer);
  if (!text.ends_with('\n')) text += '\n';
  output_.out(text);
  at_line_start_ = true;
}

bool PlainView::was_shown(std::string_view answer) const {
  return std::find(shown_texts_.begin(), shown_texts_.end(), trimmed(answer)) != shown_texts_.end();
}

void PlainView::heading(const std::string& text) {
  if (options_.live && anything_shown_) line("");
  line(text);
}

void PlainView::line(const std::string& text) {
  end_line();
  if (!options_.progress) return;
  output_.err(text + "\n");
  anything_shown_ = true;
}

// Standard output has texts of members only on a terminal, where it is the same screen as standard error.
void PlainView::end_line() {
  if (at_line_start_) return;
  if (options_.live) {
    output_.out("\n");
  } else {
    output_.err("\n");
  }
  at_line_start_ = true;
}

void PlainView::line_after_live_chunk(const std::string& text) {
  if (live_ == nullptr) return line(text);
  deferred_lines_.push_back({seq_, text});
}

void PlainView::write_held(std::vector<HeldLine>& lines) {
  for (const HeldLine& held : std::exchange(lines, {})) line(held.text);
}

}  // namespace plenum::client

#include "client/cli/live/live_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/cli/live/run_lines.h"
#include "client/cli/render/chunk_lines.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/overloaded.h"
#include "common/base/strings.h"

namespace plenum::client {
namespace {

constexpr milliseconds forever{3'600'000};
const Style colored{true};  // read by colored_lines

std::string message_text(const ReceivedEvent& event, const SystemMessage& message) {
  const std::string text = terminal_line(message.message);
  if (event.source.chunk.empty()) return text;
  const std::string& member = event.source.member;
  return (member.empty() ? source_name(event.source) : terminal_line(member)) + ": " + text;
}

void add_sources(ScrollbackLines& lines, const std::vector<SourceRef>& sources) {
  ChunkCompleted completed;
  completed.sources = sources;
  for (const std::string& line : source_lines(completed, colored)) lines.add_colored(line);
}

}  // namespace

LiveView::LiveView(Output& output, const Waiter& waiting, LiveViewOptions options)
    : output_(output),
      waiting_(waiting),
      options_(std::move(options)),
      region_(options_.color, options_.reflows),
      size_(options_.size()),
      above_(size_.columns) {}

LiveView::~LiveView() {
  if (closed_ || held_) return;
  output_.out(region_.close(above_.take(), size_));
  output_.flush();
}

void LiveView::on_event(const ReceivedEvent& event, std::string_view) {
  last_seq_ = std::max(last_seq_, event.seq);
  model_.apply(event, waiting_.now());
  texts_.apply(event);
  if (event.terminal) return on_end(event);
  std::visit(Overloaded{[&](const TaskStarted& started) { on_started(started); },
                        [&](const TokenStream& tokens) { on_tokens(event, tokens); },
                        [&](const ChunkCompleted&) { on_completed(event); },
                        [&](const ChunkReset& reset) { on_reset(event, reset); },
                        [&](const SystemMessage& message) { on_message(event, message); },
                        // The region shows their content.
                        [](const TaskProgress&) {}, [](const ChunkStarted&) {}, [](const MetricsPartial&) {},
                        [](const Snapshot&) {}, [](const Heartbeat&) {}, [](const TaskCompleted&) {},
                        [](const TaskError&) {}, [](const TaskCancelled&) {}, [](const UnknownEvent&) {}},
             event.payload);
}

void LiveView::on_started(const TaskStarted& started) {
  above_.add(question_lines(started.task, above_.columns()));
  above_.add_blank();
}

void LiveView::on_tokens(const ReceivedEvent& event, const TokenStream& tokens) {
  if (tokens.kind != TokenKind::text) return;
  ChunkText* chunk = texts_.find(event.source.chunk);
  if (chunk == nullptr || !is_answer(*chunk)) return;
  if (!answer_) begin_answer(*chunk);
  std::vector<StyledLine> finished;
  answer_->feed(std::string_view(chunk->text).substr(chunk->written), finished);
  chunk->written = chunk->text.size();
  above_.add(std::move(finished));
}

void LiveView::on_completed(const ReceivedEvent& event) {
  ChunkText* chunk = texts_.find(event.source.chunk);
  if (chunk == nullptr) return;
  if (options_.show_reasoning) write_reasoning(*chunk);
  if (answer_ && chunk->source.chunk == answer_chunk_) {
    end_answer();
    answer_text_ = trimmed(chunk->text);
  }
}

void LiveView::on_reset(const ReceivedEvent& event, const ChunkReset& reset) {
  const bool written = answer_ && event.source.chunk == answer_chunk_;
  if (written) end_answer();
  const std::string& member = event.source.member;
  std::string text =
      fmt::format("↻ {}: attempt discarded: {}", member.empty() ? source_name(event.source) : terminal_line(member),
                  terminal_line(reset.reason));
  const std::string& next = reset.next_member.empty() ? reset.next_model : reset.next_member;
  if (!next.empty()) text += "; next " + terminal_line(next);
  if (written) text += ". Ignore its text above";
  above_.add_colored(colored.yellow(text));
}

void LiveView::on_message(const ReceivedEvent& event, const SystemMessage& message) {
  // What the state of a row shows, and messages of the protocol.
  constexpr std::string_view not_written[] = {"stream_open", "draining",     "budget_reserved", "budget_wait",
                                              "queued",      "continuation", "repair"};
  if (message.message.empty() || std::count(std::begin(not_written), std::end(not_written), message.code) > 0) return;
  if (message.code == "retry") {
    RunRow* row = model_.row_of(event.source.chunk);
    if (row != nullptr && std::exchange(row->retry_reported, true)) return;  // the row shows further attempts
  }
  const std::string text = message_text(event, message);
  if (message.level == "info") return above_.add_colored(colored.dim(text));
  constexpr std::size_t reported_max = 1'000;
  if (reported_.size() < reported_max && !reported_.insert(text).second) return;
  above_.add_colored(message.level == "error" ? colored.red(text) : colored.yellow(text));
}

void LiveView::on_end(const ReceivedEvent& terminal) {
  const TaskResult& result = result_of(terminal);
  end_answer();
  const std::string_view answer = trimmed(result.answer);
  for (ChunkText& chunk : texts_.chunks()) {
    // Its beginning was written before this stream was joined; the answer is written whole.
    const bool rest_missing = !chunk.from_start && !answer.ends_with(trimmed(chunk.text));
    if (rest_missing || terminal.type() != EventType::task_completed) write_text(chunk);
  }
  above_.add_blank();
  const bool written = answer.empty() || answer == answer_text_;
  above_.add(summary_of(model_.rows(), above_.columns()));
  if (!written) write_answer(terminal);
  if (written && !answer.empty()) {
    if (const ChunkText* chunk = texts_.find(answer_chunk_)) add_sources(above_, chunk->sources);
  }
  const int chunks = std::max(0, model_.totals().completed);
  for (const std::string& line : summary_lines(terminal, chunks, colored)) above_.add_colored(line);
  written_seq_ = last_seq_;
  closed_ = true;
  paint();
}

bool LiveView::is_answer(const ChunkText& chunk) const {
  return chunk.kind == "merge" || model_.totals().total_chunks == 1;
}

void LiveView::begin_answer(ChunkText& chunk) {
  std::vector<RunRow>& rows = model_.rows();
  for (RunRow& row : rows) {
    if (row.listed || !is_finished(row.state) || model_.has_pending(row)) continue;
    row.listed = true;
    above_.add(member_lines(row, above_.columns()));
  }
  above_.add_heading(heading_line(chunk.source, model_.totals().total_chunks, colored));
  answer_.emplace(above_.columns());
  answer_chunk_ = chunk.source.chunk;
  answer_text_.clear();
}

// Writes the rest of its text.
void LiveView::end_answer() {
  if (!answer_) return;
  std::vector<StyledLine> rest;
  answer_->finish(rest);
  answer_.reset();
  above_.add(std::move(rest));
}

// An answer that is not the text of the chunk that was written.
void LiveView::write_answer(const ReceivedEvent& terminal) {
  const TaskResult& result = result_of(terminal);
  above_.add_heading(colored.bold("▸ Answer"));
  above_.add_markdown(result.answer);
  const auto source = std::find_if(texts_.chunks().begin(), texts_.chunks().end(), [&](const ChunkText& chunk) {
    return trimmed(chunk.text) == trimmed(result.answer);
  });
  add_sources(above_, source != texts_.chunks().end() ? source->sources : result.sources);
  above_.add_blank();
}

// The text of every chunk that is not written, finished or not.
void LiveView::write_texts() {
  end_answer();
  for (ChunkText& chunk : texts_.chunks()) {
    if (options_.show_reasoning) write_reasoning(chunk);
    write_text(chunk);
  }
  above_.add_blank();
}

void LiveView::write_text(ChunkText& chunk) {
  if (chunk.written == chunk.text.size()) return;
  above_.add_heading(heading_line(chunk.source, model_.totals().total_chunks, colored));
  above_.add_markdown(std::string_view(chunk.text).substr(chunk.written));
  chunk.written = chunk.text.size();
}

void LiveView::write_reasoning(ChunkText& chunk) {
  if (chunk.reasoning.empty() || std::exchange(chunk.reasoning_written, true)) return;
  above_.add_heading(colored.dim("▸ " + source_name(chunk.source) + " · reasoning"));
  above_.add_markdown(chunk.reasoning, true);
}

void LiveView::notice(Notice level, std::string_view text) {
  const TextColor color = level == Notice::warning ? TextColor::yellow : TextColor::red;
  above_.add_message(text, level == Notice::progress ? TextStyle{.dim = true} : TextStyle{.color = color});
  urgent_ = true;
}

void LiveView::leave() {
  if (closed_) return;
  write_texts();
  above_.add(summary_of(model_.rows(), above_.columns()));
  if (texts_.complete()) written_seq_ = last_seq_;
  closed_ = true;
  urgent_ = true;
}

std::optional<std::uint64_t> LiveView::shown_through() const {
  return written_seq_ > 0 ? std::optional(written_seq_) : std::nullopt;
}

void LiveView::flush() {
  if (held_) {
    size_ = options_.size();  // of lines that are laid out later
    return;
  }
  const bool due = !painted_ || waiting_.now() - *painted_ >= frame_interval;
  if (due || std::exchange(urgent_, false)) paint();
  output_.flush();
}

milliseconds LiveView::refresh() {
  if (closed_ || held_ || !model_.is_running()) return forever;
  const SteadyTime now = waiting_.now();
  if (!painted_ || now - *painted_ >= frame_interval) {
    paint();
    output_.flush();
    return frame_interval;
  }
  return std::chrono::ceil<milliseconds>(*painted_ + frame_interval - now);
}

void LiveView::suspend() {
  if (closed_) return;
  output_.out(region_.close(above_.take(), size_));
  output_.flush();
}

void LiveView::paint() {
  if (held_) return;
  painted_ = waiting_.now();
  size_ = options_.size();
  above_.set_terminal_columns(size_.columns);
  if (closed_) return output_.out(region_.close(above_.take(), size_));
  RegionContent content{model_, *painted_, answer_.has_value(), {}};
  if (answer_) {
    answer_->set_columns(above_.columns());
    content.tail = answer_->tail(size_.rows);
  }
  output_.out(region_.update(above_.take(), region_lines(content, size_), size_));
}

}  // namespace plenum::client

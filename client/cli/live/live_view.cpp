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

}  // namespace

LiveView::LiveView(Output& output, const Waiter& waiting, LiveViewOptions options)
    : output_(output),
      waiting_(waiting),
      options_(std::move(options)),
      region_(options_.color, options_.reflows),
      size_(options_.size()) {}

LiveView::~LiveView() {
  if (closed_ || held_) return;
  output_.out(region_.close(above_, size_));
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
  add(question_lines(started.task, text_columns()));
  add_blank();
}

void LiveView::on_tokens(const ReceivedEvent& event, const TokenStream& tokens) {
  if (tokens.kind != TokenKind::text) return;
  ChunkText* chunk = texts_.find(event.source.chunk);
  if (chunk == nullptr || !is_answer(*chunk)) return;
  if (!answer_) begin_answer(*chunk);
  std::vector<StyledLine> finished;
  answer_->feed(std::string_view(chunk->text).substr(chunk->written), finished);
  chunk->written = chunk->text.size();
  add(std::move(finished));
}

void LiveView::on_completed(const ReceivedEvent& event) {
  ChunkText* chunk = texts_.find(event.source.chunk);
  if (chunk == nullptr) return;
  if (options_.show_reasoning) write_reasoning(*chunk);
  if (answer_ && chunk->source.chunk == answer_chunk_) {
    end_answer();
    answer_text_ = trimmed(chunk->text);
  } else if (!chunk->from_start) {
    write_text(*chunk);  // its beginning was written before this stream was joined
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
  add_colored(colored.yellow(text));
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
  if (message.level == "info") return add_colored(colored.dim(text));
  constexpr std::size_t reported_max = 1'000;
  if (reported_.size() < reported_max && !reported_.insert(text).second) return;
  add_colored(message.level == "error" ? colored.red(text) : colored.yellow(text));
}

void LiveView::on_end(const ReceivedEvent& terminal) {
  const TaskResult& result = result_of(terminal);
  end_answer();
  if (terminal.type() != EventType::task_completed) write_texts();
  const std::string_view answer = trimmed(result.answer);
  const bool written = answer.empty() || answer == answer_text_;
  if (written && !answer.empty()) add_blank();
  add(summary_of(model_.rows(), text_columns()));
  if (!written) write_answer(terminal);
  if (written && !answer.empty()) {
    if (const ChunkText* chunk = texts_.find(answer_chunk_)) write_sources(chunk->sources);
  }
  const int chunks = std::max(0, model_.totals().completed);
  for (const std::string& line : summary_lines(terminal, chunks, colored)) add_colored(line);
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
    add(member_lines(row, text_columns()));
  }
  add_heading(heading_line(chunk.source, model_.totals().total_chunks, colored));
  answer_.emplace(text_columns());
  answer_chunk_ = chunk.source.chunk;
  answer_text_.clear();
}

// Writes the rest of its text.
void LiveView::end_answer() {
  if (!answer_) return;
  std::vector<StyledLine> rest;
  answer_->finish(rest);
  answer_.reset();
  add(std::move(rest));
}

// An answer that is not the text of the chunk that was written.
void LiveView::write_answer(const ReceivedEvent& terminal) {
  const TaskResult& result = result_of(terminal);
  add_heading(colored.bold("▸ Answer"));
  add(markdown_lines(result.answer, text_columns()));
  const auto source = std::find_if(texts_.chunks().begin(), texts_.chunks().end(), [&](const ChunkText& chunk) {
    return trimmed(chunk.text) == trimmed(result.answer);
  });
  write_sources(source != texts_.chunks().end() ? source->sources : result.sources);
  add_blank();
}

void LiveView::write_sources(const std::vector<SourceRef>& sources) {
  ChunkCompleted completed;
  completed.sources = sources;
  for (const std::string& line : source_lines(completed, colored)) add_colored(line);
}

// The text of every chunk that is not written, finished or not.
void LiveView::write_texts() {
  end_answer();
  for (ChunkText& chunk : texts_.chunks()) {
    if (options_.show_reasoning) write_reasoning(chunk);
    write_text(chunk);
  }
  add_blank();
}

void LiveView::write_text(ChunkText& chunk) {
  if (chunk.written == chunk.text.size()) return;
  add_heading(heading_line(chunk.source, model_.totals().total_chunks, colored));
  add(markdown_lines(std::string_view(chunk.text).substr(chunk.written), text_columns()));
  chunk.written = chunk.text.size();
}

void LiveView::write_reasoning(ChunkText& chunk) {
  if (chunk.reasoning.empty() || std::exchange(chunk.reasoning_written, true)) return;
  add_heading(colored.dim("▸ " + source_name(chunk.source) + " · reasoning"));
  std::vector<StyledLine> lines = markdown_lines(chunk.reasoning, text_columns());
  for (StyledLine& line : lines) {
    for (Span& span : line) span.style.dim = true;
  }
  add(std::move(lines));
}

void LiveView::notice(Notice level, std::string_view text) {
  const std::string safe = terminal_text(text);
  std::size_t begin = 0;
  while (begin <= safe.size()) {
    const std::size_t end = std::min(safe.find('\n', begin), safe.size());
    // Not wrapped here: a command in it can be copied from the terminal as one line.
    const TextColor color = level == Notice::warning ? TextColor::yellow : TextColor::red;
    const TextStyle style = level == Notice::progress ? TextStyle{.dim = true} : TextStyle{.color = color};
    add({{{safe.substr(begin, end - begin), style}}});
    begin = end + 1;
  }
  urgent_ = true;
}

void LiveView::leave() {
  if (closed_) return;
  write_texts();
  add(summary_of(model_.rows(), text_columns()));
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
  output_.out(region_.close(std::exchange(above_, {}), size_));
  output_.flush();
}

// As the region, whose lines leave the last column free.
std::size_t LiveView::text_columns() const { return std::max<std::size_t>(size_.columns, 2) - 1; }

void LiveView::add(std::vector<StyledLine> lines) {
  if (lines.empty()) return;
  after_blank_ = lines.back().empty();
  std::move(lines.begin(), lines.end(), std::back_inserter(above_));
}

void LiveView::add_colored(const std::string& line) { add(colored_lines(line, text_columns())); }

void LiveView::add_blank() {
  if (!std::exchange(after_blank_, true)) above_.emplace_back();
}

void LiveView::add_heading(const std::string& line) {
  add_blank();
  add_colored(line);
}

void LiveView::paint() {
  if (held_) return;
  painted_ = waiting_.now();
  size_ = options_.size();
  if (closed_) return output_.out(region_.close(std::exchange(above_, {}), size_));
  RegionContent content{model_, *painted_, answer_.has_value(), {}};
  if (answer_) {
    answer_->set_columns(text_columns());
    content.tail = answer_->tail(size_.rows);
  }
  output_.out(region_.update(std::exchange(above_, {}), region_lines(content, size_), size_));
}

}  // namespace plenum::client

// The plain view of a run: headings, text as it arrives, a line per finished chunk, a summary.
//
// Members answer concurrently, but a terminal has one output position. One chunk is live: its text is written as it
// arrives, the text of others is buffered. When the live chunk ends, chunks that finished meanwhile are written as
// blocks, ordered by their first text. Then the first unfinished chunk with text becomes live and catches up. Messages
// wait for the end of the live chunk, warnings and errors for the end of its line.
//
// The answer goes to standard output, all other text to standard error.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/render/chunk_lines.h"
#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

struct PlainViewOptions {
  bool live = false;             // write text to standard output as it arrives; false: only the answer, at the end
  bool progress = true;          // headings, finished chunks, summary
  bool out_is_terminal = false;  // filter standard output; a pipe receives the answer's bytes
  bool show_reasoning = false;   // dimmed, on standard error; false: counted only
  bool color = false;
  int total_chunks = 0;  // known from a status, of a stream that is not read from its start; 0: not known
};

class PlainView final : public View {
 public:
  // output must outlive the view.
  PlainView(Output& output, PlainViewOptions options);

  void on_event(const ReceivedEvent& event, std::string_view json) override;
  void notice(Notice level, std::string_view text) override;
  // Written once: the same text again is dropped.
  void remark(Notice level, std::string_view text) override;
  void leave() override;
  // Only of a live view: without one the texts of members are not shown.
  std::optional<std::uint64_t> shown_through() const override;
  void flush() override { output_.flush(); }

 private:
  // A chunk with events that is not completely written.
  struct Chunk {
    EventSource source;
    std::string text;            // of the current attempt
    std::size_t text_shown = 0;  // bytes written
    std::string reasoning;
    std::size_t reasoning_shown = 0;
    std::int64_t reasoning_chars = 0;
    bool heading_shown = false;
    bool in_reasoning = false;  // the last output was reasoning
    TerminalText text_filter, reasoning_filter;
    std::optional<ChunkCompleted> completed;
    ChunkEffort effort;
    std::uint64_t held_from = 0;  // the first event of which something is not written; 0: none
  };
  // A line that waits, and its event.
  struct HeldLine {
    std::uint64_t seq;
    std::string text;
  };

  Chunk& chunk_of(const EventSource& source);
  void on_tokens(const ReceivedEvent& event, const TokenStream& tokens);
  void on_completed(const ReceivedEvent& event, const ChunkCompleted& completed);
  void on_reset(const ReceivedEvent& event, const ChunkReset& reset);
  void on_started(const TaskStarted& started);
  void on_chunk_started(const ReceivedEvent& event);
  void on_progress(const TaskProgress& progress);
  void on_message(const ReceivedEvent& event, const SystemMessage& message);
  void on_snapshot(const Snapshot& snapshot);
  void on_end(const ReceivedEvent& terminal);

  void show(Chunk& chunk);
  void show_reasoning(Chunk& chunk);
  void show_text(Chunk& chunk);
  void write_to_end(Chunk& chunk);
  // The lines after its text.
  void finish(const EventSource& source, const ChunkCompleted& completed, const ChunkEffort& effort,
              std::int64_t reasoning_hidden);
  ChunkEffort effort_of(const ReceivedEvent& completed) const;
  void note_attempt(const EventSource& source, int attempt);
  void on_stream_message(const ReceivedEvent& event, const SystemMessage& message);
  void write_summary(const ReceivedEvent& terminal);
  void advance();
  void show_answer(const ReceivedEvent& terminal);
  bool was_shown(std::string_view answer) const;
  void heading(const std::string& text);
  void line(const std::string& text);
  void end_line();
  void write_text(std::string_view text);
  void line_after_live_chunk(const std::string& text);
  void write_held(std::vector<HeldLine>& lines);
  // Text of members is written as it arrives: answers on a terminal, reasoning anywhere.
  bool is_streaming() const { return options_.live || shows_reasoning(); }
  bool shows_reasoning() const { return options_.show_reasoning && options_.progress; }

  Output& output_;                  // set once
  const PlainViewOptions options_;  // set once
  const Style style_;               // set once
  std::list<Chunk> chunks_;         // ordered by their first event
  Chunk* live_ = nullptr;
  std::vector<HeldLine> deferred_lines_;  // messages to write after the live chunk
  std::vector<HeldLine> remarks_;         // to write at the end of its line
  std::set<std::string> seen_remarks_;
  std::vector<std::string> shown_texts_;        // of finished chunks, as written
  std::set<std::string> shown_errors_;          // with their remedies
  std::set<std::string> finished_names_;        // completed chunks
  std::map<std::string, ChunkEffort> efforts_;  // of started chunks; duration_ms: their start
  std::uint64_t seq_ = 0;                       // of the last event
  int total_chunks_ = 0;
  bool planned_ = false;  // the plan was written, or there is none
  bool anything_shown_ = false;
  bool at_line_start_ = true;  // of the terminal
};

}  // namespace plenum::client

// The plain view of a run: headings, text as it comes, a line per finished chunk, a summary.
//
// Members answer at the same time, a terminal has one end. So one chunk is live at a time: its text
// is written as it arrives, everything else waits. When the live chunk ends, chunks that have finished
// meanwhile are written as whole blocks, in the order in which they began to speak; then the first
// unfinished one that has spoken becomes live and catches up. Messages about other things wait for the
// end of the live chunk too, unless they are warnings or errors.
//
// The answer goes to standard output, everything about it to standard error.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

struct PlainViewOptions {
  bool live = false;             // text goes to standard output as it comes; else the answer alone, at the end
  bool progress = true;          // headings, finished chunks, summary
  bool out_is_terminal = false;  // what is written there is filtered; a pipe gets the answer's own bytes
  bool show_reasoning = false;   // dimmed, on standard error; else only counted
  bool color = false;
};

class PlainView final : public View {
 public:
  // output must outlive the view.
  PlainView(Output& output, PlainViewOptions options);

  void on_event(const ReceivedEvent& event, std::string_view json) override;
  void notice(Notice level, std::string_view text) override;
  void flush() override { output_.flush(); }

 private:
  // What is known of a chunk that has begun to speak and is not yet written to its end.
  struct Chunk {
    EventSource source;
    std::string text;            // of this attempt
    std::size_t text_shown = 0;  // bytes of it written
    std::string reasoning;
    std::size_t reasoning_shown = 0;
    std::int64_t reasoning_chars = 0;
    bool heading_shown = false;
    bool in_reasoning = false;  // what was written last was reasoning
    TerminalText text_filter, reasoning_filter;
    std::optional<ChunkCompleted> completed;
  };

  Chunk& chunk_of(const EventSource& source);
  void take_tokens(const ReceivedEvent& event, const TokenStream& tokens);
  void take_completed(const ReceivedEvent& event, const ChunkCompleted& completed);
  void take_reset(const ReceivedEvent& event, const ChunkReset& reset);
  void take_progress(const TaskProgress& progress);
  void take_message(const SystemMessage& message);
  void take_snapshot(const Snapshot& snapshot);
  void take_end(const ReceivedEvent& terminal);

  void show(Chunk& chunk);
  void show_reasoning(Chunk& chunk);
  void show_text(Chunk& chunk);
  void show_to_its_end(Chunk& chunk);
  void advance();
  void show_answer(const ReceivedEvent& terminal);
  bool was_shown(std::string_view answer) const;
  void heading(const std::string& text);
  void line(const std::string& text);
  void line_when_free(const std::string& text);

  Output& output_;                  // set once
  const PlainViewOptions options_;  // set once
  const Style style_;               // set once
  std::list<Chunk> chunks_;         // in the order in which they began to speak
  Chunk* live_ = nullptr;
  std::vector<std::string> waiting_lines_;  // messages for the end of the live chunk
  std::vector<std::string> shown_texts_;    // of finished chunks, as written
  std::set<std::string> finished_names_;    // chunks that were written to their end
  int total_chunks_ = 0;
  bool planned_ = false;
  bool anything_shown_ = false;
  bool at_line_start_ = true;  // of the terminal
};

}  // namespace plenum::client

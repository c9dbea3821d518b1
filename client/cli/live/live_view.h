// The live view of a run: a region below the scrollback with a row per member, redrawn about twelve times a second,
// and the answer, which grows above it. What is finished goes to the scrollback once: the question, a line per member,
// the answer, the end.
//
// For a terminal that is both standard output and standard error. Everything goes through Output::out, so that a frame
// is one write.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/waiter.h"
#include "client/cli/live/live_region.h"
#include "client/cli/live/run_model.h"
#include "client/cli/live/run_texts.h"
#include "client/cli/live/scrollback_lines.h"
#include "client/cli/markdown/markdown_stream.h"
#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"

namespace plenum::client {

struct LiveViewOptions {
  bool color = false;
  bool show_reasoning = false;
  bool reflows = true;               // live_region.h
  std::function<ScreenSize()> size;  // of the terminal, called for every frame
};

class LiveView final : public View {
 public:
  static constexpr milliseconds frame_interval{83};

  // Both must outlive the view. waiting: the clock.
  LiveView(Output& output, const Waiter& waiting, LiveViewOptions options);
  // Removes the region, if the run has not ended.
  ~LiveView() override;
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  void on_event(const ReceivedEvent& event, std::string_view json) override;
  void notice(Notice level, std::string_view text) override;
  void leave() override;
  std::optional<std::uint64_t> shown_through() const override;
  void flush() override;
  milliseconds refresh() override;
  void suspend() override;

  // While held, nothing is written to the output: another view has the screen. What belongs in the scrollback is
  // written when it is no longer held.
  void hold(bool held) { held_ = held; }
  const RunModel& model() const { return model_; }
  const RunTexts& texts() const { return texts_; }

 private:
  void on_started(const TaskStarted& started);
  void on_tokens(const ReceivedEvent& event, const TokenStream& tokens);
  void on_completed(const ReceivedEvent& event);
  void on_reset(const ReceivedEvent& event, const ChunkReset& reset);
  void on_message(const ReceivedEvent& event, const SystemMessage& message);
  void on_end(const ReceivedEvent& terminal);

  bool is_answer(const ChunkText& chunk) const;
  void begin_answer(ChunkText& chunk);
  void end_answer();
  void write_answer(const ReceivedEvent& terminal);
  void write_texts();
  void write_text(ChunkText& chunk);
  void write_reasoning(ChunkText& chunk);
  void paint();

  Output& output_;                 // set once
  const Waiter& waiting_;          // set once
  const LiveViewOptions options_;  // set once
  RunModel model_;
  RunTexts texts_;
  LiveRegion region_;
  std::optional<MarkdownStream> answer_;
  std::string answer_chunk_;           // whose text is the answer, once it has text
  std::string answer_text_;            // that is written, without surrounding spaces; after its chunk ended
  std::set<std::string> reported_;     // warnings
  std::optional<SteadyTime> painted_;  // the last frame
  ScreenSize size_;
  ScrollbackLines above_;  // to be written above the region with the next frame
  std::uint64_t last_seq_ = 0, written_seq_ = 0;
  bool urgent_ = false;  // the next flush paints
  bool held_ = false;
  bool closed_ = false;  // no region any more
};

}  // namespace plenum::client

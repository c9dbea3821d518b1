// The full-screen view of a run: members with their states, and the text of one of them, chosen and scrolled by keys.
// At the end, or when the user exits, the screen becomes what it was, and the scrollback has what the live view
// writes. For a terminal that is both standard output and standard error. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/waiter.h"
#include "client/cli/full/full_layout.h"
#include "client/cli/full/full_state.h"
#include "client/cli/full/key_decoder.h"
#include "client/cli/full/keyboard.h"
#include "client/cli/full/pane_text.h"
#include "client/cli/full/screen_painter.h"
#include "client/cli/live/live_view.h"
#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"

namespace plenum::client {

class FullView final : public View {
 public:
  // output and waiting must outlive the view. waiting: the clock.
  FullView(Output& output, std::unique_ptr<Keyboard> keyboard, const Waiter& waiting, LiveViewOptions options);
  // Returns to the previous screen.
  ~FullView() override;
  FullView(const FullView&) = delete;
  FullView& operator=(const FullView&) = delete;

  void on_event(const ReceivedEvent& event, std::string_view json) override;
  void notice(Notice level, std::string_view text) override;
  void leave() override;
  std::optional<std::uint64_t> shown_through() const override { return scrollback_.shown_through(); }
  void flush() override;
  milliseconds refresh() override;
  void suspend() override;
  std::optional<ViewRequest> take_request() override;
  bool stays_open() const override { return !closed_; }

 private:
  void read_keys();
  void press(const Key& key);
  FullScreenFacts facts() const;
  std::vector<PaneText::Part> parts() const;
  void add_chunk_parts(const ChunkText& chunk, std::vector<PaneText::Part>& parts) const;
  const ChunkText* answer_chunk() const;
  bool has_answer() const;
  std::string subject_name() const;
  bool member_is_chosen() const { return state_.selected < model().rows().size(); }
  const RunModel& model() const { return scrollback_.model(); }
  void follow_run();
  void paint();
  void close_screen();

  Output& output_;                            // set once
  const std::unique_ptr<Keyboard> keyboard_;  // set once
  const Waiter& waiting_;                     // set once
  const LiveViewOptions options_;             // set once
  LiveView scrollback_;                       // writes nothing while the screen is open
  ScreenPainter painter_;
  KeyDecoder keys_;
  FullState state_;
  PaneText pane_;
  ScreenSize size_;
  std::string answer_;  // of the result
  std::optional<ViewRequest> request_;
  std::optional<SteadyTime> painted_;   // the last frame
  std::optional<SteadyTime> key_time_;  // the last byte
  bool urgent_ = false;                 // the next flush or refresh paints
  bool closed_ = false;
};

}  // namespace plenum::client

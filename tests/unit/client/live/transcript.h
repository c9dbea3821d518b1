// Replays recorded events to the live view on a terminal without a window, with a clock that the test moves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/waiter.h"
#include "client/cli/live/live_view.h"
#include "client/cli/terminal/output.h"
#include "common/protocol/event.h"
#include "tests/support/terminal/terminal_emulator.h"

namespace plenum::tests {

class ManualTime final : public client::Waiter {
 public:
  SteadyTime now() const override { return SteadyTime(std::chrono::hours(1)) + since_start_; }
  bool pause(milliseconds time) override {
    since_start_ += time;
    return true;
  }
  int wake_fd() const override { return -1; }
  bool woken() override { return true; }

  milliseconds since_start() const { return since_start_; }

 private:
  milliseconds since_start_{0};
};

// Writes to a terminal what is flushed, and counts it.
class TerminalOutput final : public client::Output {
 public:
  explicit TerminalOutput(TerminalEmulator& terminal) : terminal_(terminal) {}

  void out(std::string_view text) override { pending_ += text; }
  void err(std::string_view text) override { pending_ += text; }
  void flush() override;
  bool broken() const override { return false; }

  std::size_t frames = 0, bytes = 0, largest_frame = 0;

 private:
  TerminalEmulator& terminal_;
  std::string pending_;
};

// The events of a file in tests/data/transcripts, as JSON.
std::vector<std::string> transcript(std::string_view name);

// A live view of a run on a terminal of this size.
class LiveScreen {
 public:
  LiveScreen(std::size_t columns, std::size_t rows, bool color = false);

  // Shows events up to this time of the run, and draws frames as the follower would.
  void play(const std::vector<std::string>& events, std::int64_t until_ms);
  // All of them.
  void play(const std::vector<std::string>& events);
  void show(const Event& event, std::int64_t t_ms);
  // Time passes without an event.
  void wait_until(std::int64_t t_ms);
  void resize(std::size_t columns, std::size_t rows);

  TerminalEmulator terminal;
  TerminalOutput output{terminal};
  ManualTime time;
  client::LiveView view;

 private:
  client::ScreenSize size_;
  std::size_t next_ = 0;  // event of the transcript
  std::uint64_t seq_ = 0;
};

}  // namespace plenum::tests

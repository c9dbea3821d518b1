// `--json`: the events of the stream as received, one object per line; nothing else goes to standard output.
// Control events of a connection (stream_open, heartbeat, draining) are omitted, so that the output does not depend on
// how often the connection was lost. A `gap` notice, which reports lost events, is included.
#pragma once

#include <string_view>

#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"

namespace plenum::client {

class JsonView final : public View {
 public:
  // escape: for a terminal, hidden characters are written as \u escapes (equivalent JSON).
  JsonView(Output& output, bool escape, bool quiet) : output_(output), escape_(escape), quiet_(quiet) {}

  void on_event(const ReceivedEvent& event, std::string_view json) override;
  void notice(Notice level, std::string_view text) override;
  std::optional<std::uint64_t> shown_through() const override { return shown_; }
  void flush() override { output_.flush(); }

 private:
  Output& output_;     // set once
  const bool escape_;  // set once
  const bool quiet_;   // set once
  std::optional<std::uint64_t> shown_;
};

}  // namespace plenum::client

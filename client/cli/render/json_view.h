// `--json`: the stream's events, one object a line, as they were received; nothing else on standard output.
// Control events of a connection (stream_open, heartbeat, draining) are left out, so that the lines are
// the same however often the connection was lost; a `gap` notice, which tells of lost events, is kept.
#pragma once

#include <string_view>

#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"

namespace plenum::client {

class JsonView final : public View {
 public:
  // escape: standard output is a terminal, so hidden characters are written as \u escapes (the same JSON).
  JsonView(Output& output, bool escape, bool quiet) : output_(output), escape_(escape), quiet_(quiet) {}

  void on_event(const ReceivedEvent& event, std::string_view json) override;
  void notice(Notice level, std::string_view text) override;
  void flush() override { output_.flush(); }

 private:
  Output& output_;     // set once
  const bool escape_;  // set once
  const bool quiet_;   // set once
};

}  // namespace plenum::client

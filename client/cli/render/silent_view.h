// Shows nothing of a stream but errors and, unless it is quiet, messages of the client: `plenum wait`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

class SilentView final : public View {
 public:
  // output must outlive the view.
  SilentView(Output& output, bool quiet) : output_(output), quiet_(quiet) {}

  void on_event(const ReceivedEvent&, std::string_view) override {}
  void notice(Notice level, std::string_view text) override {
    if (level == Notice::error || (level == Notice::warning && !quiet_)) output_.err(terminal_text(text) + "\n");
  }
  std::optional<std::uint64_t> shown_through() const override { return std::nullopt; }
  void flush() override { output_.flush(); }

 private:
  Output& output_;    // set once
  const bool quiet_;  // set once
};

}  // namespace plenum::client

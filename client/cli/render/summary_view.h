// `--output-format json`: one object at the end of a stream, with the answer and the outcome; nothing else goes to
// standard output.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"
#include "common/json/json.h"

namespace plenum::client {

class SummaryView final : public View {
 public:
  // exit_code_of: the exit code of a terminal event. escape: for a terminal, hidden characters are written as \u
  // escapes.
  SummaryView(Output& output, int (*exit_code_of)(const ReceivedEvent&), bool escape, bool quiet)
      : output_(output), exit_code_of_(exit_code_of), escape_(escape), quiet_(quiet) {}

  void on_event(const ReceivedEvent& event, std::string_view json) override;
  void notice(Notice level, std::string_view text) override;
  // The end of the stream has everything, wherever reading begins.
  std::optional<std::uint64_t> shown_through() const override { return std::nullopt; }
  void flush() override { output_.flush(); }

 private:
  Output& output_;                                   // set once
  int (*const exit_code_of_)(const ReceivedEvent&);  // set once
  const bool escape_, quiet_;                        // set once
};

// The object of a terminal event. Pure.
Json outcome_json(const ReceivedEvent& terminal, int exit_code);

}  // namespace plenum::client

// Whether an answer is whole: the one definition for all protocols. An answer is whole if a finish reason, or the end
// mark of its protocol, was the last event that carried meaning. Text, reasoning and tool calls after a finish reason
// withdraw it, an error ends the answer in any state, and anything that cannot be read is passed over behind a finish
// reason. Empty events, blanks and usage carry no meaning.
// Source: docs/decisions/0039. Pure. Not thread-safe: one per response.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace plenum::protocol {

class EndState {
 public:
  // Text, reasoning or a tool call.
  void on_content();
  // `reason` must not be empty.
  void on_finish(std::string_view reason);
  // A complete message that has no finish reason.
  void on_complete() { whole_ = true; }
  // Nothing follows. `completes`: the mark confirms that the answer is whole.
  void on_end_mark(bool completes);
  // A line that cannot be read: an error, but behind a finish reason only if the answer continues after it.
  void on_unreadable(Error error);
  void on_error(Error error);

  bool whole() const { return whole_ && !error_; }
  // Nothing more may be read.
  bool ended() const { return ended_ || error_.has_value(); }
  // As sent by the provider; empty: none, or withdrawn.
  const std::string& finish_reason() const { return finish_reason_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool whole_ = false;
  bool ended_ = false;
  std::string finish_reason_;
  std::optional<Error> unreadable_;  // passed over so far
  std::optional<Error> error_;
};

}  // namespace plenum::protocol

#include "server/provider/protocol/answer/end_state.h"

#include <utility>

namespace plenum::protocol {

void EndState::on_content() {
  // What was passed over may have been a part of this text.
  if (unreadable_) return on_error(*std::exchange(unreadable_, std::nullopt));
  if (!whole_) return;
  whole_ = false;
  finish_reason_.clear();
}

void EndState::on_finish(std::string_view reason) {
  whole_ = true;
  finish_reason_ = reason;
}

void EndState::on_end_mark(bool completes) {
  ended_ = true;
  whole_ |= completes;
}

void EndState::on_unreadable(Error error) {
  if (!whole_) return on_error(std::move(error));
  if (!unreadable_) unreadable_ = std::move(error);
}

void EndState::on_error(Error error) {
  if (!error_) error_ = std::move(error);
}

}  // namespace plenum::protocol

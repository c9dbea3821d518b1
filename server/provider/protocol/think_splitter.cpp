#include "server/provider/protocol/think_splitter.h"

#include <algorithm>

#include "common/base/strings.h"

namespace plenum::protocol {

namespace {

struct Tag {
  std::string_view opening, closing;
};
constexpr Tag tags[] = {{"<think>", "</think>"}, {"<thinking>", "</thinking>"}};
constexpr std::size_t blanks_max = 4096;  // an answer of blanks only is not held back for ever

}  // namespace

void ThinkSplitter::feed(std::string_view piece, std::string& reasoning, std::string& answer) {
  held_ += piece;
  if (state_ == State::start) find_opening();
  if (state_ == State::inside) find_closing(reasoning);
  if (state_ == State::behind) {
    held_.erase(0, std::min(held_.find_first_not_of(blanks), held_.size()));
    if (!held_.empty()) state_ = State::answer;
  }
  if (state_ == State::answer) {
    answer += held_;
    held_.clear();
  }
}

void ThinkSplitter::find_opening() {
  const auto rest = std::string_view(held_).substr(std::min(held_.find_first_not_of(blanks), held_.size()));
  bool possible = false;
  for (const auto& tag : tags) {
    if (rest.starts_with(tag.opening)) {
      closing_ = tag.closing;
      state_ = State::inside;
      held_ = std::string(rest.substr(tag.opening.size()));
      return;
    }
    possible |= tag.opening.starts_with(rest);
  }
  if (!possible || held_.size() > blanks_max) state_ = State::answer;
}

void ThinkSplitter::find_closing(std::string& reasoning) {
  if (const auto end = held_.find(closing_); end != std::string::npos) {
    reasoning.append(held_, 0, end);
    held_.erase(0, end + closing_.size());
    state_ = State::behind;
    return;
  }
  auto partial = std::min(held_.size(), closing_.size() - 1);
  while (partial > 0 && !closing_.starts_with(std::string_view(held_).substr(held_.size() - partial))) --partial;
  reasoning.append(held_, 0, held_.size() - partial);
  held_.erase(0, held_.size() - partial);
}

void ThinkSplitter::finish(std::string& reasoning, std::string& answer) {
  (state_ == State::inside ? reasoning : answer) += held_;
  held_.clear();
  state_ = State::answer;
}

}  // namespace plenum::protocol

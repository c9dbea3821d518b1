#include "server/workflow/planning/conversation_window.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/utf8.h"

namespace plenum::workflow {

namespace {

constexpr std::int64_t bytes_per_token = 4;
constexpr std::string_view cut_mark = "\n[…]";

std::int64_t tokens_of(const Turn& turn) { return tokens_about(turn.question) + tokens_about(turn.answer); }

void cut_to(std::string& text, std::int64_t tokens) {
  if (tokens_about(text) <= tokens) return;
  text.resize(utf8_prefix(text, static_cast<std::size_t>(tokens * bytes_per_token)).size());
  text += cut_mark;
}

}  // namespace

std::int64_t tokens_about(std::string_view text) {
  return (static_cast<std::int64_t>(text.size()) + bytes_per_token - 1) / bytes_per_token;
}

Turns newest_within(std::vector<Turn> turns, std::int64_t tokens) {
  Turns within;
  auto first = turns.size();
  std::int64_t used = 0;
  while (first > 0 && used + tokens_of(turns[first - 1]) <= tokens) used += tokens_of(turns[--first]);
  if (first == turns.size() && first > 0 && tokens > 0) {
    Turn& newest = turns[--first];
    const std::int64_t half = tokens / 2;
    cut_to(newest.question, std::max(half, tokens - tokens_about(newest.answer)));
    cut_to(newest.answer, std::max(half, tokens - tokens_about(newest.question)));
    within.cut = true;
  }
  within.left_out = static_cast<int>(first);
  within.shown.assign(std::move_iterator(turns.begin() + static_cast<std::ptrdiff_t>(first)),
                      std::move_iterator(turns.end()));
  return within;
}

}  // namespace plenum::workflow

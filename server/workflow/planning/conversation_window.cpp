#include "server/workflow/planning/conversation_window.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/utf8.h"

namespace plenum::workflow {

namespace {

constexpr std::int64_t bytes_per_token = 4;
constexpr std::string_view truncation_mark = "\n[…]";

std::int64_t tokens_of(const Turn& turn) { return estimate_tokens(turn.question) + estimate_tokens(turn.answer); }

void truncate(std::string& text, std::int64_t tokens) {
  if (estimate_tokens(text) <= tokens) return;
  text.resize(utf8_prefix(text, static_cast<std::size_t>(tokens * bytes_per_token)).size());
  text += truncation_mark;
}

}  // namespace

std::int64_t estimate_tokens(std::string_view text) {
  return (static_cast<std::int64_t>(text.size()) + bytes_per_token - 1) / bytes_per_token;
}

ConversationWindow truncate_to_tokens(std::vector<Turn> turns, std::int64_t tokens) {
  ConversationWindow within;
  auto first = turns.size();
  std::int64_t used = 0;
  while (first > 0 && used + tokens_of(turns[first - 1]) <= tokens) used += tokens_of(turns[--first]);
  if (first == turns.size() && first > 0 && tokens > 0) {
    Turn& newest = turns[--first];
    const std::int64_t half = tokens / 2;
    truncate(newest.question, std::max(half, tokens - estimate_tokens(newest.answer)));
    truncate(newest.answer, std::max(half, tokens - estimate_tokens(newest.question)));
    within.truncated = true;
  }
  within.omitted = static_cast<int>(first);
  within.shown.assign(std::move_iterator(turns.begin() + static_cast<std::ptrdiff_t>(first)),
                      std::move_iterator(turns.end()));
  return within;
}

}  // namespace plenum::workflow

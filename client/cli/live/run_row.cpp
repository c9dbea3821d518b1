#include "client/cli/live/run_row.h"

#include <algorithm>

namespace plenum::client {
namespace {

struct KindWords {
  std::string_view kind, doing, done;
};

// `generate` has no row: it depends on the stage.
constexpr KindWords kind_words[] = {
    {"rank", "ranking", "ranked"},
    {"vote", "voting", "voted"},
    {"review", "reviewing", "reviewed"},
    {"merge", "synthesizing", "synthesized"},
    {"files", "writing files", "wrote files"},
    {"verdict", "judging", "judged"},
    {"query", "writing query", "wrote query"},
    {"search", "searching", "searched"},
};
constexpr KindWords answer_words{"generate", "answering", "answered"};
constexpr KindWords other_words{"", "writing", "done"};

const KindWords& words_of(const RunRow& row) {
  const auto* found = std::find_if(std::begin(kind_words), std::end(kind_words),
                                   [&](const KindWords& words) { return words.kind == row.kind; });
  if (found != std::end(kind_words)) return *found;
  return row.source.stage.starts_with("answer") ? answer_words : other_words;
}

}  // namespace

std::string_view doing_word(const RunRow& row) { return words_of(row).doing; }
std::string_view done_word(const RunRow& row) { return words_of(row).done; }

std::int64_t estimated_quarters(std::string_view text) {
  std::int64_t latin = 0, other = 0;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    latin += value < 0x80 ? 1 : 0;
    other += value >= 0xC0 ? 1 : 0;  // the first byte of a character
  }
  return latin + 4 * other;
}

std::optional<double> tokens_per_second(const RunRow& row) {
  if (row.call.tokens_per_second) return row.call.tokens_per_second;
  if (!row.call.first_token_ms || !row.call.last_token_ms) return std::nullopt;
  constexpr std::int64_t time_min_ms = 250;
  const std::int64_t time_ms = *row.call.last_token_ms - *row.call.first_token_ms;
  if (time_ms < time_min_ms) return std::nullopt;
  return static_cast<double>(row.call.text_tokens()) * 1000.0 / static_cast<double>(time_ms);
}

}  // namespace plenum::client

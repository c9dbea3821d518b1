// Reads the free text of models: removes what decorates it, and splits it into tokens. Shared by the parsers of votes,
// rankings, reviews and queries. Linear in the length of the text. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"

namespace plenum::workflow {

// The text without `<think>…</think>` blocks; an unclosed one extends to the end. Tags of a final answer, as in
// `<answer>B</answer>`, become line ends.
std::string visible_text(std::string_view text);

// One line: blanks and control characters between words become single spaces.
std::string on_one_line(std::string_view text);

// A word, or a mark that matters to a reader of lists. Markdown emphasis, quotes, brackets, `\boxed` and fences are no
// tokens.
struct Token {
  enum class Kind : std::uint8_t { word, number, mark, line_end };
  Kind kind = Kind::word;
  std::string_view text;    // of a word; of a mark: one of . , ; : ! ? ) > = / & + -
  long value = 0;           // of a number: also of ordinals (1st) and medals
  bool line_start = false;  // the first token of its line
};
std::vector<Token> tokens_of(std::string_view text);

// The JSON objects in the text that stand in no other one, in order; broken ones are omitted. Commas before a closing
// bracket are tolerated.
std::vector<Json> json_objects_in(std::string_view text);

// Lower case, without underscores, hyphens and blanks: `Critical_Issues` and `criticalIssues` are the same key.
std::string normalized_key(std::string_view key);
// The member of this normalized key; null if there is none.
const Json* member_by_key(const Json& object, std::string_view normalized);

}  // namespace plenum::workflow

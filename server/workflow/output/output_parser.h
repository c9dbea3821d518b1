// Parses the text of a step: its largest fenced block, or the verdict of a review. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::workflow {

// The content of the largest fenced code block without fences and final line end; the whole text if there is
// none. An unclosed block extends to the end.
// Source: CommonMark 0.30, 4.5 "Fenced code blocks".
std::string largest_fence(std::string_view text);

struct Review {
  bool issues_found = false;
  std::vector<std::string> critical_issues, suggestions;
  std::optional<double> code_quality_score;
  bool from_words = false;  // there was no JSON: the text was searched for keywords
};

// The verdict of a review: a JSON object, also inside a fence or surrounded by text. Without one, the keywords
// critical, bug and issue decide unless they are negated ("no issues").
Review parse_review(std::string_view text);

// The review as a JSON object.
std::string review_json(const Review& review);

}  // namespace plenum::workflow

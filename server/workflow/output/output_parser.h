// What is read out of a step's text: its largest fenced block, or the verdict of a review.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::workflow {

// The content of the largest fenced code block without its fences and last line end; the whole text when there is none.
// A block that is never closed reaches to the end. Any thread.
// Source: CommonMark 0.30, 4.5 "Fenced code blocks".
std::string largest_fence(std::string_view text);

struct Review {
  bool issues_found = false;
  std::vector<std::string> critical_issues, suggestions;
  std::optional<double> code_quality_score;
  bool from_words = false;  // no JSON could be read: the text was searched for words
};

// The verdict in a reviewer's text: a JSON object, also inside a fence or between other words. When
// there is none, the words critical, bug and issue decide, unless they are denied ("no issues").
// Any thread.
Review read_review(std::string_view text);

// The review as a JSON object. Any thread.
std::string review_json(const Review& review);

}  // namespace plenum::workflow

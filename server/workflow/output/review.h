// The verdict of a review. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace plenum::workflow {

struct Review {
  bool issues_found = false;
  std::vector<std::string> critical_issues, suggestions;
  std::optional<double> code_quality_score;
};

// The review as a JSON object.
std::string review_json(const Review& review);

}  // namespace plenum::workflow

// Reads the verdict of a review: JSON only. Prose is no verdict, whatever words it contains. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/workflow/output/review.h"

namespace plenum::workflow {

struct ReviewReading {
  std::optional<Review> review;
  std::string problem;  // why there is none, as a sentence; empty when there is one
};

// The last JSON object of the text that has a verdict; spelling of keys, trailing commas and text around it do not
// matter. Critical issues count as issues even where "issues_found" is false: a fault that was listed must not be
// passed over.
ReviewReading parse_review_text(std::string_view text);

// The JSON schema of a review: the issues first, the verdict last.
std::string review_schema();

// The review in Markdown, for the prompts of later steps.
std::string review_text(const Review& review);

}  // namespace plenum::workflow

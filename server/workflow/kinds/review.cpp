// Kind `review`: a verdict as JSON, which later steps can depend on.
#include "server/workflow/kinds/step_kind.h"

namespace plenum::workflow {

namespace {

ParsedOutput parse(std::string_view text, const ParseInput&) {
  ParsedOutput output{std::string(text)};
  output.review = parse_review(text);
  if (output.review->issues_found) output.outcome = StepOutcome::review_with_issues;
  if (output.review->from_words) output.found = ParsedOutput::Found::guessed;
  return output;
}

}  // namespace

extern const StepKind review_kind;
const StepKind review_kind{
    .name = "review",
    .event_kind = "review",
    .runner = StepKind::Runner::role,
    .is_verdict = true,
    .failure_hides_older = true,  // an older review describes a text that has changed since
    .parse = parse,
};

}  // namespace plenum::workflow

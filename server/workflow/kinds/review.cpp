// Kind `review`: a verdict as JSON, which later steps can depend on.
#include "server/workflow/kinds/step_kind.h"
#include "server/workflow/output/review_parser.h"

namespace plenum::workflow {

namespace {

ParsedOutput parse(std::string_view text, const ParseInput&) {
  ParsedOutput output{std::string(text)};
  ReviewReading reading = parse_review_text(text);
  output.problem = std::move(reading.problem);
  if (!reading.review) {
    output.outcome = StepOutcome::failed;
    return output;
  }
  output.text = review_text(*reading.review);
  if (reading.review->issues_found) output.outcome = StepOutcome::review_with_issues;
  output.review = *std::move(reading.review);
  return output;
}

std::string schema(const ParseInput&) { return review_schema(); }

std::string required_form(const ParseInput&) {
  return R"(one JSON object with the keys "critical_issues" and "suggestions" (lists of texts), )"
         R"("code_quality_score" (a number from 0 to 10) and, last, "issues_found" (true or false))";
}

}  // namespace

extern const StepKind review_kind;
const StepKind review_kind{
    .name = "review",
    .event_kind = "review",
    .runner = StepKind::Runner::role,
    .is_condition = true,
    .answer_tokens = 400,
    .replaced_by_repair = true,
    .failure_hides_older = true,  // an older review describes a text that has changed since
    .schema = schema,
    .required_form = required_form,
    .parse = parse,
};

}  // namespace plenum::workflow

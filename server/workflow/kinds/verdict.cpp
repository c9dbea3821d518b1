// Kind `verdict`: what the answers of a list hold, as data: positions, conflicts, minority reports. The consensus is
// computed from the positions.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "server/workflow/kinds/step_kind.h"
#include "server/workflow/output/verdict/verdict_parser.h"

namespace plenum::workflow {

namespace {

ParsedOutput parse(std::string_view text, const ParseInput& input) {
  ParsedOutput output{std::string(text)};
  VerdictReading reading = parse_verdict(text, input.labels);
  output.problem = std::move(reading.problem);
  if (!reading.verdict) {
    output.outcome = StepOutcome::failed;
    return output;
  }
  output.text = verdict_text(*reading.verdict);
  output.verdict = *std::move(reading.verdict);
  return output;
}

constexpr std::string_view prompt_names[] = {"verdict_form"};

void add_prompt_values(std::map<std::string, std::string>& values, const ParseInput& input) {
  values["verdict_form"] = verdict_form(input.labels);
}

std::string schema(const ParseInput& input) { return verdict_schema(input.labels); }

std::string required_form(const ParseInput& input) {
  return fmt::format("one JSON object of this form:\n\n{}", verdict_form(input.labels));
}

// Letters are drawn at random: lists are in the order of the members instead.
Verdict in_member_order(Verdict verdict, const std::map<std::size_t, std::size_t>& labeled) {
  const auto place = [&](std::size_t answer) { return labeled.at(answer); };
  const auto sort = [&](std::vector<std::size_t>& answers) {
    std::sort(answers.begin(), answers.end(), [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  };
  std::sort(verdict.votes.begin(), verdict.votes.end(),
            [&](const VerdictVote& a, const VerdictVote& b) { return place(a.answer) < place(b.answer); });
  for (VerdictPosition& position : verdict.positions) sort(position.answers);
  for (MinorityReport& report : verdict.minority_reports) sort(report.answers);
  return verdict;
}

void add_result(TaskResult& result, const KindOutputs& verdicts) {
  const MemberOutput& last = verdicts.outputs.back();
  if (!last.verdict || last.verdict->type == VerdictType::open_ended) return;
  std::map<std::size_t, std::string> members;
  for (const auto& [label, position] : last.labeled) members[label] = verdicts.answers[position].id;
  result.verdict_json = dump_json(to_json(in_member_order(*last.verdict, last.labeled), members));
}

}  // namespace

extern const StepKind verdict_kind;
const StepKind verdict_kind{
    .name = "verdict",
    .event_kind = "verdict",
    .runner = StepKind::Runner::role,
    .labels_first_input = true,
    .is_verdict = true,
    .replaced_by_repair = true,
    .option = "verdict",
    .failure_hides_older = true,  // an older verdict is about answers that have changed since
    .prompt_names = prompt_names,
    .add_prompt_values = add_prompt_values,
    .schema = schema,
    .required_form = required_form,
    .parse = parse,
    .add_result = add_result,
};

}  // namespace plenum::workflow
